public import MSSCore

/// Who may call what at the management entity; who is not named may call nothing.
public struct Roles: Sendable {
    private let registrationAgents: Set<PeerIdentity>

    public init(registrationAgents: Set<PeerIdentity>) {
        self.registrationAgents = registrationAgents
    }

    /// The operations of a registration agent; `GenerateKey` and `InstallCertificate` are the entity's own.
    private static let agentOperations: Set<RegistrationOperation.Name> = [
        .importSIMCard, .createMobileUser, .activateMobileUser, .getMobileUser, .deactivateMobileUser,
        .setNoSpamCode,
    ]

    func mayCall(_ peer: PeerIdentity, _ operation: RegistrationOperation.Name) -> Bool {
        registrationAgents.contains(peer) && Self.agentOperations.contains(operation)
    }
}
