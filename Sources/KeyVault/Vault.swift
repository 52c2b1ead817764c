@_spi(KeyMaterial) public import Alauda
public import MSSCore
@_spi(KeyMaterial) public import OTA
import Synchronization

/// Keeps the keys of every card.
///
/// They rest sealed in storage and are applied here. No key leaves this module.
///
/// It has no database: storage hands it sealed rows and counters that were committed, and is trusted with neither.
///
/// It begins sealed: without its KEKs it holds nothing. Unsealing unwraps the keys of the hierarchy once (KEK → shard
/// keys → card keys; KEK → the key of the rows' codes) into locked memory.
public final class Vault: Sendable, CustomStringConvertible, CustomReflectable {
    private let importKey: ImportKey
    private let keyring = Mutex<Keyring?>(nil)

    /// - Parameters:
    ///   - importKey: PEM of the private key of `importCertificate`.
    ///   - importCertificate: PEM; personalisers encrypt to it.
    /// - Throws: ``VaultError/keyFile(_:)``.
    public init(importKey: [UInt8], importCertificate: [UInt8]) throws(VaultError) {
        self.importKey = try ImportKey(key: importKey, certificate: importCertificate)
    }

    /// Random keys of a vault that has none, wrapped under a KEK.
    public static func newKeys(under version: Int32, of keks: any KeyEncryptionKeys) throws(VaultError)
        -> [WrappedKey]
    {
        try Keyring.make(under: version, of: keks, rowKey: 1)
    }

    /// Unwraps the vault's keys; the KEKs are not needed afterwards.
    ///
    /// - Throws: ``VaultError/keyEncryptionKey(_:)``; the vault then stays as it was.
    public func unseal(_ keys: [WrappedKey], with keks: any KeyEncryptionKeys) throws(VaultError) {
        let opened = try Keyring(keys, keks)
        keyring.withLock { $0 = opened }
    }

    /// Forgets every key.
    public func reseal() {
        keyring.withLock { $0 = nil }
    }

    public var description: String { isSealed ? "‹sealed vault›" : "‹vault›" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    public var isSealed: Bool { keyring.withLock { $0 == nil } }

    /// The KEK version whose shards seal what is new.
    public func kekVersion() throws(VaultError) -> Int32 { try unsealed().newest }

    private func unsealed() throws(VaultError) -> Keyring {
        guard let keyring = keyring.withLock({ $0 }) else { throw .sealed }
        return keyring
    }

    /// The code by which a row that decides is known again: 33 octets, the key's number and HMAC-SHA256.
    public func code(of row: [UInt8]) throws(VaultError) -> [UInt8] { try unsealed().code(of: row) }

    /// Whether a row is one that this vault made the code of.
    public func isCode(_ code: [UInt8], of row: [UInt8]) throws(VaultError) -> Bool {
        try unsealed().isCode(code, of: row)
    }

    /// A card's row sealed anew under the newest KEK version; the key in it does not change.
    public func renewed(_ record: CardKeyRecord) throws(VaultError) -> CardKeyRecord {
        let keyring = try unsealed()
        guard let iccid = ICCID(record.iccid) else { throw .damagedRecord }
        return try keyring.seal(
            try keyring.open(record),
            iccid: iccid,
            domain: record.domain,
            keyVersion: record.keyVersion,
            keyCheckValue: record.keyCheckValue
        )
    }

    /// Opens a personaliser's envelope and seals the keys in it for storage.
    ///
    /// - Parameters:
    ///   - envelope: CMS AuthEnvelopedData in DER (RFC 5083) of a card key file (docs/registration.md).
    ///   - iccid: The card it must be for.
    /// - Returns: A record each for the security domain and the applet, and the applet's address.
    /// - Throws: ``VaultError/envelope(_:)``.
    public func importCard(
        _ envelope: [UInt8],
        iccid: ICCID
    ) throws(VaultError) -> (records: [CardKeyRecord], tar: TAR) {
        let keyring = try unsealed()
        let file = try CardKeyFile.decode(try importKey.open(envelope), for: iccid)
        let kic = try file.key(file.ssd.kic, "ssd.kic")
        let kid = try file.key(file.ssd.kid, "ssd.kid")
        let root = try file.key(file.wpki.root, "wpki.root")
        guard kic.count == kid.count else { throw .envelope("ssd.kic and ssd.kid must be of one size") }
        let securityDomain = try keyring.seal(
            kic + kid,
            iccid: iccid,
            domain: .ssd,
            keyVersion: file.ssd.keyVersion,
            keyCheckValue: try KeyCheckValue.aes(kic)
        )
        let applet = try keyring.seal(
            root,
            iccid: iccid,
            domain: .wpki,
            keyVersion: file.wpki.keyVersion,
            keyCheckValue: try KeyCheckValue.aes(root)
        )
        return ([securityDomain, applet], try file.tarOctets())
    }

    /// Seals a message: the applet's frame inside the security domain's packet.
    ///
    /// - Parameters:
    ///   - message: What the card is asked.
    ///   - records: The card's rows, one of the security domain and one of the applet.
    ///   - iccid: The card.
    ///   - tar: The applet's address.
    ///   - counters: Committed by storage for this message; spent here.
    /// - Returns: A command that can be sent once.
    /// - Throws: ``VaultError/sealed``, ``VaultError/damagedRecord``, or ``VaultError/unusable(_:)`` for a message that is too long.
    public func seal(
        _ message: DownMessage,
        records: [CardKeyRecord],
        iccid: ICCID,
        tar: TAR,
        counters: consuming SpentCounters
    ) throws(VaultError) -> SealedCommand {
        let keyring = try unsealed()
        let applet = try record(.wpki, of: iccid, in: records)
        let domain = try record(.ssd, of: iccid, in: records)
        do {
            let keys = try WPKIKeys(root: keyring.open(applet), iccid: iccid.octets, keyVersion: applet.keyVersion)
            let frame = try keys.seal(message.octets, counter: counters.frame, direction: .down)
            let indication = KeyIndication.aes(keyVersion: domain.keyVersion)
            let header = CommandPacket.Header(spi: .secured, kic: indication, kid: indication, tar: tar)
            let secret = try keyring.open(domain)
            let keyset = try OTAKeyset(
                kic: Array(secret.prefix(secret.count / 2)),
                kid: Array(secret.suffix(secret.count / 2))
            )
            return try SealedCommand(
                CommandPacket(header: header, data: frame),
                under: keyset,
                counter: counters.packet
            )
        } catch let error as VaultError {
            throw error
        } catch { throw .unusable("the message cannot be sealed: \(error)") }
    }

    /// Opens an applet's answer; the outer packet proves nothing and is not asked.
    ///
    /// - Parameters:
    ///   - packet: What came from the card, or from anybody.
    ///   - records: The card's rows.
    ///   - iccid: The card.
    /// - Returns: The answer and the frame's counter, which the caller compares with those seen before.
    /// - Throws: ``VaultError/notAuthentic``, ``VaultError/damagedRecord``.
    public func open(
        _ packet: ResponsePacket,
        records: [CardKeyRecord],
        iccid: ICCID
    ) throws(VaultError) -> (message: UpMessage, counter: UInt32) {
        let keyring = try unsealed()
        let applet = try record(.wpki, of: iccid, in: records)
        let root = try keyring.open(applet)
        do {
            let keys = try WPKIKeys(root: root, iccid: iccid.octets, keyVersion: applet.keyVersion)
            let counter = try FrameHeader(packet.data).counter
            return (try UpMessage(decoding: try keys.open(packet.data, direction: .up)), counter)
        } catch { throw .notAuthentic }
    }

    private func record(
        _ domain: CardKeyRecord.Domain,
        of iccid: ICCID,
        in records: [CardKeyRecord]
    ) throws(VaultError) -> CardKeyRecord {
        guard let record = records.first(where: { $0.domain == domain }), record.iccid == iccid.description else {
            throw .damagedRecord
        }
        return record
    }
}
