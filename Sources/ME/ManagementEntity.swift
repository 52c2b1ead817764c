public import Logging
public import MSSCore

/// What registration agents call: asks whether this agent may, and carries an activation through home and CA.
///
/// It keeps nothing: what is half done is known to the home, and the same call again takes it up.
public struct ManagementEntity: RegistrationService {
    private let home: any RegistrationService
    private let authority: any CertificateAuthority
    private let roles: Roles
    private let audit: any RegistrationAudit
    private let activations: ActivationQueue
    private let logger: Logger

    public init(
        home: any RegistrationService,
        authority: any CertificateAuthority,
        roles: Roles,
        audit: any RegistrationAudit,
        activations: ActivationQueue,
        logger: Logger
    ) {
        self.home = home
        self.authority = authority
        self.roles = roles
        self.audit = audit
        self.activations = activations
        self.logger = logger
    }

    public func register(
        _ request: RegistrationRequest,
        _ call: Call
    ) async throws(MSSFault) -> RegistrationResponse {
        guard roles.mayCall(call.peer, request.operation.name) else {
            logger.notice(
                "operation refused: the caller does not hold the role",
                metadata: [
                    "peer": "\(call.peer, as: .registration)", "trace": "\(call.trace, as: .open)",
                    "operation": "\(request.operation.name.rawValue, as: .open)",
                ]
            )
            throw MSSFault(.unauthorizedAccess, "Your certificate does not hold the role for this operation.")
        }
        try await note(request.operation, "intent", call, outcome: nil)
        do throws(MSSFault) {
            let response = try await carryOut(request, call)
            try await note(request.operation, "result", call, outcome: request.isQueued ? "queued" : "ok")
            return response
        } catch {
            try await note(request.operation, "result", call, outcome: "fault \(error.code.rawValue)")
            throw error
        }
    }

    private func carryOut(_ request: RegistrationRequest, _ call: Call) async throws(MSSFault) -> RegistrationResponse {
        guard case .activateMobileUser(let activation) = request.operation else {
            return try await home.register(request, call.onBehalfOfPeer())
        }
        guard request.messagingMode == .synch else {
            return try activations.accept(request, call)
        }
        return try await activate(activation, request.header, call)
    }

    /// Has the card make and prove a key, the CA certify it, and the home take the certificate.
    func activate(
        _ activation: MobileUserActivation,
        _ header: MessageHeader,
        _ call: Call
    ) async throws(MSSFault) -> RegistrationResponse {
        let onward = call.onBehalfOfPeer()
        let answer = try await home.register(
            RegistrationRequest(header: header, operation: .generateKey(activation)),
            onward
        )
        guard case .provenKey(let key) = answer.outcome else {
            throw MSSFault(.internalError, cause: "the home answered a key generation without a key")
        }
        let certificate = try await authority.certificate(for: key, until: call.deadline)
        return try await home.register(
            RegistrationRequest(
                header: header,
                operation: .installCertificate(
                    activation.msisdn,
                    certificate: certificate,
                    for: activation.keyUse
                )
            ),
            onward
        )
    }

    /// An activation that was queued: nobody waits, so its end goes to the audit and the log.
    func activateLater(_ activation: MobileUserActivation, _ header: MessageHeader, _ call: Call) async {
        var outcome = "ok"
        do throws(MSSFault) {
            _ = try await activate(activation, header, call)
        } catch {
            outcome = "fault \(error.code.rawValue)"
            logger.warning(
                "activation failed; GetMobileUser shows how far it came",
                metadata: [
                    "fault": "\(error.code.rawValue, as: .open)", "trace": "\(call.trace, as: .open)",
                    "cause": "\(error.cause ?? "", as: .system)",
                ]
            )
        }
        do throws(MSSFault) {
            try await note(.activateMobileUser(activation), "result", call, outcome: outcome)
        } catch {
            logger.critical(
                "the end of an activation is not in the audit",
                metadata: ["trace": "\(call.trace, as: .open)"]
            )
        }
    }

    private func note(
        _ operation: RegistrationOperation,
        _ phase: String,
        _ call: Call,
        outcome: String?
    ) async throws(MSSFault) {
        do {
            try await audit.record(operation, phase: phase, call: call, outcome: outcome)
        } catch {
            throw MSSFault(
                .internalError,
                "The platform cannot write its audit trail; nothing more is done until it can.",
                cause: "\(error)"
            )
        }
    }
}

extension RegistrationRequest {
    /// Answered at once, carried out later.
    fileprivate var isQueued: Bool { messagingMode != .synch && operation.name == .activateMobileUser }
}

/// Issues certificates for keys that the home has proven; the key that signs them is elsewhere.
public protocol CertificateAuthority: Sendable {
    /// - Returns: The certificate in DER.
    /// - Throws: 407/4072 when the CA cannot be reached or its answer is not what was asked.
    func certificate(
        for key: ProvenKey,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> [UInt8]
}

/// The audit trail of registration acts: `record` returns when the entry is on disk.
public protocol RegistrationAudit: Sendable {
    func record(
        _ operation: RegistrationOperation,
        phase: String,
        call: Call,
        outcome: String?
    ) async throws
}
