import Alauda
import OTA
import SMPP
import Simulation
import Synchronization
import Testing

/// The message centre over TCP.
@Suite(.timeLimit(.minutes(1)))
struct SMSCTests {
    /// A handset that sends back what it gets, if it is on.
    private final class Echo: Handsets {
        let isOn = Mutex(true)

        func receive(
            _ message: ShortMessage,
            submit: @escaping @Sendable (ShortMessage) async -> Void
        ) async -> HandsetAcknowledgement {
            guard message.destination == "358401000001" else { return .unknownNumber }
            guard isOn.withLock({ $0 }) else { return .unreachable }
            var answer = message
            (answer.source, answer.destination) = (message.destination, message.source)
            await submit(answer)
            return .delivered
        }
    }

    private static func serving(
        _ handsets: any Handsets = Echo(),
        answerTime: Duration = .seconds(5),
        _ body: (Int, SMSC) async throws -> Void
    ) async throws {
        var settings = SMSC.Settings(host: "127.0.0.1", port: 0, systemID: "home", password: "secret")
        settings.answerTime = answerTime
        settings.tick = .milliseconds(10)
        let centre = SMSC(settings, handsets: handsets)
        let (ports, input) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await centre.run { input.yield($0) } }
            var port = ports.makeAsyncIterator()
            try await body(try #require(await port.next(isolation: #isolation)), centre)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private static func unit(_ content: [UInt8], to number: String = "358401000001") -> ShortMessageUnit {
        ShortMessageUnit(
            source: .shortCode("4444"),
            destination: .international(number),
            esmClass: 0x43,
            protocolID: 0x7F,
            dataCoding: 0xF6,
            shortMessage: content
        )
    }

    @Test("a submission has its id, and what the handset sends comes as a delivery")
    func exchange() async throws {
        try await Self.serving { port, centre in
            try await ESME.bound(to: port) { esme async throws in
                let answer = try await esme.ask(.submit(Self.unit([2, 0x70, 0, 1])))
                #expect(answer.status == .ok && answer.body == .submitResponse("1"))
                let message = try await esme.delivery()
                #expect(message.source.digits == "358401000001" && message.destination.digits == "4444")
                #expect(message.hasUserDataHeader && message.shortMessage == [2, 0x70, 0, 1])
                #expect(try await esme.ask(.enquireLink).body == .enquireLinkResponse)
                #expect(centre.counts.acknowledged == 1 && centre.waiting == 0)
                #expect(try await esme.ask(.unbind).body == .unbindResponse)
                #expect(try await esme.next() == nil)
            }
        }
    }

    @Test(
        "a wrong password or name is refused and the connection closed",
        arguments: [("home", "secreT"), ("hom", "secret")]
    )
    func badPassword(_ systemID: String, _ password: String) async throws {
        try await Self.serving { port, centre in
            try await ESME.connected(to: port) { esme async throws in
                let answer = try await esme.ask(.bindTransceiver(Bind(systemID: systemID, password: password)))
                #expect(answer.status == (systemID == "home" ? .invalidPassword : .invalidSystemID))
                #expect(try await esme.next() == nil)
            }
            #expect(centre.counts.bindsRefused == 1)
        }
    }

    @Test("nothing is taken before the bind, and nobody binds twice")
    func unbound() async throws {
        try await Self.serving { port, _ in
            try await ESME.connected(to: port) { esme async throws in
                #expect(try await esme.ask(.submit(Self.unit([1]))).status == .invalidBindStatus)
                let bind = PDU.Body.bindTransceiver(Bind(systemID: "home", password: "secret"))
                #expect(try await esme.ask(bind).status == .ok)
                #expect(try await esme.ask(bind).status == .alreadyBound)
            }
        }
    }

    @Test("junk gets generic_nack: an unknown command and a broken body go on, a broken length ends the connection")
    func junk() async throws {
        try await Self.serving { port, centre in
            try await ESME.bound(to: port) { esme async throws in
                let unknown = try await esme.ask(.other(0x77, [1, 2, 3]))
                #expect(unknown.body == .genericNack && unknown.status == .invalidCommandID)
                try await esme.send([0, 0, 0, 18, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2])
                let broken = try #require(try await esme.next())
                #expect(broken.body == .genericNack && broken.sequence == 9)
                #expect(try await esme.ask(.enquireLink).status == .ok)
                try await esme.send([UInt8](repeating: 0xFF, count: 40))
                let last = try #require(try await esme.next())
                #expect(last.body == .genericNack && last.status == .invalidCommandLength)
                #expect(try await esme.next() == nil)
            }
            #expect(centre.counts.junk == 3)
        }
    }

    @Test("a delivery that is refused, or not answered, is sent again until it is acknowledged")
    func sentAgain() async throws {
        try await Self.serving(answerTime: .milliseconds(50)) { port, centre in
            try await ESME.bound(to: port) { esme async throws in
                #expect(try await esme.ask(.submit(Self.unit([7]))).status == .ok)
                #expect(try await esme.delivery(status: nil).shortMessage == [7])
                #expect(try await esme.delivery(status: .temporaryApplicationError).shortMessage == [7])
                #expect(try await esme.delivery().shortMessage == [7])
                #expect(try await esme.ask(.enquireLink).status == .ok)
                #expect(centre.counts.sentAgain == 2 && centre.counts.acknowledged == 1 && centre.waiting == 0)
            }
        }
    }

    @Test("a lost session loses no message, in either direction")
    func lostSession() async throws {
        let echo = Echo()
        try await Self.serving(echo) { port, _ in
            try await ESME.bound(to: port) { esme async throws in
                #expect(try await esme.ask(.submit(Self.unit([1]))).status == .ok)
                #expect(try await esme.delivery(status: nil).shortMessage == [1])
                echo.isOn.withLock { $0 = false }
                #expect(try await esme.ask(.submit(Self.unit([2]))).status == .ok)
            }
            echo.isOn.withLock { $0 = true }
            try await ESME.bound(to: port) { esme async throws in
                #expect(try await esme.delivery().shortMessage == [1])
                #expect(try await esme.delivery().shortMessage == [2])
            }
        }
    }

    @Test("a message out of bounds is refused by status, to nobody at once, and a receipt tells what became of it")
    func bounds() async throws {
        try await Self.serving { port, centre in
            try await ESME.bound(to: port) { esme async throws in
                let long = Self.unit([UInt8](repeating: 1, count: 141))
                #expect(try await esme.ask(.submit(long)).status.rawValue == 0x01)
                var dated = Self.unit([1])
                dated.validityPeriod = "tomorrow"
                #expect(try await esme.ask(.submit(dated)).status.rawValue == 0x62)
                #expect(try await esme.ask(.submit(Self.unit([1], to: ""))).status == .invalidDestination)
                var asking = Self.unit([1], to: "358409999999")
                asking.registeredDelivery = 1
                #expect(try await esme.ask(.submit(asking)).body == .submitResponse("1"))
                let receipt = try await esme.delivery()
                #expect(receipt.isReceipt && receipt.source.digits == "358409999999")
                #expect(String(decoding: receipt.shortMessage, as: UTF8.self).contains("id:1 "))
                #expect(receipt.parameters.contains(OptionalParameter(tag: 0x0427, value: [5])))
                #expect(centre.counts.refused == 3 && centre.counts.undeliverable == 1)
            }
        }
    }

    @Test("receipts come when they are asked for: always, or of failures alone")
    func receipts() async throws {
        try await Self.serving { port, _ in
            try await ESME.bound(to: port) { esme async throws in
                var onFailure = Self.unit([1])
                onFailure.registeredDelivery = 2
                #expect(try await esme.ask(.submit(onFailure)).status == .ok)
                #expect(try await esme.delivery().shortMessage == [1])
                var always = Self.unit([2])
                always.registeredDelivery = 1
                #expect(try await esme.ask(.submit(always)).status == .ok)
                #expect(try await esme.delivery().shortMessage == [2])
                let receipt = try await esme.delivery()
                #expect(receipt.isReceipt && receipt.parameters.contains(OptionalParameter(tag: 0x0427, value: [2])))
            }
        }
    }

    @Test("a ninth connection is turned away")
    func sessions() async throws {
        try await Self.serving { port, centre in
            @Sendable func nest(_ depth: Int) async throws {
                guard depth < 8 else {
                    return try await ESME.connected(to: port) { esme async throws in
                        #expect(try await esme.next() == nil)
                    }
                }
                try await ESME.bound(to: port) { _ in try await nest(depth + 1) }
            }
            try await nest(0)
            #expect(centre.counts.turnedAway == 1)
        }
    }

    @Test("more deliveries than the window holds wait for the first answers")
    func window() async throws {
        try await Self.serving { port, _ in
            try await ESME.bound(to: port) { esme async throws in
                for number in 0..<UInt8(120) { try await esme.send(.submit(Self.unit([number]))) }
                var open: [UInt32] = []
                var most = 0
                var seen: Set<[UInt8]> = []
                while seen.count < 120 {
                    let unit = try #require(try await esme.next())
                    guard case .deliver(let message) = unit.body else { continue }
                    seen.insert(message.shortMessage)
                    open.append(unit.sequence)
                    most = max(most, open.count)
                    guard open.count == 100 || seen.count == 120 else { continue }
                    for sequence in open { try await esme.send(PDU(.deliverResponse, sequence: sequence)) }
                    open = []
                }
                #expect(most == 100)
            }
        }
    }

    @Test("a card behind the message centre answers a command")
    func card() async throws {
        let phones = try Phones([HomeSide.record])
        try await Self.serving(phones) { port, _ in
            try await ESME.bound(to: port) { esme async throws in
                var home = HomeSide()
                for command in [HomeSide.generate(), try HomeSide.sign("Привет, @ä€ñ_ [1]")] {
                    for segment in try home.segments(command) { try await esme.send(.submit(Self.unit(segment))) }
                    var answer: [[UInt8]] = []
                    var opened: UpMessage?
                    while opened == nil {
                        let unit = try #require(try await esme.next())
                        guard case .deliver(let message) = unit.body else { continue }
                        try await esme.send(PDU(.deliverResponse, sequence: unit.sequence))
                        answer.append(message.userData)
                        opened = try? home.open(answer).message
                    }
                    #expect(opened?.status == .ok)
                }
            }
        }
    }

    @Test("a port in use is one clear line")
    func portInUse() async throws {
        try await Self.serving { port, _ in
            let second = SMSC(
                SMSC.Settings(host: "127.0.0.1", port: port, systemID: "a", password: "b"),
                handsets: Echo()
            )
            await #expect(throws: SimulationError("port \(port) of 127.0.0.1 cannot be had: is it in use?")) {
                try await second.run()
            }
        }
    }
}
