import Logging
import MSSCore
import OTA
import SMPP
import Testing

@testable import SIMLink

@Suite("Sending over TCP", .timeLimit(.minutes(1)))
struct SendTests {
    private var soon: ContinuousClock.Instant { .now + .seconds(20) }

    private func message(_ unit: PDU) throws -> ShortMessageUnit {
        guard case .submit(let message) = unit.body else { throw ScriptedCentre.Ended() }
        return message
    }

    private func accept(_ unit: PDU) -> PDU { PDU(.submitResponse("1"), sequence: unit.sequence) }

    @Test("a command leaves as one submission a segment, in order, and is sent when all are taken")
    func segments() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            async let sent: Void = centre.link.send(
                Fixtures.command(200),
                to: Fixtures.msisdn(),
                until: soon,
                as: "h1sent"
            )
            var sequences: [String] = []
            var octets: [UInt8] = []
            var reassembly = Reassembly(total: 2)
            for index in 1...2 {
                let unit = try await smsc.next()
                let message = try message(unit)
                #expect(message.destination == .international("358401234567"))
                #expect(message.source == .shortCode("17017"))
                #expect(message.esmClass == 0x40 && message.protocolID == 0x7F && message.dataCoding == 0xF6)
                #expect(message.registeredDelivery == RegisteredDelivery.failures)
                #expect(message.validityPeriod.hasSuffix("000R"))
                let userData = try UserData(message.shortMessage)
                #expect(userData.part?.index == index)
                if case .complete(Segmentation.command, let packet) = try reassembly.add(userData) { octets = packet }
                sequences.append("\(unit.sequence)")
                try await smsc.write(accept(unit))
            }
            try await sent
            let told = centre.log.text.split(separator: "\n").first { $0.contains("h1sent") }
            #expect(told?.contains(sequences.joined(separator: " ")) == true && told?.contains("1 1") == true)
            #expect(octets.count == Int(octets[0]) << 8 | Int(octets[1]) + 2)
        }
    }

    @Test("without a session nothing is sent")
    func notConnected() async throws {
        try await RunningCentre.run { centre in
            #expect(!centre.link.isBound)
            await #expect(throws: SIMLinkError.notSent("no message centre is connected")) {
                try await centre.link.send(Fixtures.command(), to: Fixtures.msisdn(), until: soon)
            }
        }
    }

    @Test(
        "a refused bind is an alarm with its status and without the password, and is not tried again for long",
        arguments: [CommandStatus.bindFailed, .invalidPassword, .invalidSystemID]
    )
    func bindRefused(status: CommandStatus) async throws {
        try await RunningCentre.run(settings: { $0.refusedPause = .milliseconds(1_500) }) { centre in
            let smsc = try await centre.smsc.link()
            let bind = try await smsc.next()
            let refusal = PDU(.bindTransceiverResponse(""), sequence: bind.sequence, status: status)
            let start = ContinuousClock.now
            try await smsc.write(refusal)
            await centre.tally.wait(for: "simlink_alarms")
            #expect(centre.log.text.contains("ALARM") && centre.log.text.contains("\(status)"))
            #expect(!centre.log.text.contains("s3cr3t"))
            _ = try await centre.smsc.boundLink()
            #expect(ContinuousClock.now - start >= .milliseconds(1_500))
            await centre.isBound()
            #expect(centre.link.isBound)
        }
    }

    @Test("a bind that is refused for now is tried again soon")
    func bindPutOff() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.link()
            let bind = try await smsc.next()
            try await smsc.write(
                PDU(.bindTransceiverResponse(""), sequence: bind.sequence, status: .alreadyBound)
            )
            _ = try await centre.smsc.boundLink()
            await centre.isBound()
            #expect(centre.log.text.contains("ESME_RALYBND") && centre.tally.counted("simlink_alarms") == 0)
        }
    }

    @Test("a throttled segment is sent again, alone and unchanged", arguments: [CommandStatus.throttled, .queueFull])
    func throttled(status: CommandStatus) async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            async let sent: Void = centre.link.send(Fixtures.command(200), to: Fixtures.msisdn(), until: soon)
            let first = try await smsc.next()
            let second = try await smsc.next()
            try await smsc.write(accept(first), PDU(.submitResponse(""), sequence: second.sequence, status: status))
            let again = try await smsc.next()
            #expect(try message(again).shortMessage == (try message(second).shortMessage))
            try await smsc.write(accept(again))
            try await sent
            #expect(centre.tally.counted("simlink_submits_throttled") == 1)
        }
    }

    @Test("throttled until the deadline is certainly not sent")
    func throttledForEver() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            // Attempts at 0, 0.1, 0.3, 0.7 and 1.5 s, give or take a fifth; the next would be too late.
            async let sent = outcome(centre.link, until: .now + .milliseconds(2_500))
            async let throttling: Void = throttle(smsc)
            #expect(await sent == .notSent("the message centre is overloaded"))
            #expect(centre.tally.counted("simlink_submits_throttled") > 1)
            try await smsc.close()
            await throttling
        }
    }

    private func throttle(_ smsc: ScriptedCentre.Link) async {
        while let unit = try? await smsc.next() {
            try? await smsc.write(PDU(.submitResponse(""), sequence: unit.sequence, status: .throttled))
        }
    }

    @Test("a refusal for good is certainly not sent, and says why")
    func refused() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            async let sent = outcome(centre.link, until: soon)
            let unit = try await smsc.next()
            try await smsc.write(PDU(.submitResponse(""), sequence: unit.sequence, status: .invalidDestination))
            #expect(await sent == .refused("the message centre refused it: ESME_RINVDSTADR (0xB)"))
        }
    }

    @Test("a system error is waited out with the same octets; a failure that may be chance is tried once more")
    func temporary() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            async let sent = outcome(centre.link, until: soon)
            let first = try await smsc.next()
            try await smsc.write(PDU(.submitResponse(""), sequence: first.sequence, status: .systemError))
            let second = try await smsc.next()
            #expect(try message(second).shortMessage == (try message(first).shortMessage))
            try await smsc.write(PDU(.submitResponse(""), sequence: second.sequence, status: .submitFailed))
            let third = try await smsc.next()
            try await smsc.write(PDU(.submitResponse(""), sequence: third.sequence, status: .submitFailed))
            #expect(await sent == .refused("the message centre refused it: ESME_RSUBMITFAIL (0x45)"))
        }
    }

    @Test("what the message centre does not understand is an alarm")
    func defect() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            async let sent = outcome(centre.link, until: soon)
            let unit = try await smsc.next()
            try await smsc.write(PDU(.genericNack, sequence: unit.sequence, status: .invalidCommandID))
            #expect(await sent == .refused("the message centre refused it: ESME_RINVCMDID (0x3)"))
            #expect(centre.tally.counted("simlink_alarms") == 1)
        }
    }

    @Test("what was under way when the link broke is sent again by the next session, the same octets")
    func linkLost() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            async let sent = outcome(centre.link, until: soon)
            let first = try await smsc.next()
            try await smsc.close()
            let second = try await centre.smsc.boundLink()
            let again = try await second.next()
            #expect(try message(again).shortMessage == (try message(first).shortMessage))
            try await second.write(accept(again))
            #expect(await sent == nil)
        }
    }

    @Test("a link that does not come back leaves the outcome unknown")
    func linkGone() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            async let sent = outcome(centre.link, until: .now + .seconds(2))
            _ = try await smsc.next()
            try await centre.smsc.stop()
            #expect(await sent == .unknownOutcome)
        }
    }

    @Test("answers that do not come have the same octets sent again, twice; then the outcome is unknown")
    func lostAnswers() async throws {
        try await RunningCentre.run(settings: { $0.responseTime = .milliseconds(500) }) { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            async let sent = outcome(centre.link, until: soon)
            let first = try message(try await smsc.next()).shortMessage
            for _ in 0..<CommandDelivery.mostResends {
                #expect(try message(try await smsc.next()).shortMessage == first)
            }
            #expect(await sent == .unknownOutcome)
            // An answer that is late answers nothing any more, and harms nothing.
            try await smsc.write(PDU(.submitResponse("9"), sequence: 2), PDU(.enquireLink, sequence: 10))
            #expect(try await smsc.next() == PDU(.enquireLinkResponse, sequence: 10))
        }
    }

    @Test("no answer until the deadline leaves the outcome unknown, and so does a caller that goes")
    func noAnswer() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            #expect(await outcome(centre.link, until: .now + .seconds(1)) == .unknownOutcome)
            _ = try await smsc.next()
            await withTaskGroup(of: SIMLinkError?.self) { group in
                group.addTask { await outcome(centre.link, until: .now + .seconds(3600)) }
                _ = try? await smsc.next()
                group.cancelAll()
                #expect(await group.next() == .unknownOutcome)
            }
        }
    }

    @Test("octets that are no SMPP end the session")
    func noSMPP() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            try await smsc.write(octets: Array("HTTP/1.1 400 Bad Request".utf8))
            await centre.tally.wait(for: "simlink_sessions_lost")
            #expect(centre.log.text.contains("no SMPP"))
        }
    }

    @Test("a unit that cannot be read gets generic_nack, an answer that cannot be read gets nothing")
    func unreadable() async throws {
        try await RunningCentre.run { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            let answer = [0, 0, 0, 17, 0x80, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9, 0x41] as [UInt8]
            try await smsc.write(octets: answer + [0, 0, 0, 17, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 0x41])
            #expect(try await smsc.next() == PDU(.genericNack, sequence: 9, status: .invalidCommandLength))
            try await smsc.write(PDU(.enquireLink, sequence: 10))
            #expect(try await smsc.next() == PDU(.enquireLinkResponse, sequence: 10))
            #expect(centre.tally.counted("simlink_units_unreadable") == 2)
        }
    }

    @Test("a link that is stopped waits for answers under way, then unbinds and waits for that answer")
    func unbinds() async throws {
        let smsc = try await ScriptedCentre.start()
        let tally = CountingTally()
        let link = MessageCentres(
            [try Fixtures.settings(port: smsc.port)],
            receive: { _, _ in true },
            tally: tally,
            logger: Logger(label: "test") { _ in CapturedLog() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await link.run() }
            let connection = try await smsc.boundLink()
            await tally.wait(for: "simlink_sessions_bound")
            async let sent = outcome(link, until: soon)
            let unit = try await connection.next()
            group.cancelAll()
            try await connection.write(accept(unit))
            let unbind = try await connection.next()
            #expect(unbind.body == .unbind)
            #expect(await sent == nil)
            #expect(!link.isBound)
            try await connection.write(PDU(.unbindResponse, sequence: unbind.sequence))
            try await group.waitForAll()
        }
        try await smsc.stop()
    }

    @Test("a system_id that SMPP cannot hold is a clear reason, not a silence")
    func badSetting() async throws {
        try await RunningCentre.run(settings: { $0.systemID = "sixteen letters." }) { centre in
            await centre.tally.wait(for: "simlink_sessions_lost")
            #expect(centre.log.text.contains("system_id"))
        }
    }

    @Test("many commands at once stay within the window and are all sent")
    func crowd() async throws {
        let count = 3_000
        try await RunningCentre.run(settings: { $0.window = 50 }) { centre in
            let smsc = try await centre.smsc.boundLink()
            await centre.isBound()
            let start = ContinuousClock.now
            await withTaskGroup(of: SIMLinkError?.self) { group in
                for _ in 0..<count { group.addTask { await outcome(centre.link, until: .now + .seconds(50)) } }
                var waiting: [PDU] = []
                for _ in 0..<count / 50 {
                    // Nothing is answered before the window is full: were it wider or narrower, this would not go on.
                    while waiting.count < 50, let unit = try? await smsc.next() { waiting.append(unit) }
                    for unit in waiting { try? await smsc.write(accept(unit)) }
                    waiting.removeAll()
                }
                for await outcome in group { #expect(outcome == nil) }
            }
            print("SIMLink: \(count) commands in \(ContinuousClock.now - start)")
        }
    }

    @Test("a short message does not outlive its command")
    func validity() {
        #expect(ValidityPeriod.relative(.milliseconds(3_725_999)) == "000000010205000R")
        #expect(ValidityPeriod.relative(.seconds(-5)) == "000000000001000R")
        #expect(ValidityPeriod.relative(.seconds(1_000_000)) == "000000235959000R")
    }

    @Test("references differ from one command to the next for the same card")
    func references() throws {
        var references = References()
        let msisdn = try Fixtures.msisdn()
        let numbers = (0..<256).map { _ in references.next(for: msisdn) }
        #expect(Set(numbers).count == 256)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 &+ 1 == $1 })
    }
}

/// Sends a command of one segment; `nil` if it was taken.
func outcome(
    _ link: MessageCentres,
    until deadline: ContinuousClock.Instant,
    as transaction: String? = nil
) async -> SIMLinkError? {
    guard let command = try? Fixtures.command(), let msisdn = try? Fixtures.msisdn() else {
        return .notSent("no fixture")
    }
    do throws(SIMLinkError) {
        try await link.send(command, to: msisdn, until: deadline, as: transaction)
        return nil
    } catch { return error }
}
