@_spi(KeyMaterial) public import Alauda
public import MSSCore
@_spi(KeyMaterial) public import OTA

/// Keeps the keys of every card.
///
/// They rest sealed in storage and are applied here. No key leaves this module.
///
/// It has no database: storage hands it sealed rows and counters that were committed, and is trusted with neither.
public struct Vault: Sendable {
    private let topKey: TopKey
    private let importKey: ImportKey

    /// - Parameters:
    ///   - topKey: 32 octets.
    ///   - importKey: PEM of the private key of `importCertificate`.
    ///   - importCertificate: PEM; personalisers encrypt to it.
    /// - Throws: ``VaultError/keyFile(_:)``.
    public init(topKey: [UInt8], importKey: [UInt8], importCertificate: [UInt8]) throws(VaultError) {
        self.topKey = try TopKey(topKey)
        self.importKey = try ImportKey(key: importKey, certificate: importCertificate)
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
        let file = try CardKeyFile.decode(try importKey.open(envelope), for: iccid)
        let kic = try file.key(file.ssd.kic, "ssd.kic")
        let kid = try file.key(file.ssd.kid, "ssd.kid")
        let root = try file.key(file.wpki.root, "wpki.root")
        guard kic.count == kid.count else { throw .envelope("ssd.kic and ssd.kid must be of one size") }
        let securityDomain = try topKey.seal(
            kic + kid,
            iccid: iccid,
            domain: .ssd,
            keyVersion: file.ssd.keyVersion,
            keyCheckValue: try KeyCheckValue.aes(kic)
        )
        let applet = try topKey.seal(
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
    /// - Throws: ``VaultError/damagedRecord``, or ``VaultError/unusable(_:)`` for a message that is too long.
    public func seal(
        _ message: DownMessage,
        records: [CardKeyRecord],
        iccid: ICCID,
        tar: TAR,
        counters: consuming SpentCounters
    ) throws(VaultError) -> SealedCommand {
        let applet = try record(.wpki, of: iccid, in: records)
        let domain = try record(.ssd, of: iccid, in: records)
        do {
            let keys = try WPKIKeys(root: topKey.open(applet), iccid: iccid.octets, keyVersion: applet.keyVersion)
            let frame = try keys.seal(message.octets, counter: counters.frame, direction: .down)
            let indication = KeyIndication.aes(keyVersion: domain.keyVersion)
            let header = CommandPacket.Header(spi: .secured, kic: indication, kid: indication, tar: tar)
            let secret = try topKey.open(domain)
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
        let applet = try record(.wpki, of: iccid, in: records)
        let root = try topKey.open(applet)
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
