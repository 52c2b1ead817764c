import MSSCore

/// What a provider is told of a mobile user who signs nothing now.
///
/// Without the entitlement whoever cannot sign, for whatever reason, is unknown: nobody finds out by asking who has left,
/// or whose PIN is blocked.
struct ProfileAnswer {
    let subscriber: Subscriber?
    let provider: ApplicationProvider
    let evidence: any SignatureEvidence

    /// - Throws: 105/1052 for nobody, and without the entitlement for everybody who cannot sign now; 403 or 404 for an
    ///   entitled provider.
    func sim(for request: ProfileRequest) throws(MSSFault) -> (profiles: [String], sim: ProfileResponse.SIM) {
        guard let subscriber else { throw unknown }
        let keys = subscriber.keys.filter { $0.certificate != nil }
        let usable = keys.filter { $0.certificate.flatMap { evidence.refusal(of: $0) } == nil }
        guard provider.readsProfiles else {
            let isAble = subscriber.user.state == .active && !usable.isEmpty && keys.allSatisfy { $0.pinBlocked == nil }
            guard isAble else { throw unknown }
            return (
                usable.flatMap { profiles($0) }, ProfileResponse.SIM(state: request.asks(for: .state) ? .active : nil)
            )
        }
        switch subscriber.user.state {
        case .active: break
        case .inactive: throw MSSFault(.cardBlocked, "Mobile user account has state INACTIVE.")
        case .created, .activating, .proven:
            throw MSSFault(.noKeyFound, "Mobile user account needs to be activated.", specifier: 4041)
        }
        let blocked = keys.compactMap(\.pinBlocked).max()
        return (
            usable.flatMap { profiles($0) },
            ProfileResponse.SIM(
                state: request.asks(for: .state) ? (usable.isEmpty ? .inactive : .active) : nil,
                pin: request.asks(for: .pinstatus)
                    ? ProfileResponse.PINStatus(isBlocked: blocked != nil, told: blocked) : nil,
                certificates: request.asks(for: .certs) ? keys.compactMap { certificate($0) } : []
            )
        )
    }

    private func profiles(_ key: SubscriberKey) -> [String] {
        KeyUse(reference: key.reference).map { KeyChoice.profiles(of: $0) } ?? []
    }

    private func certificate(_ key: SubscriberKey) -> ProfileResponse.Certificate? {
        guard let subscriber, let der = key.certificate else { return nil }
        let subject = subscriber.certificateSubject
        return ProfileResponse.Certificate(
            der: der,
            subject: "SERIALNUMBER=\(subject.serialNumber),CN=\(subject.commonName)",
            state: evidence.refusal(of: der) == nil ? .active : .inactive,
            algorithm: KeyAlgorithm.allCases.first { $0.onCard == key.algorithm }?.rawValue ?? "",
            signatureProfiles: profiles(key)
        )
    }

    private var unknown: MSSFault {
        MSSFault(.unknownClient, "MSISDN is unknown to this platform.", specifier: 1052)
    }
}
