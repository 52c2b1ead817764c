import Foundation
import MSSTestSupport
import Testing

/// Home A is the one that the script started; home B is started after it.
///
/// The message centre gives everything to A's session, as the first that was bound.
@Suite("Two homes behind one AE", .serialized)
struct SeveralHomesTests {
    @Test("answer as one: whichever is asked, whichever is told, and when one is killed")
    func twoHomes() async throws {
        let homes = try await TwoHomes.start()
        try await wakes(homes)
        try await undeliverable(homes)
        try await segments(homes)
        try await status(homes)
        try await repeated(homes)
        try await killed(homes)
    }

    /// Asked at B, answered at A: B's caller hears of A's commit within 100 ms.
    private func wakes(_ homes: TwoHomes) async throws {
        var times: [Double] = []
        for turn in 0..<9 {
            let answer = try await Provider(homes.b).sign("Asked at B \(turn)", by: homes.signer(turn % 3))
            let heard = Date().timeIntervalSince1970
            #expect(answer.status == "500", "\(answer.body)")
            let id = try #require(answer.transactionID)
            let ended = try await homes.a.rows("SELECT extract(epoch FROM ended) FROM transactions WHERE id = '\(id)'")
            times.append(heard - (try #require(ended.first.flatMap { Double($0) })))
        }
        let median = times.sorted()[times.count / 2]
        print("told at B \(median) s after A's commit (median of \(times.count))")
        #expect(median < 0.1, "\(times)")
        let metrics = try await homes.metrics()
        #expect(!metrics.contains("mssp_simlink_uplinks_total"), "an answer came to B itself")
        #expect(metrics.contains("mssp_home_commands_sent_total"))
    }

    /// Sent by B; its receipt comes to A, which knows nothing of the message.
    private func undeliverable(_ homes: TwoHomes) async throws {
        let answer = try await Provider(homes.b).sign("Never delivered", by: homes.unreachable, timeOut: 40)
        #expect(answer.fault == "209" && answer.seconds < 20, "\(answer.seconds) s: \(answer.body)")
        // One a message that was sent: on a slow machine the command goes out a second time.
        let told = try await homes.metrics().split(separator: "\n").filter { $0.contains("receipts_from_elsewhere") }
        #expect(told.contains { $0.contains(/_total [1-9]/) }, "\(told)")
    }

    /// A new key and its proof take two messages: one comes to each home, in either order.
    private func segments(_ homes: TwoHomes) async throws {
        try await homes.a.tell("spread on")
        for index in [TwoHomes.registered, TwoHomes.registered + 1] {
            let number = try homes.number(index)
            try await homes.register(index)
            let parts = try await homes.a.rows("SELECT place FROM answer_parts WHERE msisdn = '\(number)'")
            #expect(parts.count >= 2, "\(parts)")
            let answer = try await Provider(homes.b).sign("With the new key", by: number)
            #expect(answer.status == "500", "\(answer.body)")
        }
        #expect(try await homes.metrics().contains("mssp_simlink_uplinks_total"), "everything came to A")
        try await homes.a.tell("spread off")
    }

    private func status(_ homes: TwoHomes) async throws {
        let answer = try await Provider(homes.a).sign("Begun at A", by: homes.slow(0), mode: "asynchClientServer")
        let id = try #require(answer.transactionID, "\(answer.body)")
        #expect(try await Provider(homes.b).status(of: id).status == "504")
        let end = try await ended(Provider(homes.b), id)
        #expect(end.status == "500", "\(end.body)")
        #expect(try await Provider(homes.a).status(of: id).signature == end.signature)
    }

    /// The very same request at both: one prompt, one signature.
    private func repeated(_ homes: TwoHomes) async throws {
        var (here, there) = (try Provider(homes.a), try Provider(homes.b))
        here.name = "the-same"
        there.name = "the-same"
        let number = try homes.slow(1)
        async let first = here.sign("Once", by: number)
        try await Task.sleep(for: .milliseconds(500))
        let second = try await there.sign("Once", by: number)
        #expect(second.status == "500", "\(second.body)")
        let one = try await first
        #expect(one.signature == second.signature && one.transactionID == second.transactionID)
        #expect(try await there.sign("Once", by: number).signature == second.signature)
        #expect(try homes.a.prompts(number) == 1)
        #expect(try await there.sign("Another", by: number).fault == "101")
    }

    /// A dies with requests running: B carries them on, and AE goes on to B.
    private func killed(_ homes: TwoHomes) async throws {
        let provider = try Provider(homes.a)
        var ids: [String] = []
        for index in 2..<TwoHomes.slow {
            let answer = try await provider.sign("Survives", by: homes.slow(index), mode: "asynchClientServer")
            ids.append(try #require(answer.transactionID, "\(answer.body)"))
        }
        kill(try homes.a.process("home"), SIGKILL)
        let behindBoth = try Provider(homes.both)
        for id in ids {
            let end = try await ended(behindBoth, id)
            #expect(end.status == "500", "\(end.body)")
        }
        for index in 2..<TwoHomes.slow { #expect(try homes.a.prompts(homes.slow(index)) == 1) }
        let adopted = "mssp_home_transactions_adopted_total \(ids.count)"
        #expect(try await homes.metrics().contains(adopted))
        for turn in 0..<4 {
            let answer = try await behindBoth.sign("By the other \(turn)", by: homes.signer(0))
            #expect(answer.status == "500", "\(answer.body)")
        }
        #expect(try await provider.sign("Nobody there", by: homes.signer(0)).fault == "780")
    }
}

/// One database, one message centre, two homes; an AE before each, and one before both.
struct TwoHomes: Sendable {
    /// As those see it that an AE serves which knows A alone, B alone, or both.
    let a, b, both: Platform
    private let operatorPort: Int

    static let slow = 8
    /// Cards that are users from the beginning: the usual four, three that sign, one unreachable, and the slow ones.
    static let registered = 4 + 3 + 1 + slow

    func signer(_ index: Int) throws -> String { try number(4 + index) }
    var unreachable: String { get throws { try number(7) } }
    func slow(_ index: Int) throws -> String { try number(8 + index) }

    func number(_ index: Int) throws -> String { try a.extraNumber(index - 4) }

    func metrics() async throws -> String { try await Self.ask("metrics", operatorPort) }

    /// Makes a further card a user.
    func register(_ index: Int) async throws {
        try await a.register([a.cards[index]])
    }

    static func start() async throws -> TwoHomes {
        let behaviours =
            ["sign", "cancel", "wrongPIN", "silent", "sign", "sign", "sign", "undeliverable"]
            + Array(repeating: "delay:3000", count: slow) + ["sign", "sign"]
        let platform = try await Platform.start(
            "homes",
            [
                "BEHAVIOURS": behaviours.joined(separator: ","), "CARDS": "\(behaviours.count)",
                "REGISTER": "\(registered)", "CONTROL": "yes",
            ]
        )
        let (homePort, operatorPort) = (try FreePort.next(), try FreePort.next())
        let homeURL = "https://localhost:\(homePort)"
        try write(platform, "home", as: "home-b", port: homePort) { text in
            text + "\n[operator]\nlisten = \"127.0.0.1:\(operatorPort)\"\n"
        }
        try platform.restart("HomeMSSPService", "home-b")
        try await platform.untilReady(operatorPort)
        let homeA = try platform.variable("HOME_URL")
        let urlB = try await startAE(platform, "ae-b") { $0.replacing(homeA, with: homeURL) }
        let urlBoth = try await startAE(platform, "ae-both") {
            $0.replacing("[home]\n", with: "[home]\nothers = [\"\(homeURL)\"]\n")
        }
        return TwoHomes(
            a: platform,
            b: platform.reached(as: "AE_URL", at: urlB),
            both: platform.reached(as: "AE_URL", at: urlBoth),
            operatorPort: operatorPort
        )
    }

    private init(a: Platform, b: Platform, both: Platform, operatorPort: Int) {
        (self.a, self.b, self.both, self.operatorPort) = (a, b, both, operatorPort)
    }

    private static func startAE(
        _ platform: Platform,
        _ name: String,
        _ change: (String) -> String
    ) async throws -> String {
        let port = try FreePort.next()
        try write(platform, "ae", as: name, port: port, change)
        try platform.restart("AEService", name)
        let url = "https://localhost:\(port)"
        let provider = try Provider(platform)
        for _ in 0..<100 {
            if try await provider.post(Data("<x/>".utf8), to: url + "/soap/services/MSS_SignaturePort").http != 0 {
                break
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        return url
    }

    /// A part's configuration, at another port.
    private static func write(
        _ platform: Platform,
        _ part: String,
        as name: String,
        port: Int,
        _ change: (String) -> String
    ) throws {
        let text = try String(contentsOfFile: platform.file("config/\(part).toml"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if line.hasPrefix("listen =") { return "listen = \"127.0.0.1:\(port)\"" }
            return line.hasPrefix("socket =") ? "socket = \"\(platform.file("state/console-" + name))\"" : String(line)
        }
        try change(lines.joined(separator: "\n"))
            .write(toFile: platform.file("config/\(name).toml"), atomically: true, encoding: .utf8)
    }

    private static func ask(_ path: String, _ port: Int) async throws -> String {
        let url = "http://127.0.0.1:\(port)/\(path)"
        return try await Command.run("curl", ["--silent", "--max-time", "10", url]).text
    }
}
