import SMPP
import Synchronization
import Testing

@testable import Simulation

/// A message centre that does things wrong, over TCP.
@Suite(.timeLimit(.minutes(1)))
struct SMSCFaultTests {
    /// A handset that sends back what it gets.
    private struct Echo: Handsets {
        func receive(
            _ message: ShortMessage,
            submit: @escaping @Sendable (ShortMessage) async -> Void
        ) async -> HandsetAcknowledgement {
            var answer = message
            (answer.source, answer.destination) = (message.destination, message.source)
            await submit(answer)
            return .delivered
        }
    }

    static func serving(
        _ faults: String = "",
        latency: Latency = .none,
        handsets: any Handsets = Echo(),
        _ body: (Int, SMSC) async throws -> Void
    ) async throws {
        var settings = SMSC.Settings(host: "127.0.0.1", port: 0, systemID: "home", password: "secret")
        settings.tick = .milliseconds(5)
        settings.latency = latency
        let centre = SMSC(settings, handsets: handsets)
        for rule in faults.split(separator: ",") { centre.faults.add(try #require(FaultPlan.Rule(rule))) }
        let (ports, input) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await centre.run { input.yield($0) } }
            var port = ports.makeAsyncIterator()
            try await body(try #require(await port.next(isolation: #isolation)), centre)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private static func unit(_ content: UInt8, receipt: Bool = false) -> ShortMessageUnit {
        var unit = ShortMessageUnit(
            source: .shortCode("4444"),
            destination: .international("358401000001"),
            esmClass: 0x43,
            protocolID: 0x7F,
            dataCoding: 0xF6,
            shortMessage: [content]
        )
        unit.registeredDelivery = receipt ? 1 : 0
        return unit
    }

    @Test("a submission is throttled, finds the queue full, is refused as said, and then taken")
    func refusals() async throws {
        try await Self.serving("throttle*2,queueFull*1,reject:45*1") { port, centre in
            try await ESME.bound(to: port) { esme async throws in
                for status in [0x58, 0x58, 0x14, 0x45, 0x00] as [UInt32] {
                    #expect(try await esme.ask(.submit(Self.unit(1))).status.rawValue == status)
                }
                #expect(try await esme.delivery().shortMessage == [1])
                #expect(centre.faults.struck == ["throttle": 2, "queueFull": 1, "reject:45": 1])
                #expect(centre.faults.rules.isEmpty && centre.counts.refused == 4)
            }
        }
    }

    @Test("an answer never comes though the message was taken")
    func unanswered() async throws {
        try await Self.serving("unanswered*1") { port, _ in
            try await ESME.bound(to: port) { esme async throws in
                try await esme.send(.submit(Self.unit(1)))
                #expect(try await esme.delivery().shortMessage == [1])
                #expect(try await esme.ask(.enquireLink).status == .ok)
                #expect(try await esme.ask(.submit(Self.unit(2))).status == .ok)
            }
        }
    }

    @Test("the link is cut before or after a message was taken, and the next session gets what is there")
    func drops() async throws {
        try await Self.serving("drop*1,dropAfter*1") { port, centre in
            for content in [UInt8(1), 2] {
                try await ESME.bound(to: port) { esme async throws in
                    try await esme.send(.submit(Self.unit(content)))
                    while try await esme.next() != nil {}
                }
            }
            try await ESME.bound(to: port) { esme async throws in
                #expect(try await esme.delivery().shortMessage == [2])
                centre.cutLinks()
                #expect(try await esme.next() == nil)
            }
            #expect(centre.counts.submitted == 1)
        }
    }

    @Test("a message is lost, doubled or overtaken, down and up; a doubled one has one receipt")
    func messages() async throws {
        for (fault, expected) in [
            ("down-lost*1", [2, 3]), ("up-lost*1", [2, 3]), ("down-doubled*1", [1, 1, 2, 3]),
            ("up-doubled*1", [1, 1, 2, 3]), ("down-reordered*1", [1, 2, 3]), ("up-reordered*1", [2, 1, 3]),
        ] as [(String, [UInt8])] {
            try await Self.serving(fault) { port, _ in
                try await ESME.bound(to: port) { esme async throws in
                    var seen: [UInt8] = []
                    for content in UInt8(1)...3 {
                        #expect(try await esme.ask(.submit(Self.unit(content))).status == .ok)
                        if fault == "up-reordered*1" || fault == "down-reordered*1" { continue }
                        let count = expected.count(where: { $0 <= content })
                        while seen.count < count { seen += try await esme.delivery().shortMessage }
                    }
                    while seen.count < expected.count { seen += try await esme.delivery().shortMessage }
                    // Between handsets nothing is in order: each message goes its own way.
                    if fault == "down-reordered*1" { seen.sort() }
                    #expect(fault == "up-reordered*1" ? Set(seen) == Set(expected) : seen == expected, "\(fault)")
                }
            }
        }
    }

    @Test("what nothing overtakes goes after a second")
    func alone() async throws {
        try await Self.serving("up-reordered*1") { port, _ in
            try await ESME.bound(to: port) { esme async throws in
                #expect(try await esme.ask(.submit(Self.unit(1))).status == .ok)
                #expect(try await esme.delivery().shortMessage == [1])
            }
        }
    }

    @Test(
        "a message is late, by a fault or by the network's latency, both ways",
        arguments: ["down-late:60", "up-late:60", ""]
    )
    func late(_ fault: String) async throws {
        try await Self.serving(fault, latency: fault.isEmpty ? .fixed(30) : .none) { port, _ in
            try await ESME.bound(to: port) { esme async throws in
                let start = ContinuousClock.now
                #expect(try await esme.ask(.submit(Self.unit(1))).status == .ok)
                #expect(try await esme.delivery().shortMessage == [1])
                #expect(.now - start >= .milliseconds(60))
            }
        }
    }

    @Test("the oldest rule that strikes counts; a chance is what it says, and the same again for the same seed")
    func plan() throws {
        func strikes(_ seed: UInt64) throws -> [Bool] {
            let plan = FaultPlan(seed: seed)
            plan.add(try #require(FaultPlan.Rule("down-lost%10")))
            return (0..<10_000).map { _ in plan.strike(.down) != nil }
        }
        let count = try strikes(1).count(where: { $0 })
        #expect((900...1_100).contains(count))
        #expect(try strikes(1) == strikes(1) && strikes(1) != strikes(2))
        let plan = FaultPlan()
        #expect(plan.strike(.submit) == nil)
        for text in ["throttle*1", "queueFull", "up-doubled"] { plan.add(try #require(FaultPlan.Rule(text))) }
        #expect(plan.strike(.submit) == .throttle && plan.strike(.submit) == .queueFull && plan.strike(.down) == nil)
        plan.clear()
        #expect(plan.strike(.submit) == nil && plan.strike(.up) == nil)
    }

    @Test(
        "a rule reads as it is written",
        arguments: [
            "throttle", "queueFull*3", "reject:45", "unanswered%12.5", "drop*1", "dropAfter", "down-lost", "up-lost*2",
            "down-late:250", "up-late:250%5.0", "up-doubled", "down-doubled", "up-reordered", "down-reordered*9",
        ]
    )
    func rules(_ text: String) {
        #expect(FaultPlan.Rule(text)?.text == text)
    }

    @Test(
        "what is no rule is none",
        arguments: [
            "", "*1", "throttle*0", "throttle*", "throttle%0", "throttle%101", "throttle%nan", "lost", "sideways-lost",
            "up-late", "up-late:x", "reject:0", "reject:", "reject:1FFFFFFFF", "drop*1*1", "up-",
        ]
    )
    func nonsense(_ text: String) {
        #expect(FaultPlan.Rule(text) == nil)
    }
}
