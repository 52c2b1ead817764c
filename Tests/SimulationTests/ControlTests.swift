import Foundation
import SMPP
import Testing

@testable import Simulation

/// A running simulator, told what to do.
@Suite(.timeLimit(.minutes(1)))
struct ControlTests {
    private static func control() throws -> (Control, SMSC, Phones) {
        let seed = try #require(CardSeed([UInt8](repeating: 3, count: 32)))
        let series = CardSeries(seed: seed, count: 10, firstMSISDN: 358_401_000_001)
        let phones = Phones(series, Phones.Settings())
        let settings = SMSC.Settings(host: "127.0.0.1", port: 0, systemID: "home", password: "secret")
        let centre = SMSC(settings, handsets: phones)
        return (Control(centre, phones), centre, phones)
    }

    @Test("faults are added, told and cleared; counts say what happened")
    func faults() async throws {
        let (control, centre, _) = try Self.control()
        #expect(await control.answer("fault throttle*2,up-lost%5") == "ok")
        #expect(await control.answer("faults") == "ok throttle*2 up-lost%5.0")
        #expect(centre.faults.strike(.submit) == .throttle)
        #expect(await control.answer("counts").contains(" cards=10 cardsInUse=0 notKept=0 throttle=1"))
        #expect(await control.answer("clear") == "ok")
        #expect(await control.answer("faults") == "ok")
        for _ in 0..<100 { #expect(await control.answer("fault drop") == "ok") }
        #expect(await control.answer("fault drop") == "error too many faults: clear first")
    }

    @Test("people act as they are told, phones go off and on, things take their time")
    func people() async throws {
        let (control, centre, phones) = try Self.control()
        let message = ShortMessage(
            source: "4444",
            destination: "358401000003",
            protocolID: 0,
            dataCoding: 0,
            hasUserDataHeader: false,
            userData: [1]
        )
        #expect(await control.answer("off +358401000003") == "ok")
        #expect(await phones.receive(message) { _ in } == .unreachable)
        #expect(await control.answer("on 358401000003") == "ok")
        #expect(await phones.receive(message) { _ in } == .delivered)
        #expect(await control.answer("behaviour 358401000001-358401000005 off\r") == "ok")
        #expect(await phones.receive(message) { _ in } == .delivered, "switched on by hand goes before")
        #expect(await control.answer("latency sms fixed:20") == "ok" && centre.latency.latency == .fixed(20))
        #expect(await control.answer("latency user lognormal:800:0.5") == "ok")
    }

    @Test(
        "what is no command is an error in one line",
        arguments: [
            "", " ", "x", "fault", "fault x", "fault throttle,x", "faults now", "behaviour 1", "behaviour x sign",
            "behaviour 1-2 never", "on 1", "off", "latency sms", "latency sms x", "latency moon none", "drop 1",
            "\u{0}", "help me",
        ]
    )
    func errors(_ line: String) async throws {
        let (control, _, _) = try Self.control()
        let answer = await control.answer(line)
        #expect(answer.hasPrefix("error ") && !answer.contains("\n"))
    }

    @Test("the socket is its owner's alone, answers line by line, and is gone in the end")
    func socket() async throws {
        let folder = URL.temporaryDirectory.appending(path: "control-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "socket").path()
        let (control, _, _) = try Self.control()
        let (ready, input) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ControlSocket(path: path, control).run { input.yield() } }
            for await _ in ready { break }
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try ControlClient.ask(path, "fault throttle") == "ok")
            #expect(try ControlClient.ask(path, "faults") == "ok throttle")
            #expect(try ControlClient.ask(path, String(repeating: "x", count: 1_001)) == "error too long")
            #expect(try ControlClient.ask(path, "help").hasPrefix("ok help"))
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(throws: SimulationError("nobody listens at \(path)")) { _ = try ControlClient.ask(path, "help") }
    }

    @Test("a path that is too long, or in no folder, is one clear line")
    func badPath() async throws {
        let (control, _, _) = try Self.control()
        let long = "/tmp/" + String(repeating: "x", count: 110)
        await #expect(throws: SimulationError("\(long) is too long for a socket")) {
            try await ControlSocket(path: long, control).run()
        }
        await #expect(throws: SimulationError("/nowhere/socket cannot be had: does its folder exist?")) {
            try await ControlSocket(path: "/nowhere/socket", control).run()
        }
    }
}
