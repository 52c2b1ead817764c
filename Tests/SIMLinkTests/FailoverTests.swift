import Logging
import MSSCore
import MSSTestSupport
import NIOSSL
import OTA
import SMPP
import Synchronization
import Testing

@testable import SIMLink

@Suite("Several message centres", .timeLimit(.minutes(1)))
struct FailoverTests {
    private var soon: ContinuousClock.Instant { .now + .seconds(20) }

    private func octets(_ unit: PDU) throws -> [UInt8] {
        guard case .submit(let message) = unit.body else { throw ScriptedCentre.Ended() }
        return message.shortMessage
    }

    private func accept(_ unit: PDU, _ id: String = "1") -> PDU { PDU(.submitResponse(id), sequence: unit.sequence) }

    @Test("commands go by the first, by the second while it is away, and by the first again")
    func priority() async throws {
        try await RunningCentre.run(centres: 2) { centre in
            let first = try await centre.centres[0].boundLink()
            let second = try await centre.centres[1].boundLink()
            await centre.isBound(2)
            #expect(centre.link.isBound("one") && centre.link.isBound("two") && !centre.link.isBound("three"))
            async let one = outcome(centre.link, until: soon)
            try await first.write(accept(try await first.next()))
            #expect(await one == nil)
            try await first.close()
            await centre.tally.wait(for: "simlink_sessions_lost")
            #expect(!centre.link.isBound("one") && centre.link.isBound)
            async let two = outcome(centre.link, until: soon)
            try await second.write(accept(try await second.next()))
            #expect(await two == nil)
            let again = try await centre.centres[0].boundLink()
            await centre.isBound(3)
            async let three = outcome(centre.link, until: soon)
            try await again.write(accept(try await again.next()))
            #expect(await three == nil)
        }
    }

    @Test("what was under way when a link broke goes by the other, the same octets")
    func underWay() async throws {
        try await RunningCentre.run(centres: 2) { centre in
            let first = try await centre.centres[0].boundLink()
            let second = try await centre.centres[1].boundLink()
            await centre.isBound(2)
            async let sent = outcome(centre.link, until: soon)
            let lost = try octets(try await first.next())
            try await first.close()
            let again = try await second.next()
            #expect(try octets(again) == lost)
            try await second.write(accept(again))
            #expect(await sent == nil)
        }
    }

    @Test("a centre in trouble is left for the other; a refusal for good is not carried on")
    func trouble() async throws {
        try await RunningCentre.run(centres: 2) { centre in
            let first = try await centre.centres[0].boundLink()
            let second = try await centre.centres[1].boundLink()
            await centre.isBound(2)
            async let sent = outcome(centre.link, until: soon)
            let unit = try await first.next()
            try await first.write(PDU(.submitResponse(""), sequence: unit.sequence, status: .systemError))
            let again = try await second.next()
            #expect(try octets(again) == (try octets(unit)))
            try await second.write(accept(again))
            #expect(await sent == nil)
            async let refused = outcome(centre.link, until: soon)
            let other = try await first.next()
            try await first.write(PDU(.submitResponse(""), sequence: other.sequence, status: .invalidSource))
            #expect(await refused == .refused("the message centre refused it: ESME_RINVSRCADR (0xA)"))
        }
    }

    @Test("centres of one priority share the commands")
    func shared() async throws {
        try await RunningCentre.run(centres: 2, settings: { $0.priority = 0 }) { centre in
            let first = try await centre.centres[0].boundLink()
            let second = try await centre.centres[1].boundLink()
            await centre.isBound(2)
            async let one = outcome(centre.link, until: soon)
            let unit = try await first.next()
            // The first has something to do.
            async let two = outcome(centre.link, until: soon)
            try await second.write(accept(try await second.next()))
            try await first.write(accept(unit))
            #expect(await one == nil)
            #expect(await two == nil)
        }
    }

    @Test("each centre is spoken to as it is configured")
    func dialects() async throws {
        try await RunningCentre.run(settings: {
            $0.esmClass = 0x43
            $0.dataCoding = 0x04
            $0.receipts = .always
            $0.systemType = "OTA"
        }) { centre in
            let link = try await centre.smsc.link()
            let bind = try await link.next()
            guard case .bindTransceiver(let body) = bind.body else { throw ScriptedCentre.Ended() }
            #expect(body.systemType == "OTA")
            try await link.write(PDU(.bindTransceiverResponse("C"), sequence: bind.sequence))
            await centre.isBound()
            async let sent = outcome(centre.link, until: soon)
            let unit = try await link.next()
            guard case .submit(let message) = unit.body else { throw ScriptedCentre.Ended() }
            #expect(message.esmClass == 0x43 && message.dataCoding == 0x04 && message.registeredDelivery == 1)
            try await link.write(accept(unit))
            #expect(await sent == nil)
        }
    }

    @Test("a receipt that a message failed is told with the transaction it belongs to")
    func receipts() async throws {
        let told = Mutex<[UndeliveredCommand]>([])
        let tell: @Sendable (UndeliveredCommand, MSISDN) async -> Void = { command, _ in
            told.withLock { $0.append(command) }
        }
        try await RunningCentre.run(undelivered: tell) { centre in
            let link = try await centre.smsc.boundLink()
            await centre.isBound()
            async let sent = outcome(centre.link, until: soon, as: "h1-42")
            try await link.write(accept(try await link.next(), "0A1B"))
            #expect(await sent == nil)
            let texts = ["id:9999 stat:UNDELIV", "id:2587 stat:EXPIRED", "id:2587 stat:EXPIRED"]
            for (sequence, text) in zip((50 as UInt32)..., texts) {
                let receipt = Fixtures.uplink(Array(text.utf8), esmClass: ESMClass.deliveryReceipt)
                try await link.write(PDU(.deliver(receipt), sequence: sequence))
                #expect(try await link.next() == PDU(.deliverResponse, sequence: sequence))
            }
            #expect(told.withLock { $0 } == [UndeliveredCommand(transaction: "h1-42", reason: "expired")])
            #expect(centre.tally.counted("simlink_receipts") == 3)
            #expect(centre.tally.counted("simlink_receipts_unknown") == 2)
        }
    }
}

@Suite("TLS to a message centre", .timeLimit(.minutes(1)))
struct SMSCTLSTests {
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority("operator") }

    private func centre(names: [String], by authority: TestAuthority) async throws -> ScriptedCentre {
        let credential = try authority.issue(uris: [], dnsNames: names, for: [.server])
        return try await ScriptedCentre.start(
            tls: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(credential.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: credential.key, format: .pem))
            )
        )
    }

    /// Runs a link to a centre; `bound` is the unit that the centre reads first, if its link gets so far.
    private func run(
        names: [String],
        by issuer: TestAuthority,
        serverName: String? = nil,
        _ body: (ScriptedCentre, CountingTally, CapturedLog) async throws -> Void
    ) async throws {
        let smsc = try await centre(names: names, by: issuer)
        var settings = try Fixtures.settings(port: smsc.port)
        settings.host = "localhost"
        settings.tls = try SMSCTLS(trust: authority.pem, serverName: serverName)
        let tally = CountingTally()
        let log = CapturedLog()
        let link = MessageCentres(
            [settings],
            receive: { _, _ in true },
            tally: tally,
            logger: Logger(label: "test") { _ in log }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await link.run() }
            try await body(smsc, tally, log)
            try await smsc.stop()
            group.cancelAll()
        }
    }

    @Test("a centre whose certificate names its host is bound", arguments: [nil, "smsc.example"] as [String?])
    func bound(name: String?) async throws {
        try await run(names: [name ?? "localhost"], by: authority, serverName: name) { smsc, tally, _ in
            _ = try await smsc.boundLink()
            await tally.wait(for: "simlink_sessions_bound")
        }
    }

    @Test("one of another name, or under another root, hears no password")
    func refused() async throws {
        for (names, issuer) in [(["other.example"], authority), (["localhost"], try TestAuthority("stranger"))] {
            try await run(names: names, by: issuer) { smsc, tally, log in
                let link = try await smsc.link()
                await tally.wait(for: "simlink_sessions_lost")
                #expect(log.text.contains("TLS"))
                await #expect(throws: ScriptedCentre.Ended.self) { try await link.next() }
            }
        }
    }

    @Test("files that hold nothing of use are refused at the start")
    func files() throws {
        #expect(throws: SMSCTLSError(part: "trust")) { try SMSCTLS(trust: Array("x".utf8)) }
        let credential = try authority.issue(uris: [], for: [.client])
        let other = try authority.issue(uris: [], for: [.client])
        #expect(throws: SMSCTLSError(part: "certificate")) {
            try SMSCTLS(trust: authority.pem, credential: (certificate: [1], key: credential.key))
        }
        for key in [[1], other.key] {
            #expect(throws: SMSCTLSError(part: "key")) {
                try SMSCTLS(trust: authority.pem, credential: (certificate: credential.certificate, key: key))
            }
        }
        _ = try SMSCTLS(trust: authority.pem, credential: (certificate: credential.certificate, key: credential.key))
    }
}
