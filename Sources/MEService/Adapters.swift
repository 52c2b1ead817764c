import CertificateAuthority
import Logging
import ME
import MSSCore
import MSSRuntime

/// The CA, as the management entity asks for it.
struct CMPAuthority: ME.CertificateAuthority {
    let client: CMPClient

    func certificate(
        for key: ProvenKey,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> [UInt8] {
        try await client.certificate(for: key, until: deadline)
    }
}

/// The audit file, as the management entity writes to it.
struct FileAudit: RegistrationAudit {
    let file: AuditFile

    func record(
        _ operation: RegistrationOperation,
        phase: String,
        call: Call,
        outcome: String?
    ) async throws {
        var details = Self.key(of: operation)
        details["subject"] = "\(Self.subject(of: operation), as: .mobileUser)"
        try await file.record(
            AuditEntry(act: operation.name.rawValue, phase: phase, outcome: outcome, call: call, details: details)
        )
    }

    private static func subject(of operation: RegistrationOperation) -> MSISDN {
        switch operation {
        case .importSIMCard(let card): card.msisdn
        case .createMobileUser(let user): user.msisdn
        case .activateMobileUser(let activation), .generateKey(let activation): activation.msisdn
        case .installCertificate(let msisdn, _, _), .getMobileUser(let msisdn), .deactivateMobileUser(let msisdn),
            .setNoSpamCode(let msisdn, _):
            msisdn
        }
    }

    /// Which key is made, and what it signs with.
    private static func key(of operation: RegistrationOperation) -> Logger.Metadata {
        switch operation {
        case .activateMobileUser(let activation), .generateKey(let activation):
            [
                "key": "\(activation.keyUse.rawValue, as: .open)",
                "algorithm": "\(activation.algorithm.rawValue, as: .open)",
            ]
        default: [:]
        }
    }
}
