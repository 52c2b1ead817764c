import Crypto
import CryptoExtras
import MSSCore
@_spi(KeyMaterial) public import OTA

import struct Foundation.Data

/// A personaliser's batch file, made as the documentation has it and without the home's own code.
public struct BatchSample: Sendable {
    /// Of the two components whose check values are beside them.
    public static let components = [
        (digits: "000102030405060708090a0b0c0d0e0f", checkValue: "c35280"),
        (digits: "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", checkValue: "538274"),
    ]
    public static let transportKey = [UInt8](0xA0...0xAF)
    public static let header =
        "iccid,imsi,msisdn,tar,ssd_kvn,ssd_alg,kic,kic_kcv,kid,kid_kcv,wpki_kvn,wpki_root,wpki_kcv"

    public var number: Int
    public var algorithm: OTAAlgorithm
    public var kic: [UInt8]
    public var kid: [UInt8]
    public var root: [UInt8]

    /// The `number`th card, with keys of its own.
    public init(_ number: Int, _ algorithm: OTAAlgorithm = .aes128, rootLength: Int = 16) {
        func key(_ seed: Int, _ length: Int) -> [UInt8] {
            (0..<length).map { UInt8(truncatingIfNeeded: $0 &* (2 &* seed &+ 5) &+ number &* 31 &+ seed) }
        }
        self.number = number
        self.algorithm = algorithm
        kic = key(1, algorithm.keyLength)
        kid = key(2, algorithm.keyLength)
        root = key(3, rootLength)
    }

    public var iccid: String { Self.withCheckDigit("89999" + Self.padded(number, 13)) }
    public var imsi: String { "00101" + Self.padded(number, 10) }
    public var msisdn: String { "+3584010" + Self.padded(number, 7) }

    /// The row's values, in the order of the columns.
    public func values(under transportKey: [UInt8] = transportKey) throws -> [String] {
        let values = try OTAKeyset(kic: kic, kid: kid, algorithm: algorithm).keyCheckValues()
        let rootValue = try OTAKeyset(kic: root, kid: root).keyCheckValues().kic
        func wrapped(_ key: [UInt8]) throws -> String {
            let kek = SymmetricKey(data: transportKey)
            return Hexadecimal.text(try AES.KeyWrap.wrap(SymmetricKey(data: key), using: kek))
        }
        return [
            iccid, imsi, msisdn, "b00001", "1", algorithm.rawValue.uppercased(), try wrapped(kic),
            Hexadecimal.text(values.kic), try wrapped(kid), Hexadecimal.text(values.kid), "1", try wrapped(root),
            Hexadecimal.text(rootValue),
        ]
    }

    public func row() throws -> String { try values().joined(separator: ",") }

    /// A file of rows, each ended by LF.
    public static func file(_ rows: [String]) -> [UInt8] {
        Array((([header] + rows).joined(separator: "\n") + "\n").utf8)
    }

    private static func padded(_ number: Int, _ length: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, length - digits.count)) + digits
    }

    private static func withCheckDigit(_ digits: String) -> String {
        var sum = 0
        for (place, digit) in digits.utf8.reversed().enumerated() {
            let value = Int(digit) - 48
            let counted = place.isMultiple(of: 2) ? 2 * value : value
            sum += counted > 9 ? counted - 9 : counted
        }
        return digits + String((10 - sum % 10) % 10)
    }
}
