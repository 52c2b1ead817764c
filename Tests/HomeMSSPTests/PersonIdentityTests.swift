import MSSCore
import MSSTestSupport
import Testing

@testable import HomeMSSP

@Suite("What a provider is told of the signer")
struct PersonIdentityTests {
    private static func provider(_ attributes: Set<PersonAttribute>) -> ApplicationProvider {
        var provider = Sample.provider
        provider.personAttributes = attributes
        provider.services = attributes.isEmpty ? [] : [.personIdentity]
        return provider
    }

    private static let known: [PersonAttribute] = [.givenName, .surName, .subject, .validUntil]
    private static let uri = "http://mss.ficom.fi/TS102204/v1.0.0#personIdentity"

    private func request(_ stage: Stage, _ names: [String], id: String = "q[1] ?") -> SignatureRequest {
        var request = Sample.signature(msisdn: stage.card.msisdn.description)
        request.additionalServices = [
            AdditionalService(uri: Self.uri, query: AttributeQuery(id: id, names: names))
        ]
        return request
    }

    private func fault(_ stage: Stage, _ request: SignatureRequest) async -> String? {
        await MSSTestSupport.fault { () async throws(MSSFault) in _ = try await stage.sign(request) }
    }

    @Test("is what was asked for, of the certificate first and else of the registration, for this provider alone")
    func told() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider(Set(Self.known)))
        let request = request(stage, Self.known.map(\.uri))
        let response = try await stage.sign(request)
        #expect(response.serviceResponses.map(\.content) == [.personIdentity([1])])
        #expect(response.serviceResponses.map(\.uri) == [Self.uri])
        let said = try #require(stage.persons.all.first)
        #expect(said.id == "q[1] ?" && said.issuer == "http://home.test.mssp" && said.audience == Sample.apID)
        #expect(said.transaction.description == response.transactionID && said.extent == .ok)
        #expect(
            said.values == [
                PersonIdentity.Value(.givenName, "Aino"), PersonIdentity.Value(.surName, "Ñandú"),
                PersonIdentity.Value(.subject, "serialNumber=MSSP1,CN=MSSP1"),
                PersonIdentity.Value(.validUntil, "2027-01-15T08:00:00Z"),
            ]
        )
        #expect(stage.tally["home_person_identities outcome=ok"] == 1)
        // Asked again, by a status query and by the same request, it is signed again over the same.
        let status = try await stage.status(response.transactionID)
        #expect(status.serviceResponses.map(\.content) == [.personIdentity([2])])
        #expect(try await stage.sign(request).serviceResponses.map(\.content) == [.personIdentity([3])])
        #expect(stage.persons.all.allSatisfy { $0 == said })
        #expect(!"\(said)".contains("Aino") && !String(reflecting: said).contains("Aino"))
        #expect(stage.log.unclassified.isEmpty)
    }

    @Test(
        "leaves out what is not permitted, not known or nobody's name, and says so by its status",
        arguments: [
            (["givenName", "hetu"], PersonIdentity.Extent.partialFailure, ["givenName"]),
            (["givenName", "subject"], .partialFailure, ["givenName"]), (["hetu"], .failure, []),
            (["subject"], .failure, []), (["surName", "surName"], .ok, ["surName"]), (["shoeSize"], .failure, []),
            (["surName", "shoeSize"], .partialFailure, ["surName"]),
            // Without a name all that may be told is asked for: of that hetu is not known.
            ([], .partialFailure, ["givenName", "surName"]),
        ]
    )
    func extent(_ names: [String], _ extent: PersonIdentity.Extent, _ told: [String]) async throws {
        let stage = try await Stage.withSigner(provider: Self.provider([.givenName, .surName, .hetu]))
        _ = try await stage.sign(request(stage, names.map { PersonAttribute.namespace + $0 }))
        let said = try #require(stage.persons.all.first)
        #expect(said.extent == extent && said.values.map(\.attribute.rawValue) == told)
    }

    @Test("knows a name by its whole URI alone")
    func names() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider([.givenName]))
        _ = try await stage.sign(request(stage, ["givenName", "urn:x#givenName", PersonAttribute.namespace]))
        #expect(stage.persons.all.first?.extent == .failure)
    }

    @Test("is refused to whom its entry tells nothing, and to whom asks nothing; nobody is asked")
    func refused() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider([]))
        #expect(await fault(stage, request(stage, [PersonAttribute.givenName.uri])) == "104/1045")
        let entitled = try await Stage.withSigner(provider: Self.provider([.givenName]))
        var without = request(entitled, [])
        without.additionalServices = [AdditionalService(uri: Self.uri)]
        #expect(await fault(entitled, without) == "102")
        var twice = request(entitled, [])
        twice.additionalServices += twice.additionalServices
        #expect(await fault(entitled, twice) == "101")
        entitled.persons.fail(with: MSSFault(.unableToProvideServices))
        #expect(await fault(entitled, request(entitled, [])) == "780")
        #expect(!stage.chronicle.all.contains("sent") && !entitled.chronicle.all.contains("sent"))
    }

    @Test("cannot be signed once the user has signed: the signature is told all the same, and the rest when it can be")
    func unsigned() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider([.givenName]))
        let response = try await stage.sign(request(stage, []))
        stage.persons.fail(with: MSSFault(.internalError, cause: "sealed"))
        let status = try await stage.status(response.transactionID)
        #expect(status.signature == response.signature)
        #expect(status.serviceResponses.map(\.content) == [.status(.unableToProvideServices)])
        #expect(stage.tally["home_person_identities outcome=unsigned"] == 1 && stage.log.unclassified.isEmpty)
        stage.persons.fail(with: nil)
        #expect(
            try await stage.status(response.transactionID).serviceResponses.map(\.content) == [.personIdentity([2])]
        )
    }

    @Test("is asked in another way by another request of the same name")
    func repetition() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider(Set(Self.known)))
        let request = request(stage, [PersonAttribute.givenName.uri])
        _ = try await stage.sign(request)
        for change in [AttributeQuery(id: "other", names: [PersonAttribute.givenName.uri]), nil] {
            var other = request
            other.additionalServices[0].query = change ?? AttributeQuery(id: "q[1] ?", names: [])
            #expect(await fault(stage, other) == "101")
        }
    }
}

@Suite("What was asked of a signer, as a transaction's row holds it")
struct PersonQuestionTests {
    private static let all = PersonAttribute.allCases
    private static let profiles = "http://mss.ficom.fi/TS102206/v1.0.0/"

    private func question(_ names: [PersonAttribute], profile: String?) -> PersonQuestion {
        let query = AttributeQuery(id: "q", names: names.map(\.uri))
        let profile = profile.map { Self.profiles + $0 + "-profile.xml" }
        return PersonQuestion(query, permitted: Set(Self.all), profile: profile, certificate: [1])
    }

    @Test("is nothing with a consent, and of an anonymous signature nothing that names anybody")
    func profiles() {
        for names in [[], Self.all] {
            let consent = question(names, profile: "consent")
            #expect(consent.attributes.isEmpty && consent.isReduced)
            let anonymous = question(names, profile: "anonymous")
            #expect(anonymous.attributes == [.age, .ageClass, .gender] && anonymous.isReduced)
            for profile in ["authentication", "signature", nil] {
                let whole = question(names, profile: profile)
                #expect(whole.attributes == Self.all && !whole.isReduced)
            }
        }
        let some = question([.gender], profile: "anonymous")
        #expect(some.attributes == [.gender] && !some.isReduced)
    }

    @Test("is of one certificate alone")
    func signer() {
        let question = question([], profile: nil)
        #expect(question.isSigner([1]) && !question.isSigner([2]) && !question.isSigner([]))
    }

    @Test("is read as it was written; without octets, with more or with others it is never the same, and never a trap")
    func octets() {
        let question = PersonQuestion(
            id: "java.util[a=\"b\"] €",
            attributes: [.givenName, .validUntil],
            isReduced: true,
            signer: [UInt8](repeating: 7, count: 32)
        )
        let octets = question.octets
        #expect(PersonQuestion(octets) == question)
        for count in 0..<octets.count { #expect(PersonQuestion(Array(octets[..<count])) != question, "\(count)") }
        #expect(PersonQuestion(octets + [0]) == nil)
        for index in octets.indices {
            for bit in 0..<8 {
                var changed = octets
                changed[index] ^= 1 << bit
                #expect(PersonQuestion(changed) != question, "\(index)")
            }
        }
        #expect(PersonQuestion([]) == nil && PersonQuestion([UInt8](repeating: 0xFF, count: 4)) == nil)
    }
}
