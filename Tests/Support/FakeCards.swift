public import Alauda
public import HomeMSSP
public import MSSCore
@_spi(KeyMaterial) public import OTA
import Synchronization

public import struct Foundation.Date

/// A vault without keys: its frames are authentic if they begin with a certain octet.
public final class FakeVault: CardVault {
    private let chronicle: Chronicle
    private let refuses = Mutex(false)
    private let legacyRefused = Mutex(false)
    private let last = Mutex<DownMessage?>(nil)
    private let lastVersion = Mutex<UInt8?>(nil)

    public init(chronicle: Chronicle = Chronicle()) {
        self.chronicle = chronicle
    }

    /// An envelope that is refused.
    public static let damagedEnvelope: [UInt8] = [0]

    /// What was sealed last.
    public var lastMessage: DownMessage? { last.withLock { $0 } }

    /// KVN that the last message was sealed under.
    public var lastKeyVersion: UInt8? { lastVersion.withLock { $0 } }

    /// Makes sealing fail.
    public func refuseToSeal() { refuses.withLock { $0 = true } }

    /// Makes sealing fail because every card's permission for triple DES has ended.
    public func endLegacy() {
        refuseToSeal()
        legacyRefused.withLock { $0 = true }
    }

    public func isLegacyRefused(_ card: CardReference) -> Bool { legacyRefused.withLock { $0 } }

    public func importCard(_ envelope: [UInt8], iccid: ICCID) throws(CardVaultError) -> CardSecurity {
        guard envelope != Self.damagedEnvelope else { throw CardVaultError(reason: "the envelope is damaged") }
        return Sample.security(iccid)
    }

    public func seal(
        _ message: DownMessage,
        for card: CardReference,
        under keyVersion: UInt8?,
        spending counters: consuming SpentCounters
    ) throws(CardVaultError) -> SealedCommand {
        guard !refuses.withLock({ $0 }) else { throw CardVaultError(reason: "no top key") }
        let version = keyVersion ?? card.security.appletKeyVersion
        guard counters.keyVersion == nil || counters.keyVersion == version else {
            throw CardVaultError(reason: "the counters are of another key version")
        }
        last.withLock { $0 = message }
        lastVersion.withLock { $0 = version }
        chronicle.note("sealed")
        let header = CommandPacket.Header(
            spi: .secured,
            kic: .aes(keyVersion: 1),
            kid: .aes(keyVersion: 1),
            tar: card.security.tar
        )
        do {
            let keyset = try OTAKeyset(kic: Sample.randomOctets(16), kid: Sample.randomOctets(16))
            let packet = CommandPacket(header: header, data: message.octets)
            return try SealedCommand(packet, under: keyset, counter: counters.packet)
        } catch { throw CardVaultError(reason: "\(error)") }
    }

    public func newRoot(_ keyVersion: UInt8, for card: CardReference) throws(CardVaultError) -> CardKeyRecord {
        guard !refuses.withLock({ $0 }), var root = card.security.root(.active) else {
            throw CardVaultError(reason: "no top key")
        }
        root.keyVersion = keyVersion
        root.state = .pending
        root.sealed = Sample.randomOctets(60)
        chronicle.note("root \(keyVersion) made")
        return root
    }

    public func wrappedRoot(_ keyVersion: UInt8, for card: CardReference) throws(CardVaultError) -> WrappedRoot {
        let octets = [keyVersion, 1] + Sample.randomOctets(24) + [1, 2, 3]
        guard card.security.root(.pending)?.keyVersion == keyVersion, let root = WrappedRoot(octets) else {
            throw CardVaultError(reason: "no such root")
        }
        return root
    }

    public func moved(_ record: CardKeyRecord, to state: KeysetState) throws(CardVaultError) -> CardKeyRecord {
        guard record.state.may(become: state) else { throw CardVaultError(reason: "no such step") }
        var next = record
        next.state = state
        return next
    }

    public func open(_ packet: ResponsePacket, from card: CardReference) throws(CardVaultError) -> CardAnswer {
        guard packet.data.count > 5, packet.data[0] & 0xF0 == Self.authentic else {
            throw CardVaultError(reason: "the checksum is wrong")
        }
        let keyVersion = packet.data[0] & 0x0F
        guard
            card.security.records.contains(where: {
                $0.domain == .wpki && $0.keyVersion == keyVersion && $0.state.opens
            })
        else { throw CardVaultError(reason: "no such key version") }
        let counter = packet.data[1..<5].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        // As a checksum would: the same for the same frame, another for another one.
        let checksum = packet.data.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        let frame = AnswerFrame(
            keyVersion: keyVersion,
            counter: counter,
            checksum: (0..<8).map { UInt8(truncatingIfNeeded: checksum >> (56 - 8 * $0)) }
        )
        do { return CardAnswer(message: try UpMessage(decoding: Array(packet.data[5...])), frame: frame) } catch {
            throw CardVaultError(reason: "\(error)")
        }
    }

    /// What a card sends that answers `message` under frame counter `counter`.
    public static func packet(
        _ message: UpMessage,
        counter: UInt32,
        isAuthentic: Bool = true,
        keyVersion: UInt8 = 1
    ) -> ResponsePacket {
        let octets = (0..<4).map { UInt8(truncatingIfNeeded: counter >> (24 - 8 * $0)) }
        let data = [isAuthentic ? authentic | keyVersion : 0] + octets + message.octets
        return ResponsePacket(tar: Sample.tar, counter: 1, status: 0, data: data)
    }

    private static let authentic: UInt8 = 0xA0
}

/// A channel whose other end is the test's script.
public final class FakeChannel: SIMChannel {
    /// Runs when a command leaves; what it throws is how the sending failed.
    public typealias Script = @Sendable (MSISDN) async throws(SIMChannelError) -> Void

    private let chronicle: Chronicle
    private let script = Mutex<Script>({ _ in })

    public init(chronicle: Chronicle = Chronicle()) {
        self.chronicle = chronicle
    }

    public func whenSent(_ script: @escaping Script) {
        self.script.withLock { $0 = script }
    }

    public func send(
        _ command: consuming SealedCommand,
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMChannelError) {
        chronicle.note("sent")
        try await script.withLock { $0 }(msisdn)
    }
}

/// Evidence without cryptography: a signature is right if it is ``rightSignature``.
public final class FakeEvidence: SignatureEvidence {
    public static let rightSignature: [UInt8] = [7, 7, 7]
    /// The same where a card signs several things: each has its length.
    public static let oneOfSeveral = [UInt8](repeating: 7, count: 64)
    public static let rightProof: [UInt8] = [9, 9, 9]
    /// A certificate that nothing is right about.
    public static let foreignCertificate: [UInt8] = [0]

    private let refused = Mutex<MSSFault?>(nil)
    private let said = Mutex(SignatureVerdict(.validSignature))

    public init() {}

    /// What is said of every certificate; that it is valid unless this was called.
    public func say(_ verdict: SignatureVerdict) { said.withLock { $0 = verdict } }

    /// Has every certificate refused.
    public func refuse(with fault: MSSFault) { refused.withLock { $0 = fault } }

    public func signedData(content: [UInt8], raw: [UInt8], key: SubscriberKey) throws(EvidenceError) -> [UInt8] {
        guard raw == Self.rightSignature else { throw EvidenceError(reason: "the signature is not the key's") }
        return [0x30] + content
    }

    /// Text by itself; what is not plain text with the key's place before it: the content and the attributes, so that a
    /// test sees all three.
    public func evidence(
        of content: SigningContent,
        form: SigningForm,
        raw: [UInt8],
        key: SubscriberKey
    ) throws(EvidenceError) -> [UInt8] {
        guard raw == Self.rightSignature || raw == Self.oneOfSeveral else {
            throw EvidenceError(reason: "the signature is not the key's")
        }
        guard form.structure != .pkcs1 else { return raw }
        let added = form.attributes.map { $0.mid + $0.extra } ?? []
        if case .digest(let digest) = content { return [0x31, key.reference] + digest + added }
        return [0x30] + (form.structure == .attached ? content.octets ?? [] : []) + added
    }

    /// What each certificate but ``foreignCertificate`` says of its subject.
    public static let person = CertifiedPerson(
        subject: "serialNumber=MSSP1,CN=MSSP1",
        givenName: nil,
        surName: "Ñandú",
        validUntil: Date(timeIntervalSince1970: 1_800_000_000)
    )

    public func person(of certificate: [UInt8]) -> CertifiedPerson? {
        certificate == Self.foreignCertificate ? nil : Self.person
    }

    /// A nonce that every test knows.
    public static let nonce: [UInt8] = [0x30, 0x01, 0x07]

    public func nonceAttributes(for key: SubscriberKey) -> AddedAttributes { AddedAttributes(mid: Self.nonce) }

    /// Not a digest, but as long as one, and another for each content.
    public func digestToSign(
        _ content: SigningContent,
        form: SigningForm,
        key: SubscriberKey
    ) throws(EvidenceError) -> [UInt8] {
        let octets: [UInt8] =
            switch content {
            case .digest(let digest): digest + (form.attributes?.mid ?? [])
            default: content.octets ?? []
            }
        return Array((octets + [UInt8](repeating: 0xD1, count: 48)).prefix(key.algorithm.digestLength))
    }

    public func advancedAttributes(for key: SubscriberKey, at date: Date) throws(EvidenceError) -> AddedAttributes {
        AddedAttributes(mid: Self.advancedMiddle)
    }

    /// signing-time of a day in 2026, as a card takes it for MID.
    public static let advancedMiddle: [UInt8] =
        [0x30, 0x1C, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x05, 0x31, 0x0F, 0x17, 0x0D]
        + Array("260101000000Z".utf8)

    public func refusal(of certificate: [UInt8]) -> MSSFault? { refused.withLock { $0 } }

    public func verdict(on certificate: [UInt8]) -> SignatureVerdict { said.withLock { $0 } }

    public func provenKey(
        _ point: [UInt8],
        algorithm: SignatureAlgorithm,
        message: [UInt8],
        proof: [UInt8]
    ) throws(EvidenceError) -> [UInt8] {
        guard proof == Self.rightProof else { throw EvidenceError(reason: "possession is not proven") }
        return [0x30] + point
    }

    public func check(certificate: [UInt8], key: [UInt8], subject: CertificateSubject) throws(EvidenceError) {
        guard certificate != Self.foreignCertificate else { throw EvidenceError(reason: "not for this key") }
    }
}
