import Foundation
import Logging
import MSSCore
import OTA
import SMPP
import Synchronization
import Testing

@testable import SIMLink

/// Which message centre of others `deploy/peers/smpp` has started; without one there is nothing to test here.
private enum Peer {
    static let name = ProcessInfo.processInfo.environment["PEER_SMSC"]
    static let port = ProcessInfo.processInfo.environment["PEER_SMSC_PORT"].flatMap { Int($0) }
    /// smpp.pdu3 does not know DCS F6, smpp34 no password.
    static var isTwisted: Bool { name == "smpp.twisted3" }
}

/// Our client against a message centre that others wrote; the number says what that does
/// (deploy/peers/smsc/behaviour.py).
@Suite("Message centres of others", .enabled(if: Peer.port != nil), .timeLimit(.minutes(2)))
struct SMPPPeerTests {
    /// A link, and what came by it.
    private struct Running: Sendable {
        let link: MessageCentres
        let tally: CountingTally
        let log: CapturedLog
        let answers: AsyncStream<ResponsePacket>
        let undelivered: AsyncStream<UndeliveredCommand>
    }

    private func run(password: String = "s3cr3t", _ body: (Running) async throws -> Void) async throws {
        var settings = try Fixtures.settings(port: try #require(Peer.port))
        settings.systemID = "mssp-home"
        settings.password = try #require(SMSCPassword(password))
        settings.responseTime = .seconds(1)
        settings.enquireInterval = .milliseconds(500)
        settings.dataCoding = Peer.isTwisted ? DataCoding.octets : DataCoding.simSpecific
        let (answers, answer) = AsyncStream<ResponsePacket>.makeStream()
        let (undelivered, tell) = AsyncStream<UndeliveredCommand>.makeStream()
        let tally = CountingTally()
        let log = CapturedLog()
        let link = MessageCentres(
            [settings],
            receive: { packet, _ in
                answer.yield(packet)
                return true
            },
            undelivered: { command, _ in tell.yield(command) },
            tally: tally,
            logger: Logger(label: "peer") { _ in log }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await link.run() }
            let running = Running(link: link, tally: tally, log: log, answers: answers, undelivered: undelivered)
            try await body(running)
            group.cancelAll()
        }
    }

    private func number(_ behaviour: Int) throws -> MSISDN {
        try Fixtures.msisdn("3584000000\(behaviour < 10 ? "0" : "")\(behaviour)")
    }

    private func send(_ behaviour: Int, _ running: Running, length: Int = 20) async throws -> SIMLinkError? {
        let msisdn = try number(behaviour)
        let command = try Fixtures.command(length)
        do throws(SIMLinkError) {
            try await running.link.send(command, to: msisdn, until: .now + .seconds(30), as: "t-\(behaviour)")
            return nil
        } catch { return error }
    }

    private func data(_ behaviour: Int, _ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(behaviour), count: count) }

    @Test("a command is taken, whatever comes between, and its answer comes back", arguments: [1, 2, 3, 4, 5, 9])
    func taken(behaviour: Int) async throws {
        try await run { running in
            await running.tally.wait(for: "simlink_sessions_bound")
            let outcome = try await send(behaviour, running)
            #expect(outcome == nil)
            for await packet in running.answers {
                #expect(packet.data == data(behaviour, 20) && packet.status == 0)
                break
            }
            if behaviour == 2 { #expect(running.tally.counted("simlink_submits_throttled") == 2) }
            if behaviour == 3 { #expect(running.tally.counted("simlink_submits_throttled") == 1) }
            if [4, 5, 9].contains(behaviour) { #expect(running.tally.counted("simlink_submits_repeated") == 1) }
        }
    }

    @Test("a number that is refused is refused for good")
    func refused() async throws {
        try await run { running in
            await running.tally.wait(for: "simlink_sessions_bound")
            let outcome = try await send(6, running)
            #expect(outcome == .refused("the message centre refused it: ESME_RINVDSTADR (0xB)"))
        }
    }

    @Test("a command of two segments is taken; an answer in two parts, reversed and doubled, is one answer")
    func parts() async throws {
        try await run { running in
            await running.tally.wait(for: "simlink_sessions_bound")
            let outcome = try await send(7, running, length: 200)
            #expect(outcome == nil)
            for await packet in running.answers {
                #expect(packet.data == data(7, 200))
                break
            }
            await running.tally.wait(for: "simlink_uplinks", 4)
            #expect(running.tally.counted("simlink_uplinks_refused") == 0)
        }
    }

    @Test("a receipt that a message failed is found, though it writes the id another way")
    func receipt() async throws {
        try await run { running in
            await running.tally.wait(for: "simlink_sessions_bound")
            let outcome = try await send(8, running)
            #expect(outcome == nil)
            for await command in running.undelivered {
                #expect(command == UndeliveredCommand(transaction: "t-8", reason: "undeliverable"))
                break
            }
        }
    }

    @Test("a wrong password is an alarm", .enabled(if: Peer.isTwisted))
    func wrongPassword() async throws {
        try await run(password: "wrong") { running in
            await running.tally.wait(for: "simlink_alarms")
            #expect(running.log.text.contains("ESME_RINVPASWD"))
        }
    }

    @Test("silence is probed, and the probes are answered")
    func probes() async throws {
        try await run { running in
            await running.tally.wait(for: "simlink_sessions_bound")
            try await Task.sleep(for: .seconds(3))
            #expect(running.link.isBound && running.tally.counted("simlink_sessions_lost") == 0)
        }
    }
}
