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
        // Each certificate is judged once: that may cost a look at its whole path.
        let keys = subscriber.keys.compactMap { key in
            key.certificate.map { Judged(key: key, certificate: $0, isUsable: evidence.refusal(of: $0) == nil) }
        }
        let usable = keys.filter(\.isUsable)
        guard provider.readsProfiles else {
            let isAble =
                subscriber.user.state == .active && !usable.isEmpty && keys.allSatisfy { $0.key.pinBlocked == nil }
            guard isAble else { throw unknown }
            return (
                usable.flatMap { profiles($0.key) },
                ProfileResponse.SIM(state: request.asks(for: .state) ? .active : nil)
            )
        }
        switch subscriber.user.state {
        case .active: break
        case .inactive: throw MSSFault(.cardBlocked, "Mobile user account has state INACTIVE.")
        case .created, .activating, .proven:
            throw MSSFault(.noKeyFound, "Mobile user account needs to be activated.", specifier: 4041)
        }
        let blocked = keys.compactMap(\.key.pinBlocked).max()
        return (
            usable.flatMap { profiles($0.key) },
            ProfileResponse.SIM(
                state: request.asks(for: .state) ? (usable.isEmpty ? .inactive : .active) : nil,
                pin: request.asks(for: .pinstatus)
                    ? ProfileResponse.PINStatus(isBlocked: blocked != nil, told: blocked) : nil,
                certificates: request.asks(for: .certs) ? keys.map { told($0, subscriber.certificateSubject) } : []
            )
        )
    }

    private func profiles(_ key: SubscriberKey) -> [String] {
        KeyUse(reference: key.reference).map { KeyChoice.profiles(of: $0) } ?? []
    }

    /// A key with a certificate, and whether it can sign now.
    private struct Judged {
        var key: SubscriberKey
        var certificate: [UInt8]
        var isUsable: Bool
    }

    private func told(_ judged: Judged, _ subject: CertificateSubject) -> ProfileResponse.Certificate {
        ProfileResponse.Certificate(
            der: judged.certificate,
            subject: "SERIALNUMBER=\(subject.serialNumber),CN=\(subject.commonName)",
            state: judged.isUsable ? .active : .inactive,
            algorithm: KeyAlgorithm.allCases.first { $0.onCard == judged.key.algorithm }?.rawValue ?? "",
            signatureProfiles: profiles(judged.key),
            issuers: evidence.issuers(of: judged.certificate)
        )
    }

    private var unknown: MSSFault {
        .unknownNumber
    }
}
