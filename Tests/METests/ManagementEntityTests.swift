import Logging
import ME
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

private final class RecordingHome: RegistrationService {
    let operations = Mutex<[RegistrationOperation.Name]>([])
    /// The keys that were asked for and certified.
    let uses = Mutex<[KeyUse]>([])
    let refusal: MSSFault?

    init(refusal: MSSFault? = nil) {
        self.refusal = refusal
    }

    func register(_ request: RegistrationRequest, _ call: Call) async throws(MSSFault) -> RegistrationResponse {
        operations.withLock { $0.append(request.operation.name) }
        switch request.operation {
        case .generateKey(let activation): uses.withLock { $0.append(activation.keyUse) }
        case .installCertificate(_, _, let use): uses.withLock { $0.append(use) }
        default: break
        }
        if let refusal { throw refusal }
        guard case .generateKey = request.operation else {
            return RegistrationResponse(header: request.header, outcome: .done)
        }
        let subject = CertificateSubject(commonName: "Test Person", serialNumber: "MSSP01")
        return RegistrationResponse(
            header: request.header,
            outcome: .provenKey(ProvenKey(publicKey: [1, 2, 3], subject: subject))
        )
    }
}

private struct FixedAuthority: CertificateAuthority {
    var refusal: MSSFault?
    func certificate(
        for key: ProvenKey,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> [UInt8] {
        if let refusal { throw refusal }
        return [0x30] + key.publicKey
    }
}

private final class AuditInMemory: RegistrationAudit {
    struct Full: Error {}
    let entries = Mutex<[String]>([])
    let isFull: Bool

    init(isFull: Bool = false) {
        self.isFull = isFull
    }

    func record(
        _ operation: RegistrationOperation,
        phase: String,
        call: Call,
        outcome: String?
    ) async throws {
        guard !isFull else { throw Full() }
        entries.withLock { $0.append("\(operation.name.rawValue) \(phase) \(outcome ?? "-")") }
    }
}

@Suite("The management entity")
struct ManagementEntityTests {
    private let msisdn = MSISDN("+358401234567")
    private let audit = AuditInMemory()

    private func entity(
        _ home: RecordingHome,
        authority: FixedAuthority = FixedAuthority(),
        audit: AuditInMemory? = nil
    ) -> ManagementEntity {
        ManagementEntity(
            home: home,
            authority: authority,
            roles: Roles(registrationAgents: [Sample.ra]),
            audit: audit ?? self.audit,
            activations: ActivationQueue(identity: "urn:mssp:test:me"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func activation(
        _ mode: MessagingMode = .synch,
        _ use: KeyUse = .authentication
    ) throws -> RegistrationRequest {
        RegistrationRequest(
            header: Sample.header(),
            operation: .activateMobileUser(
                MobileUserActivation(
                    msisdn: try #require(msisdn),
                    verifyCode: try #require(VerifyCode("123987")),
                    keyUse: use
                )
            ),
            messagingMode: mode
        )
    }

    @Test("carries an activation through home, CA and home again, audited before and after")
    func activation() async throws {
        let home = RecordingHome()
        let response = try await entity(home).register(activation(), Sample.call(Sample.ra))
        #expect(response.outcome == .done)
        #expect(home.operations.withLock { $0 } == [.generateKey, .installCertificate])
        #expect(audit.entries.withLock { $0 } == ["ActivateMobileUser intent -", "ActivateMobileUser result ok"])
    }

    @Test("has the key made and certified that was named", arguments: KeyUse.allCases)
    func namedKey(_ use: KeyUse) async throws {
        let home = RecordingHome()
        _ = try await entity(home).register(activation(.synch, use), Sample.call(Sample.ra))
        #expect(home.uses.withLock { $0 } == [use, use])
    }

    @Test("installs nothing when the CA refuses, and says so")
    func authorityRefuses() async throws {
        let home = RecordingHome()
        let refusing = FixedAuthority(refusal: MSSFault(.registrationNotOK, specifier: 4072))
        let fault = await #expect(throws: MSSFault.self) {
            try await entity(home, authority: refusing).register(activation(), Sample.call(Sample.ra))
        }
        #expect(fault?.code == .registrationNotOK)
        #expect(home.operations.withLock { $0 } == [.generateKey])
        #expect(audit.entries.withLock { $0.last } == "ActivateMobileUser result fault 407")
    }

    @Test("serves nobody without the role, and agents only their operations")
    func roles() async throws {
        let home = RecordingHome()
        for stranger in [Sample.ap, Sample.ae, PeerIdentity(uri: "urn:mssp:test:admin")] {
            let fault = await #expect(throws: MSSFault.self) {
                try await entity(home).register(activation(), Sample.call(stranger))
            }
            #expect(fault?.code == .unauthorizedAccess)
        }
        let own = RegistrationRequest(
            header: Sample.header(),
            operation: .installCertificate(try #require(msisdn), certificate: [1])
        )
        let fault = await #expect(throws: MSSFault.self) {
            try await entity(home).register(own, Sample.call(Sample.ra))
        }
        #expect(fault?.code == .unauthorizedAccess)
        #expect(home.operations.withLock { $0.isEmpty })
    }

    @Test("does nothing that it cannot audit")
    func noAudit() async throws {
        let home = RecordingHome()
        let fault = await #expect(throws: MSSFault.self) {
            try await entity(home, audit: AuditInMemory(isFull: true)).register(activation(), Sample.call(Sample.ra))
        }
        #expect(fault?.code == .internalError)
        #expect(home.operations.withLock { $0.isEmpty })
    }

    @Test("answers an asynchronous activation at once")
    func asynchronous() async throws {
        let home = RecordingHome()
        let response = try await entity(home).register(activation(.asynchClientServer), Sample.call(Sample.ra))
        #expect(response.outcome == .done)
        #expect(audit.entries.withLock { $0.last } == "ActivateMobileUser result queued")
        #expect(home.operations.withLock { $0.isEmpty })
    }
}
