import Foundation

extension ProviderEntry {
    /// The entry of a provider; what is as it is without a key has none.
    public init(_ provider: ApplicationProvider) {
        id = provider.id
        name = provider.displayName
        identities = provider.identities.map(\.uri).sorted()
        acquiringEntities = provider.acquiringEntities.map(\.uri).sorted()
        separateDisplay = provider.showsOtherwise ? true : nil
        digests = provider.signsDigests ? true : nil
        preciseStatus = provider.wantsPreciseStatus ? true : nil
        signatures = provider.signatures == [.cms] ? nil : provider.signatures.map(\.rawValue)
        profiles = provider.readsProfiles ? true : nil
        let known = provider.certificates.sorted { $0.sha256 < $1.sha256 }.map { Certificate($0) }
        certificates = known.isEmpty ? nil : known
        let signing = provider.messageCertificates.map { Data($0).base64EncodedString() }.sorted()
        messageCertificates = signing.isEmpty ? nil : signing
        let allowance = provider.allowance
        textPrefix = allowance.textPrefix
        signatureProfiles = allowance.signatureProfiles?.sorted()
        personAttributes = provider.personAttributes.isEmpty ? nil : provider.personAttributes.map(\.rawValue).sorted()
        // Whom something is told has the service by that.
        let named = provider.services.subtracting([.personIdentity]).map(\.rawValue)
        services = named.isEmpty ? nil : named.sorted()
        modes = allowance.modes?.map(\.rawValue).sorted()
        numbers = allowance.numbers?.map(\.description)
        let targets = provider.notificationTargets.map(\.description).sorted()
        notify = targets.isEmpty ? nil : targets
        notifySOAP = provider.notificationSOAP == .v12 ? nil : provider.notificationSOAP.rawValue
        requestsPerSecond = provider.limits.perSecond
        signaturesAtOnce = provider.limits.signaturesAtOnce
        rules = provider.rules == .etsi ? nil : provider.rules.rawValue
        twoLevelFaults = provider.wantsSpecifiers == provider.rules.tellsSpecifiers ? nil : provider.wantsSpecifiers
        traceInAnswers = provider.wantsTrace ? true : nil
        alwaysValidate = provider.alwaysValidates ? true : nil
        sandbox = provider.isSandbox ? true : nil
    }

    /// The provider that the entry describes.
    ///
    /// - Throws: ``EntryProblem`` with what is wrong first.
    public func provider() throws(EntryProblem) -> ApplicationProvider {
        guard (3...128).contains(id.utf8.count) else { throw problem("id", "must have 3 to 128 octets") }
        for (key, list) in [("identities", identities), ("acquiring_entities", acquiringEntities)] {
            guard list.allSatisfy({ (1...512).contains($0.utf8.count) }) else {
                throw problem(key, "must be URIs of 1 to 512 octets")
            }
        }
        guard messageCertificateFiles == nil else { throw problem("message_certificate_files", "must have been read") }
        guard certificateFiles == nil else { throw problem("certificate_files", "must have been read") }
        let rules = try ruleSet()
        let attributes = try attributes()
        return ApplicationProvider(
            id: id,
            identities: Set(identities.map { PeerIdentity(uri: $0) }),
            acquiringEntities: Set(acquiringEntities.map { PeerIdentity(uri: $0) }),
            displayName: name,
            showsOtherwise: separateDisplay ?? false,
            signsDigests: digests ?? false,
            wantsPreciseStatus: preciseStatus ?? false,
            signatures: try kinds(),
            readsProfiles: profiles ?? false,
            services: try offered(telling: attributes).union(rules.requiredServices),
            certificates: try registered(),
            allowance: try allowed(),
            limits: try limits(),
            notificationTargets: try targets(),
            notificationSOAP: try notificationVersion(),
            rules: rules,
            wantsSpecifiers: twoLevelFaults,
            wantsTrace: traceInAnswers ?? false,
            alwaysValidates: alwaysValidate ?? false,
            isSandbox: sandbox ?? false,
            messageCertificates: try signing(),
            personAttributes: attributes
        )
    }

    /// Rules that the rest of the entry contradicts would refuse each request.
    private func ruleSet() throws(EntryProblem) -> ProviderRules {
        guard let rules else { return .etsi }
        guard let set = ProviderRules(rawValue: rules) else {
            throw problem("rules", "is \(rules): it must be \(Self.names(ProviderRules.self))")
        }
        for (key, isSet) in [("separate_display", separateDisplay), ("digests", digests)] {
            guard !(set.refusesDisplayed && isSet ?? false) else {
                throw problem(key, "cannot be with the rules \(rules), which have nothing shown but what is signed")
            }
        }
        guard textPrefix != nil || !set.wantsPrefix else {
            throw problem("text_prefix", "is missing: the rules \(rules) want one")
        }
        return set
    }

    /// The first is what #PKCS7 gives, so it must be a CMS.
    private func kinds() throws(EntryProblem) -> [SignatureKind] {
        let kinds = try read(signatures ?? ["cms"], "signatures", Self.names(SignatureKind.self)) {
            SignatureKind(rawValue: $0)
        }
        guard let first = kinds.first, first.structure != .pkcs1 else {
            throw problem("signatures", "must begin with a CMS, such as cms")
        }
        return kinds
    }

    /// Validation is everybody's; personIdentity theirs who are told something by it.
    private func offered(
        telling attributes: Set<PersonAttribute>
    ) throws(EntryProblem) -> Set<AdditionalService.Name> {
        let known = AdditionalService.Name.allCases.filter { $0 != .validate }
        let must = "one of " + known.map(\.rawValue).joined(separator: ", ")
        let named = Set(try read(services ?? [], "services", must) { name in known.first { $0.rawValue == name } })
        guard attributes.isEmpty else { return named.union([.personIdentity]) }
        guard !named.contains(.personIdentity) else {
            throw problem("services", "has personIdentity, which tells nothing without person_attributes")
        }
        return named
    }

    private func attributes() throws(EntryProblem) -> Set<PersonAttribute> {
        guard let personAttributes else { return [] }
        guard !personAttributes.isEmpty else { throw problem("person_attributes", "must name one, or be left out") }
        return Set(
            try read(personAttributes, "person_attributes", Self.names(PersonAttribute.self)) {
                PersonAttribute(rawValue: $0)
            }
        )
    }

    private func registered() throws(EntryProblem) -> Set<ProviderCertificate> {
        guard let certificates else { return [] }
        // None at all would let every certificate in.
        guard !certificates.isEmpty else { throw problem("certificates", "must hold one, or be left out") }
        var registered: Set<ProviderCertificate> = []
        for entry in certificates {
            guard let end = try? Date(entry.expires, strategy: .iso8601),
                let certificate = ProviderCertificate(sha256: entry.sha256, expires: end)
            else { throw problem("certificates", "must be of sha256 (64 digits) and expires (2027-05-01T00:00:00Z)") }
            registered.insert(certificate)
        }
        return registered
    }

    /// Whose keys they are is looked at where signatures are verified.
    private func signing() throws(EntryProblem) -> Set<[UInt8]> {
        guard let messageCertificates else { return [] }
        let read = messageCertificates.compactMap { Data(base64Encoded: $0).map { [UInt8]($0) } }
        guard (1...8).contains(read.count), read.count == messageCertificates.count,
            read.allSatisfy({ (1...8_192).contains($0.count) })
        else { throw problem("message_certificates", "must be one to eight certificates in base64, or be left out") }
        return Set(read)
    }

    private func allowed() throws(EntryProblem) -> ProviderAllowance {
        if let textPrefix, !(1...100).contains(textPrefix.utf8.count) {
            throw problem("text_prefix", "must have 1 to 100 octets")
        }
        var allowance = ProviderAllowance(textPrefix: textPrefix)
        allowance.signatureProfiles = signatureProfiles.map { Set($0) }
        if let modes {
            allowance.modes = Set(
                try read(modes, "modes", Self.names(MessagingMode.self)) { MessagingMode(rawValue: $0) }
            )
        }
        if let numbers {
            allowance.numbers = try read(numbers, "numbers", "+ and digits, or two such and .. between them") {
                NumberRange($0)
            }
        }
        return allowance
    }

    private func limits() throws(EntryProblem) -> RequestLimits {
        for (key, limit) in [("requests_per_second", requestsPerSecond), ("signatures_at_once", signaturesAtOnce)] {
            guard limit.map({ (1...100_000).contains($0) }) ?? true else { throw problem(key, "must be 1 to 100000") }
        }
        return RequestLimits(perSecond: requestsPerSecond, signaturesAtOnce: signaturesAtOnce)
    }

    private func targets() throws(EntryProblem) -> Set<NotificationTarget> {
        Set(try read(notify ?? [], "notify", "https://host:port/path without a query") { NotificationTarget($0) })
    }

    private func notificationVersion() throws(EntryProblem) -> SOAPVersion {
        guard let notifySOAP else { return .v12 }
        guard let version = SOAPVersion(rawValue: notifySOAP) else {
            throw problem("notify_soap", "is \(notifySOAP): it must be \(Self.names(SOAPVersion.self))")
        }
        return version
    }

    private func read<Value>(
        _ texts: [String],
        _ key: String,
        _ must: String,
        _ make: (String) -> Value?
    ) throws(EntryProblem) -> [Value] {
        var values: [Value] = []
        for text in texts {
            guard let value = make(text) else {
                throw problem(key, "has \(text): each must be \(must)")
            }
            values.append(value)
        }
        return values
    }

    private static func names<Kind: CaseIterable & RawRepresentable<String>>(_ kind: Kind.Type) -> String {
        "one of " + kind.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private func problem(_ key: String, _ problem: String) -> EntryProblem { EntryProblem(key, of: id, problem) }
}
