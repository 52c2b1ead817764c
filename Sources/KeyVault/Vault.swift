@_spi(KeyMaterial) public import Alauda
public import MSSCore
@_spi(KeyMaterial) public import OTA
import Synchronization

public import struct Foundation.Date

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
    private let legacy: [LegacyPermission]
    private let keyring = Mutex<Keyring?>(nil)

    /// - Parameters:
    ///   - importKey: PEM of the private key of `importCertificate`.
    ///   - importCertificate: PEM; personalisers encrypt to it.
    ///   - legacy: The card batches that may use triple DES; no other may.
    /// - Throws: ``VaultError/keyFile(_:)``.
    public init(
        importKey: [UInt8],
        importCertificate: [UInt8],
        legacy: [LegacyPermission] = []
    ) throws(VaultError) {
        self.legacy = legacy
        self.importKey = try ImportKey(key: importKey, certificate: importCertificate)
    }

    /// Random keys of a vault that has none, wrapped under a KEK.
    public static func newKeys(under version: Int32, of keks: any KeyEncryptionKeys) throws(VaultError)
        -> [WrappedKey]
    {
        try Keyring.make(under: version, of: keks, rowKey: 1)
    }

    /// The same keys wrapped under another KEK; each is unwrapped again and compared before it is believed.
    ///
    /// - Throws: ``VaultError/keyEncryptionKey(_:)``; nothing was changed anywhere.
    public static func rewrapped(
        _ keys: [WrappedKey],
        under version: Int32,
        of keks: any KeyEncryptionKeys
    ) throws(VaultError) -> [WrappedKey] {
        // All that a vault needs must be there, too.
        _ = try Keyring(keys, keks)
        var rewrapped: [WrappedKey] = []
        for key in keys {
            var (plain, next) = (try keks.unwrap(key.octets, under: key.kekVersion), key)
            defer { plain.erase() }
            next.kekVersion = version
            next.octets = try keks.wrap(plain, under: version)
            var again = try keks.unwrap(next.octets, under: version)
            defer { again.erase() }
            guard again == plain else { throw .keyEncryptionKey("KEK \(version) does not give back what it wraps") }
            rewrapped.append(next)
        }
        return rewrapped
    }

    /// Whether the KEKs open these keys, all of them, and they are all that a vault needs.
    ///
    /// - Throws: ``VaultError/keyEncryptionKey(_:)`` if not.
    public static func check(_ keys: [WrappedKey], with keks: any KeyEncryptionKeys) throws(VaultError) {
        _ = try Keyring(keys, keks)
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

    /// The generation whose shards seal what is new.
    public func generation() throws(VaultError) -> Int32 { try unsealed().newest }

    func unsealed() throws(VaultError) -> Keyring {
        guard let keyring = keyring.withLock({ $0 }) else { throw .sealed }
        return keyring
    }

    /// The code by which a row that decides is known again: 33 octets, the key's number and HMAC-SHA256.
    public func code(of row: [UInt8]) throws(VaultError) -> [UInt8] { try unsealed().code(of: row) }

    /// Whether a row is one that this vault made the code of.
    public func isCode(_ code: [UInt8], of row: [UInt8]) throws(VaultError) -> Bool {
        try unsealed().isCode(code, of: row)
    }

    /// A card's row sealed anew under the newest generation; the key in it does not change.
    public func renewed(_ record: CardKeyRecord) throws(VaultError) -> CardKeyRecord {
        let keyring = try unsealed()
        return try keyring.seal(try keyring.open(record), as: record)
    }

    /// A card's row in the next state of its life; the state is under the seal, so storage cannot choose it.
    ///
    /// - Returns: For storage, in the place of the old one; one that is destroyed holds no octets any more.
    /// - Throws: ``VaultError/unusable(_:)`` for a state that this one may not become (``KeysetState/may(become:)``).
    public func moved(_ record: CardKeyRecord, to state: KeysetState) throws(VaultError) -> CardKeyRecord {
        guard record.state.may(become: state) else {
            throw .unusable("a key that is \(record.state.rawValue) cannot become \(state.rawValue)")
        }
        let secret = try unsealed().open(record)
        var next = record
        next.state = state
        next.sealed = []
        return state == .destroyed ? next : try unsealed().seal(secret, as: next)
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
            as: CardKeyRecord(
                iccid: iccid.description,
                domain: .ssd,
                keyVersion: file.ssd.keyVersion,
                topKeyVersion: keyring.newest,
                keyCheckValue: try KeyCheckValue.aes(kic),
                sealed: [],
                algorithm: kic.count == 32 ? .aes256 : .aes128
            )
        )
        let applet = try keyring.seal(
            root,
            as: CardKeyRecord(
                iccid: iccid.description,
                domain: .wpki,
                keyVersion: file.wpki.keyVersion,
                topKeyVersion: keyring.newest,
                keyCheckValue: try KeyCheckValue.aes(root),
                sealed: [],
                algorithm: root.count == 32 ? .aes256 : .aes128
            )
        )
        return ([securityDomain, applet], try file.tarOctets())
    }

    /// Seals a message: the applet's frame inside the security domain's packet.
    ///
    /// - Parameters:
    ///   - message: What the card is asked.
    ///   - records: The card's rows, one of the security domain and at least one of the applet.
    ///   - iccid: The card.
    ///   - tar: The applet's address.
    ///   - counters: Committed by storage for this message; spent here.
    ///   - keyVersion: Of the applet's root; `nil` is the active one. A pending one is taken when it is named.
    ///   - time: Now: triple DES ends with its permission.
    /// - Returns: A command that can be sent once.
    /// - Throws: ``VaultError/sealed``, ``VaultError/damagedRecord``, ``VaultError/legacyRefused(_:)``, or
    ///   ``VaultError/unusable(_:)`` for a message that is too long, or counters of another root.
    public func seal(
        _ message: DownMessage,
        records: [CardKeyRecord],
        iccid: ICCID,
        tar: TAR,
        counters: consuming SpentCounters,
        keyVersion: UInt8? = nil,
        at time: Date = Date()
    ) throws(VaultError) -> SealedCommand {
        let keyring = try unsealed()
        let applet = try record(.wpki, of: iccid, in: records) {
            keyVersion == nil ? $0.state == .active : $0.keyVersion == keyVersion && $0.state.seals
        }
        guard counters.keyVersion.map({ $0 == applet.keyVersion }) ?? true else {
            throw .unusable("the counters are of another key version")
        }
        let domain = try record(.ssd, of: iccid, in: records) { $0.state == .active }
        // The permission is asked only of a row that is as the vault sealed it.
        let secret = try keyring.open(domain)
        let profile = try profile(of: domain, at: time)
        do {
            let keys = try WPKIKeys(root: keyring.open(applet), iccid: iccid.octets, keyVersion: applet.keyVersion)
            let frame = try keys.seal(message.octets, counter: counters.frame, direction: .down)
            let keyset = try OTAKeyset(
                kic: Array(secret.prefix(secret.count / 2)),
                kid: Array(secret.suffix(secret.count / 2)),
                algorithm: profile.algorithm
            )
            return try SealedCommand(
                frame,
                to: tar,
                profile: profile,
                under: keyset,
                counter: counters.packet,
                at: time
            )
        } catch let error as VaultError {
            throw error
        } catch { throw .unusable("the message cannot be sealed: \(error)") }
    }

    /// Whether nothing may be sent to a card any more, or yet: its batch uses triple DES without a permission.
    public func isLegacyRefused(_ records: [CardKeyRecord], at time: Date = Date()) -> Bool {
        records.contains { record in
            guard record.domain == .ssd, record.state == .active, record.algorithm.isLegacy else { return false }
            return (try? profile(of: record, at: time)) == nil
        }
    }

    /// What the card's batch accepts, and nothing is sent to it but by that.
    private func profile(of record: CardKeyRecord, at time: Date) throws(VaultError) -> CardProfile {
        let permission = try permission(for: record.algorithm, of: record.batch, at: time)
        do throws(CardProfileError) {
            return try CardProfile(algorithm: record.algorithm, keyVersion: record.keyVersion, legacy: permission)
        } catch { throw .damagedRecord }
    }

    /// `nil` where none is needed.
    func permission(
        for algorithm: OTAAlgorithm,
        of batch: String,
        at time: Date
    ) throws(VaultError) -> LegacyPermission? {
        guard algorithm.isLegacy else { return nil }
        guard let permission = legacy.first(where: { $0.batch == batch && $0.algorithm == algorithm }) else {
            throw .legacyRefused("the card's batch has no permission for triple DES")
        }
        guard !permission.isOver(at: time) else {
            throw .legacyRefused("the permission of the card's batch for triple DES ended with \(permission.lastDay)")
        }
        return permission
    }

    /// Opens an applet's answer under the root that its frame names; the outer packet proves nothing and is not asked.
    ///
    /// - Parameters:
    ///   - packet: What came from the card, or from anybody.
    ///   - records: The card's rows.
    ///   - iccid: The card.
    /// - Returns: The answer, the frame's counter, which the caller compares with those seen before under the same
    ///   root, and that root's key version.
    /// - Throws: ``VaultError/notAuthentic``, ``VaultError/damagedRecord``.
    public func opened(
        _ packet: ResponsePacket,
        records: [CardKeyRecord],
        iccid: ICCID
    ) throws(VaultError) -> (message: UpMessage, counter: UInt32, keyVersion: UInt8) {
        let keyring = try unsealed()
        guard let header = try? FrameHeader(packet.data) else { throw .notAuthentic }
        _ = try record(.wpki, of: iccid, in: records) { $0.state.opens }
        // One that the home does not have, or has no longer, is nobody's frame.
        guard
            let applet = records.first(where: {
                $0.domain == .wpki && $0.state.opens && $0.keyVersion == header.keyVersion
            })
        else { throw .notAuthentic }
        guard applet.iccid == iccid.description else { throw .damagedRecord }
        let root = try keyring.open(applet)
        do {
            let keys = try WPKIKeys(root: root, iccid: iccid.octets, keyVersion: applet.keyVersion)
            let message = try UpMessage(decoding: try keys.open(packet.data, direction: .up))
            return (message, header.counter, applet.keyVersion)
        } catch { throw .notAuthentic }
    }

    /// The same without the key version.
    public func open(
        _ packet: ResponsePacket,
        records: [CardKeyRecord],
        iccid: ICCID
    ) throws(VaultError) -> (message: UpMessage, counter: UInt32) {
        let answer = try opened(packet, records: records, iccid: iccid)
        return (answer.message, answer.counter)
    }

    func record(
        _ domain: CardKeyRecord.Domain,
        of iccid: ICCID,
        in records: [CardKeyRecord],
        where isMeant: (CardKeyRecord) -> Bool
    ) throws(VaultError) -> CardKeyRecord {
        guard let record = records.first(where: { $0.domain == domain && isMeant($0) }),
            record.iccid == iccid.description
        else { throw .damagedRecord }
        return record
    }
}
