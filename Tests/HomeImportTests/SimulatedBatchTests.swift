import Alauda
import Crypto
import Foundation
import HomeMSSP
import HomeStore
import KeyVault
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Simulation
import Testing

@testable import HomeMSSPService

/// The simulator's own batch file, imported, and its cards behind the vault: what one writes the other reads.
@Suite("The simulator's batch")
struct SimulatedBatchTests {
    private static let code = "47114711"
    private static let pin = "482916"

    @Test("is imported, and a card of it makes a key and signs", arguments: [nil, "3des-2", "3des-3"])
    func signs(_ legacy: String?) async throws {
        let algorithm = legacy.flatMap { OTAAlgorithm(rawValue: $0) }
        let permissions = algorithm.flatMap {
            LegacyPermission(batch: "simulated", algorithm: $0, lastDay: "2099-12-31")
        }
        let fixture = try await ImportFixture(legacy: permissions.map { [$0] } ?? [])
        let series = CardSeries(seed: CardSeed(), count: 3, firstMSISDN: 358_401_000_001, legacy: legacy)
        let file = try Self.file(of: series)
        let outcome = try await fixture.take(file, .allOrNone, name: "simulated")
        #expect(outcome.progress == CardImport.Progress(rows: 3, kept: 3, refused: 0) && outcome.refused.isEmpty)

        let record = try #require(series.card(1))
        let subscriber = try await Self.subscriber(record.msisdn, fixture)
        #expect(subscriber.card.security.records.first?.algorithm == algorithm ?? .aes128)
        var card = try Card(record)
        var exchange = Exchange(fixture: fixture, subscriber: subscriber)
        let code = try #require(VerifyCode(Self.code))
        let made = try exchange.ask(
            .generate(
                GenerateCommand(
                    transaction: .random(),
                    key: 1,
                    algorithm: .p256,
                    code: code.digits,
                    pinPolicy: .standard
                )
            ),
            &card,
            .activation(code: Self.code, pin: Self.pin)
        )
        #expect(made.status == .ok)
        let key = try P256.Signing.PublicKey(x963Representation: try #require(made.publicKey))
        let command = SignCommand(
            transaction: .random(),
            key: 1,
            algorithm: .p256,
            head: try CardText("Pankki"),
            text: try CardText("Sign this"),
            form: []
        )
        let signed = try exchange.ask(.sign(command), &card, .pin(Self.pin))
        #expect(signed.status == .ok)
        let signature = try P256.Signing.ECDSASignature(rawRepresentation: try #require(signed.signature))
        #expect(key.isValidSignature(signature, for: Array("Sign this".utf8)))
    }

    @Test("in the clear is refused: keys come under a transport key or not at all")
    func clear() async throws {
        let fixture = try await ImportFixture()
        let series = CardSeries(seed: CardSeed(), count: 2, firstMSISDN: 358_401_000_001)
        let outcome = try await fixture.take(try Self.file(of: series, isWrapped: false), .keepGood)
        #expect(outcome.refused == [2: "kic is not what this column holds", 3: "kic is not what this column holds"])
        #expect(try await fixture.count("cards") == 0)
    }

    private static func file(of series: CardSeries, isWrapped: Bool = true) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let key = folder.path("transport-key")
        try Data(Hexadecimal.text(BatchSample.transportKey).utf8).write(to: URL(filePath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        let batch = folder.path("batch.csv")
        try Personaliser(series).writeBatch(
            to: batch,
            transportKey: isWrapped ? try Simulation.TransportKey(file: key) : nil
        )
        return [UInt8](try Data(contentsOf: URL(filePath: batch)))
    }

    private static func subscriber(_ digits: String, _ fixture: ImportFixture) async throws -> Subscriber {
        let msisdn = try #require(MSISDN(digits))
        let registrations = RegistrationTable(
            pool: Pool(fixture.database.service, size: 1),
            authenticator: fixture.rowCodes
        )
        try await registrations.insertUser(
            MobileUserCreation(msisdn: msisdn, givenName: "Aino", surName: "Virtanen", language: "fi"),
            serialNumber: "MSSP1",
            by: Sample.act()
        )
        return try #require(try await fixture.directory().subscriber(msisdn, until: .now + .seconds(10)))
    }
}

/// Commands of the vault to a simulated card and its answers back, by the short messages of both.
private struct Exchange {
    let fixture: ImportFixture
    let subscriber: Subscriber
    var counter: UInt32 = 0

    init(fixture: ImportFixture, subscriber: Subscriber) {
        self.fixture = fixture
        self.subscriber = subscriber
    }

    mutating func ask(_ message: DownMessage, _ card: inout Card, _ reply: Card.Reply) throws -> UpMessage {
        counter += 1
        let security = subscriber.card.security
        let sealed = try fixture.vault.seal(
            message,
            records: security.records,
            iccid: subscriber.card.iccid,
            tar: security.tar,
            counters: SpentCounters(packet: UInt64(counter), frame: counter)
        )
        var answer: [[UInt8]]?
        for segment in try sealed.segments(reference: UInt8(counter)) {
            if case .ask(let question) = card.receive(segment) { answer = card.answer(question, with: reply) }
        }
        let parts = try (try #require(answer)).map { try UserData($0) }
        var packet = try #require(parts.first).octets
        if parts.count > 1 {
            guard case .complete(_, let whole) = try Reassembly.whole(of: parts.map(\.stored)) else {
                throw Incomplete()
            }
            packet = whole
        }
        return try fixture.vault.open(
            try ResponsePacket(packet),
            records: security.records,
            iccid: subscriber.card.iccid
        ).message
    }

    struct Incomplete: Error {}
}
