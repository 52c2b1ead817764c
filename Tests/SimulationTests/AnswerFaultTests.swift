import Alauda
import OTA
import Synchronization
import Testing

@testable import Simulation

/// What the home sees of each behaviour, below the message centre.
@Suite(.timeLimit(.minutes(1)))
struct AnswerFaultTests {
    /// What came of a command: the phone's acknowledgement of its last short message, and what it sent.
    private struct Outcome {
        var acknowledgement: HandsetAcknowledgement
        var sent: [[UInt8]]
        var took: Duration
    }

    private final class Sent: Sendable {
        let messages = Mutex<[[UInt8]]>([])
    }

    /// One card with a key, whose person then does as is said.
    private final class Bench {
        let phones: Phones
        var home = HomeSide()
        private let sent = Sent()

        init(_ behaviour: Behaviour, thinking: Latency = .none) async throws {
            var record = HomeSide.record
            record.behaviour = behaviour
            var settings = Phones.Settings()
            settings.thinking = thinking
            phones = try Phones([record], settings)
            let made = try await tell(HomeSide.generate())
            #expect(try home.open(made.sent).message.status == .ok)
        }

        /// Sends a command; waits a little for what comes later, if something is expected.
        func tell(_ message: DownMessage, expecting count: Int = 0) async throws -> Outcome {
            sent.messages.withLock { $0 = [] }
            let start = ContinuousClock.now
            let sent = sent
            var acknowledgement = HandsetAcknowledgement.delivered
            for userData in try home.segments(message) {
                let down = ShortMessage(
                    source: "4444",
                    destination: HomeSide.record.msisdn,
                    protocolID: 0x7F,
                    dataCoding: 0xF6,
                    hasUserDataHeader: true,
                    userData: userData
                )
                acknowledgement = await phones.receive(down) { message in
                    sent.messages.withLock { $0.append(message.userData) }
                }
            }
            while sent.messages.withLock({ $0.count }) < count { try await Task.sleep(for: .milliseconds(1)) }
            return Outcome(acknowledgement: acknowledgement, sent: sent.messages.withLock { $0 }, took: .now - start)
        }
    }

    @Test("the applet's STATUS is what the number says, without a signature", arguments: UInt8(1)...17)
    func statuses(_ octet: UInt8) async throws {
        let bench = try await Bench(.status(octet))
        for _ in 0..<2 {
            let outcome = try await bench.tell(try HomeSide.sign("Pay?"))
            let answer = try bench.home.open(outcome.sent).message
            #expect(answer.kind == .sign && answer.status.octet == octet && answer.signature == nil)
            #expect(answer.triesLeft == (octet == 3 ? 0 : nil) && outcome.acknowledgement == .delivered)
        }
        let status = try await bench.tell(.status(.random()))
        #expect(try bench.home.open(status.sent).message.status == .ok)
    }

    @Test(
        "a Response Packet stands in the applet's place, with the command's TAR and counter",
        arguments: UInt8(1)...12
    )
    func receipts(_ status: UInt8) async throws {
        let bench = try await Bench(.fault(.receipt(status)))
        let transaction = WPKITransaction.random()
        let outcome = try await bench.tell(try HomeSide.sign("Pay?", transaction: transaction))
        let first = try ResponsePacket(try HomeSide.whole([try #require(outcome.sent.first)]))
        #expect(first.status == status && first.data.isEmpty && first.counter == bench.home.packetCounter)
        #expect(first.tar.octets == bench.home.tar)
        if [8, 11, 12].contains(status) {
            #expect(try bench.home.open(Array(outcome.sent.dropFirst())).message.status == .ok)
        } else {
            #expect(outcome.sent.count == 1)
            // The framework that refused the command refuses REPEAT as well.
            let again = try await bench.tell(.repeatLast(transaction))
            let second = try ResponsePacket(try HomeSide.whole([try #require(again.sent.first)]))
            #expect(again.sent.count == 1 && second.status == status && second.data.isEmpty)
        }
    }

    @Test(
        "the message centre learns that the request was given up, and the card says nothing",
        arguments: [(.undeliverable, .undeliverable), (.expired, .expired)]
            as [(AnswerFault, HandsetAcknowledgement)]
    )
    func givenUp(_ fault: AnswerFault, _ acknowledgement: HandsetAcknowledgement) async throws {
        let bench = try await Bench(.fault(fault), thinking: .fixed(50))
        let transaction = WPKITransaction.random()
        for command in [try HomeSide.sign("Pay?", transaction: transaction), .repeatLast(transaction)] {
            let outcome = try await bench.tell(command)
            #expect(outcome.acknowledgement == acknowledgement && outcome.sent.isEmpty)
        }
        #expect(try await bench.tell(.status(.random())).acknowledgement == .delivered)
    }

    @Test("REPEAT fetches a lost answer; a card that never answers does not answer to REPEAT either")
    func silence() async throws {
        for fault in [AnswerFault.lostAnswer, .noAnswer] {
            let bench = try await Bench(.fault(fault))
            let transaction = WPKITransaction.random()
            #expect(try await bench.tell(try HomeSide.sign("Pay?", transaction: transaction)).sent.isEmpty)
            let again = try await bench.tell(.repeatLast(transaction))
            if fault == .noAnswer {
                #expect(again.sent.isEmpty)
            } else {
                #expect(try bench.home.open(again.sent).message.signature != nil)
            }
        }
    }

    @Test("an answer comes twice, or late")
    func doubledAndLate() async throws {
        let doubled = try await Bench(.fault(.doubled))
        let outcome = try await doubled.tell(try HomeSide.sign("Pay?"))
        #expect(outcome.sent.count == 2 && outcome.sent[0] == outcome.sent[1])
        let late = try await Bench(.fault(.late(80)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            let phones = late.phones
            group.addTask { await phones.run() }
            let outcome = try await late.tell(try HomeSide.sign("Pay?"), expecting: 1)
            #expect(outcome.took >= .milliseconds(80) && outcome.sent.count == 1)
            #expect(try late.home.open(outcome.sent).message.status == .ok)
            group.cancelAll()
        }
    }

    @Test("a wrong signature is authentic and has its length, at REPEAT too; and it is wrong")
    func wrongSignature() async throws {
        let bench = try await Bench(.fault(.wrongSignature))
        let transaction = WPKITransaction.random()
        let signed = try await bench.tell(try HomeSide.sign("Pay?", transaction: transaction)).sent
        let wrong = try bench.home.open(signed)
        #expect(wrong.message.status == .ok && wrong.message.signature?.count == 64)
        let repeated = try await bench.tell(.repeatLast(transaction)).sent
        let again = try bench.home.open(repeated)
        #expect(again.message.signature == wrong.message.signature && again.counter > wrong.counter)
    }

    @Test("a wrong checksum, a missing octet: not authentic or not readable; a foreign transaction: authentic")
    func damaged() async throws {
        for fault in [AnswerFault.wrongMAC, .truncated] {
            let bench = try await Bench(.fault(fault))
            let sent = try await bench.tell(try HomeSide.sign("Pay?")).sent
            #expect(throws: (any Error).self) { _ = try bench.home.open(sent) }
        }
        let bench = try await Bench(.fault(.foreignTransaction))
        let transaction = WPKITransaction.random()
        let sent = try await bench.tell(try HomeSide.sign("Pay?", transaction: transaction)).sent
        #expect(try bench.home.open(sent).message.transaction != transaction)
    }

    @Test("segments come in the wrong order and still make one answer")
    func reversed() async throws {
        let bench = try await Bench(.fault(.reversed))
        let sent = try await bench.tell(try HomeSide.sign("Pay?")).sent
        #expect(try bench.home.open(sent).message.status == .ok)
        // What an ECDSA signature leaves in one message, two parts show.
        let parts = try ResponsePacket(
            tar: try #require(TAR([0xB0, 0, 1])),
            counter: 1,
            status: 0,
            data: [UInt8](repeating: 7, count: 200)
        ).segments(reference: 9)
        #expect(
            parts.count == 2
                && AnswerAccident(parts.reversed(), from: CardState(HomeSide.record), HomeSide.record) == nil
        )
    }

    @Test("people think before they react")
    func thinking() async throws {
        let bench = try await Bench(.sign, thinking: .fixed(60))
        try await withThrowingTaskGroup(of: Void.self) { group in
            let phones = bench.phones
            group.addTask { await phones.run() }
            let outcome = try await bench.tell(try HomeSide.sign("Pay?"), expecting: 1)
            #expect(outcome.took >= .milliseconds(60))
            #expect(try bench.home.open(outcome.sent).message.status == .ok)
            bench.phones.think(.none)
            #expect(try await bench.tell(try HomeSide.sign("Pay?")).sent.count == 1)
            group.cancelAll()
        }
    }
}
