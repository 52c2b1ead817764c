import Alauda
import HomeMSSP
import MSSCore
import MSSTestSupport
import OTA
import Testing

/// What every registration store keeps, with its directory and ledger.
@Suite("A registration store")
struct RegistrationContractTests {
    private let soon = HomeStorage.soon

    @Test("takes a person from the card to the certificate", arguments: Backend.allCases)
    func wholeWay(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        #expect(try await storage.state(card) == .created)
        let generation = Sample.keyGeneration(card)
        _ = try await storage.ledger.begin(generation, until: soon)
        #expect(try await storage.state(card) == .activating)
        #expect(try await storage.ledger.end(generation, with: .provenKey([1, 2]), counter: 1, until: soon))
        #expect(try await storage.state(card) == .proven)
        try await storage.store.installCertificate([3], for: card.msisdn, provenKey: [1, 2], by: Sample.act())
        let subscriber = try #require(try await storage.directory.subscriber(card.msisdn, until: soon))
        #expect(subscriber.user.state == .active)
        #expect(
            subscriber.key(.authentication)
                == SubscriberKey(reference: 1, algorithm: .p256, publicKey: [1, 2], certificate: [3])
        )
        #expect(subscriber.user.certificate == [3])
        #expect(subscriber.user.surName == "Virtanen")
        #expect(subscriber.card.security.records.map(\.sealed) == card.security.records.map(\.sealed))
        #expect(subscriber.card.security.tar == card.security.tar)
        try await storage.store.deactivateUser(card.msisdn, by: Sample.act())
        #expect(try await storage.state(card) == .inactive)
    }

    @Test("refuses a second card, a second person and a person without a card", arguments: Backend.allCases)
    func duplicates(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let other = Sample.imsi(9_999_999)
        #expect(
            try await storeError { try await storage.store.insertCard(card, imsi: other, by: Sample.act()) } == "exists"
        )
        #expect(try await insertUser(card, "MSSP-another", storage) == "exists")
        #expect(try await insertUser(Sample.card(8_888_888), "MSSP-nobody", storage) == "conflict")
        #expect(try await storage.directory.subscriber(Sample.card(8_888_888).msisdn, until: soon) == nil)
    }

    @Test("installs a certificate for the proven key alone, once", arguments: Backend.allCases)
    func certificate(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        #expect(try await install([1, 2], card, storage) == "conflict")
        let generation = Sample.keyGeneration(card)
        _ = try await storage.ledger.begin(generation, until: soon)
        _ = try await storage.ledger.end(generation, with: .provenKey([1, 2]), counter: 1, until: soon)
        #expect(try await install([1, 3], card, storage) == "conflict")
        #expect(try await install([1, 2], card, storage) == nil)
        #expect(try await install([1, 2], card, storage) == "conflict")
    }

    @Test("goes back to a person without key when the card makes none", arguments: Backend.allCases)
    func failedGeneration(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let generation = Sample.keyGeneration(card)
        _ = try await storage.ledger.begin(generation, until: soon)
        _ = try await storage.ledger.end(generation, with: .fault(MSSFault(.userCancel)), counter: 1, until: soon)
        #expect(try await storage.state(card) == .created)
    }

    @Test("leaves a deactivated person as they are when a late key comes", arguments: Backend.allCases)
    func deactivatedMeanwhile(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newSigner()
        try await storage.store.deactivateUser(card.msisdn, by: Sample.act())
        let generation = Sample.keyGeneration(card)
        _ = try await storage.ledger.begin(generation, until: soon)
        #expect(try await storage.state(card) == .inactive)
        #expect(try await storage.ledger.end(generation, with: .provenKey([5]), counter: 2, until: soon))
        let subscriber = try #require(try await storage.directory.subscriber(card.msisdn, until: soon))
        #expect(subscriber.user.state == .inactive)
        #expect(subscriber.key(.authentication)?.publicKey == [1, 2])
    }

    @Test("keeps several keys of a person, each with its certificate and policy", arguments: Backend.allCases)
    func severalKeys(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newSigner()
        for (use, counter) in zip([KeyUse.digests, .nonRepudiation], UInt32(2)...) {
            try await storage.newKey(use, card, counter: counter)
            // The person can go on signing meanwhile.
            #expect(try await storage.state(card) == .active)
            #expect(try await install([1, 2], card, storage, use) == "conflict")
            #expect(try await install([use.reference], card, storage, use) == nil)
            #expect(try await install([use.reference], card, storage, use) == "conflict")
        }
        let subscriber = try #require(try await storage.directory.subscriber(card.msisdn, until: soon))
        let digests = SubscriberKey(reference: 3, algorithm: .p256, publicKey: [3], certificate: [9], policy: .digests)
        #expect(subscriber.key(.digests) == digests)
        #expect(subscriber.key(.nonRepudiation)?.policy == [])
        #expect(subscriber.key(.authentication)?.certificate == [3, 4])
        #expect(subscriber.keys.count == 3)
        #expect(subscriber.user.certificate == [3, 4])
        #expect(subscriber.user.otherCertificates == [.digests: [9], .nonRepudiation: [9]])
    }

    @Test("keeps another key only for a person who is active", arguments: Backend.allCases)
    func otherKeyTooEarly(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        try await storage.newKey(.digests, card, counter: 1)
        let subscriber = try #require(try await storage.directory.subscriber(card.msisdn, until: soon))
        #expect(subscriber.keys.isEmpty)
        #expect(try await install([3], card, storage, .digests) == "conflict")
    }

    private func insertUser(_ card: CardReference, _ serial: String, _ storage: HomeStorage) async throws -> String? {
        try await storeError {
            try await storage.store.insertUser(Sample.person(card), serialNumber: serial, by: Sample.act())
        }
    }

    private func install(
        _ key: [UInt8],
        _ card: CardReference,
        _ storage: HomeStorage,
        _ use: KeyUse = .authentication
    ) async throws -> String? {
        try await storeError {
            try await storage.store.installCertificate([9], for: card.msisdn, use, provenKey: key, by: Sample.act())
        }
    }
}
