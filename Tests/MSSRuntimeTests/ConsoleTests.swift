import Foundation
import Logging
import MSSCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import MSSRuntime

@Suite("A console")
struct ConsoleTests {
    private let folder: String
    private var socket: String { folder + "/console" }

    init() throws {
        folder = "/tmp/console-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    private final class Acts: Sendable {
        let all = Mutex<[ConsoleAct]>([])
        let refusesIntents: Bool

        init(refusesIntents: Bool = false) {
            self.refusesIntents = refusesIntents
        }

        func keep(_ act: ConsoleAct) throws(ConsoleRefusal) {
            if refusesIntents { throw ConsoleRefusal("no audit") }
            all.withLock { $0.append(act) }
        }
    }

    private static let commands = [
        ConsoleCommand("question", isAudited: false) { _ in "answered" },
        ConsoleCommand("sum", usage: "WORD…", words: 1...3) { call throws(ConsoleRefusal) in
            for word in call.words { try await call.report("a word: \(word)") }
            let secrets = [try await call.secret("First"), try await call.secret("Second")]
            return "\(secrets.map(\.count))"
        },
        ConsoleCommand("file") { call throws(ConsoleRefusal) in
            var count = 0
            var sum: UInt8 = 0
            while let part = try await call.octets() {
                count += part.count
                for octet in part { sum = sum &+ octet }
            }
            return "\(count) octets, sum \(sum)"
        },
        ConsoleCommand("give", usage: "LENGTH", words: 1...1) { call throws(ConsoleRefusal) in
            let octets = (0..<(Int(call.words[0]) ?? 0)).map { UInt8(truncatingIfNeeded: $0) }
            try await call.hand(octets)
            guard octets.count != 7 else { throw ConsoleRefusal("thought better of it") }
            return "given"
        },
        ConsoleCommand("refuse") { _ throws(ConsoleRefusal) in throw ConsoleRefusal("no\nwith a second line") },
    ]

    /// Runs `work` beside a console.
    private func serving(
        _ acts: Acts = Acts(),
        users: Set<UInt32>? = nil,
        _ work: () async throws -> Void
    ) async throws {
        let server = ConsoleServer(
            ConsoleConfiguration(socket: ConfiguredPath(socket)),
            commands: Self.commands,
            audit: { act throws(ConsoleRefusal) in try acts.keep(act) },
            tally: NoTally(),
            logger: Logger(label: "console", factory: { _ in SwiftLogNoOpLogHandler() }),
            users: users
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            for _ in 0..<200 where !FileManager.default.fileExists(atPath: socket) {
                try await Task.sleep(for: .milliseconds(10))
            }
            try await work()
            group.cancelAll()
        }
        #expect(!FileManager.default.fileExists(atPath: socket))
        try FileManager.default.removeItem(atPath: folder)
    }

    /// A terminal of which lines can be read, and what was shown.
    private func ask(_ words: [String], typing: String = "", file: Data? = nil) async throws -> (String, String) {
        let (input, output) = (Pipe(), Pipe())
        input.fileHandleForWriting.write(Data(typing.utf8))
        try input.fileHandleForWriting.close()
        let terminal = Terminal(
            input: input.fileHandleForReading.fileDescriptor,
            output: output.fileHandleForWriting.fileDescriptor
        )
        var rest = file ?? Data()
        let answer = try await ConsoleClient.run(socket, words, terminal: terminal) { most in
            defer { rest = rest.dropFirst(most) }
            return Array(rest.prefix(most))
        }
        try output.fileHandleForWriting.close()
        return (answer, String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
    }

    /// Octets sent as they stand, and all that comes back.
    private func raw(_ octets: [UInt8]) async throws -> String {
        let connection = ConsoleConnection(descriptor: try ConsoleSocket.connect(socket))
        try await connection.send(octets)
        return String(decoding: try await connection.line(within: .seconds(5)), as: UTF8.self)
    }

    @Test("answers, tells progress, asks for secrets, takes a file; only what acts is audited")
    func commands() async throws {
        let acts = Acts()
        try await serving(acts) {
            #expect(try await ask(["question"]).0 == "answered")
            let (sum, shown) = try await ask(["sum", "a", "b"], typing: "secret\nlonger secret\n")
            #expect(sum == "[6, 13]" && shown.contains("a word: a\na word: b\n") && !shown.contains("secret"))
            let data = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0) })
            let total = data.reduce(UInt8(0)) { $0 &+ $1 }
            #expect(try await ask(["file"], file: data).0 == "300000 octets, sum \(total)")
            #expect(try await ask(["file"]).0 == "0 octets, sum 0")
            await #expect(throws: ConsoleRefusal("no with a second line")) { try await ask(["refuse"]) }
        }
        let all = acts.all.withLock { $0 }
        #expect(
            all.map { "\($0.command) \($0.phase.rawValue) \($0.outcome ?? "")" } == [
                "sum intent ", "sum result ok", "file intent ", "file result ok", "file intent ", "file result ok",
                "refuse intent ", "refuse result no with a second line",
            ]
        )
        #expect(all.allSatisfy { $0.peer == ConsolePeer(uid: geteuid(), pid: getpid()) })
    }

    @Test("hands octets over, which are kept only if all ends well")
    func handsOver() async throws {
        try await serving {
            for count in [0, 1, 65_536, 300_000] {
                var taken: [UInt8] = []
                let answer = try await ConsoleClient.run(socket, ["give", "\(count)"], take: { taken = $0 })
                #expect(answer == "given" && taken == (0..<count).map { UInt8(truncatingIfNeeded: $0) })
            }
            await #expect(throws: ConsoleRefusal("thought better of it")) {
                try await ConsoleClient.run(socket, ["give", "7"], take: { _ in Issue.record("kept") })
            }
            await #expect(throws: ConsoleRefusal("the process hands over what nobody asked for")) {
                try await ConsoleClient.run(socket, ["give", "9"])
            }
        }
        for line in [">", "> 0", "> -1", "> 65537", "> x", "> 1 2"] { #expect(ConsoleLine(Array(line.utf8)) == nil) }
        #expect(ConsoleLine(Array("> 65536".utf8)) == .handed(65_536))
    }

    @Test("is its user's alone: a socket of mode 0600, and nobody else is served but root")
    func users() async throws {
        try await serving {
            let attributes = try FileManager.default.attributesOfItem(atPath: socket)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            // A second console does not take the first one's place.
            #expect(throws: StartError.self) { _ = try ConsoleSocket(path: socket) }
        }
    }

    @Test("serves no other user")
    func strangers() async throws {
        try await serving(users: [12_345]) {
            await #expect(throws: ConsoleRefusal("this user may not use the console")) { try await ask(["question"]) }
        }
    }

    @Test("carries nothing out that it cannot audit")
    func unaudited() async throws {
        try await serving(Acts(refusesIntents: true)) {
            await #expect(throws: ConsoleRefusal("no audit")) { try await ask(["sum", "a"], typing: "x\ny\n") }
            let answer = try await ask(["question"]).0
            #expect(answer == "answered")
        }
    }

    @Test("refuses unknown commands, missing words, lines too long, octets that are no text, and parts of no size")
    func hostile() async throws {
        try await serving {
            #expect(try await raw(Array("nothing\n".utf8)).hasPrefix("error no such command; there are: file, give"))
            #expect(try await raw(Array("\n".utf8)).hasPrefix("error no such command"))
            #expect(try await raw(Array("sum\n".utf8)) == "error usage: sum WORD…")
            #expect(try await raw(Array("question x\n".utf8)) == "error usage: question ")
            #expect(try await raw([0xFF, 0xFE, 0x0A]).hasPrefix("error no such command"))
            #expect(try await raw([UInt8](repeating: 0x61, count: 3_000)) == "error the line is too long")
            await #expect(throws: ConsoleRefusal.self) { try await ask(["sum", "a"], typing: "\nx\n") }
            for length in ["-1", "65537", "x", "99999999999999999999", ""] {
                let connection = ConsoleConnection(descriptor: try ConsoleSocket.connect(socket))
                try await connection.send(Array("file\n\(length)\n".utf8))
                #expect(try await connection.line(within: .seconds(5)) == [UInt8(ascii: "<")])
                let answer = String(decoding: try await connection.line(within: .seconds(5)), as: UTF8.self)
                #expect(answer.hasPrefix("error a part of a file"), "\(length)")
            }
            // One that goes away in the middle harms nobody.
            let gone = ConsoleConnection(descriptor: try ConsoleSocket.connect(socket))
            try await gone.send(Array("sum a\n".utf8))
            #expect(try await ask(["question"]).0 == "answered")
        }
    }

    @Test("stands in no folder that others may write, over nothing else, and under no path that is too long")
    func places() throws {
        let file = folder + "/file"
        try Data([1]).write(to: URL(filePath: file))
        #expect(throws: StartError.self) { _ = try ConsoleSocket(path: file) }
        #expect(throws: StartError.self) {
            _ = try ConsoleSocket(path: folder + "/" + String(repeating: "x", count: 110))
        }
        #expect(throws: StartError.self) { _ = try ConsoleSocket(path: folder + "/nowhere/console") }
        #expect(throws: StartError.self) { _ = try ConsoleSocket.connect(socket) }
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        #expect(throws: StartError.self) { _ = try ConsoleSocket(path: socket) }
        try FileManager.default.removeItem(atPath: folder)
    }
}
