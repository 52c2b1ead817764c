import Crypto
import CryptoExtras
import Foundation
@_spi(KeyMaterial) import OTA

/// A personaliser's file of many cards for the home's import: CSV, a header and one row a card (docs/simulator.md).
///
/// Keys stand in hexadecimal digits: wrapped under a transport key (AES-KW, RFC 3394), or in the clear without one. Each
/// is followed by its check value: the first 3 octets of AES(K, 01^16), of triple DES those of the block of zeros.
enum BatchFile {
    static let header = "iccid,imsi,msisdn,tar,ssd_kvn,ssd_alg,kic,kic_kcv,kid,kid_kcv,wpki_kvn,wpki_root,wpki_kcv"

    static func row(_ card: CardRecord, _ transportKey: TransportKey?) throws(SimulationError) -> String {
        let keys = [card.ssd.kic, card.ssd.kid, card.wpki.root].compactMap { Hex.octets($0) }
        guard keys.count == 3, let algorithm = card.ssd.otaAlgorithm else {
            throw SimulationError("the keys of a card are not as they must be")
        }
        let values = try checkValues(keys, algorithm)
        var fields: [String] = []
        for (key, value) in zip(keys, values) {
            fields.append(Hex.text(try transportKey?.wrap(key) ?? key))
            fields.append(Hex.text(value))
        }
        var row = [card.iccid, card.imsi, "+" + card.msisdn, card.ssd.tar]
        row += [String(card.ssd.keyVersion), algorithm.rawValue.uppercased()]
        row += fields[..<4]
        row.append(String(card.wpki.keyVersion))
        row += fields[4...]
        return row.joined(separator: ",")
    }

    /// Of KIc, KID and root.
    private static func checkValues(
        _ keys: [[UInt8]],
        _ algorithm: OTAAlgorithm
    ) throws(SimulationError) -> [[UInt8]] {
        do {
            let values = try OTAKeyset(kic: keys[0], kid: keys[1], algorithm: algorithm).keyCheckValues()
            var block = [UInt8](repeating: 1, count: 16)
            try AES.permute(&block, key: SymmetricKey(data: keys[2]))
            return [values.kic, values.kid, Array(block.prefix(3))]
        } catch { throw SimulationError("the keys of a card are not as they must be") }
    }
}

/// What the keys of a batch are wrapped under on their way: AES of 16 or 32 octets.
public struct TransportKey: Sendable {
    private let key: SymmetricKey

    /// Reads 32 or 64 hexadecimal digits from a file of mode 0600.
    public init(file: String) throws(SimulationError) {
        guard let data = try PrivateFile.read(file) else { throw SimulationError("\(file) cannot be read") }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let octets = Hex.octets(text), octets.count == 16 || octets.count == 32 else {
            throw SimulationError("\(file) must hold 32 or 64 hexadecimal digits")
        }
        key = SymmetricKey(data: octets)
    }

    func wrap(_ key: [UInt8]) throws(SimulationError) -> [UInt8] {
        do { return [UInt8](try AES.KeyWrap.wrap(SymmetricKey(data: key), using: self.key)) } catch {
            throw SimulationError("a key cannot be wrapped")
        }
    }
}

/// It has no place in a log.
extension TransportKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹transport key›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
