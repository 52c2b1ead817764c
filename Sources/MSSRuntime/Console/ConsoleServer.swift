import Dispatch
import Glibc
public import Logging
public import MSSCore
public import ServiceLifecycle
import Synchronization

/// The console's part of a configuration: `[console]`; without it there is none.
public struct ConsoleConfiguration: Decodable, Sendable {
    /// Where the Unix socket is made.
    public var socket: ConfiguredPath

    public init(socket: ConfiguredPath) {
        self.socket = socket
    }
}

/// What the audit keeps of a command: `intent` before it, `result` after it.
public struct ConsoleAct: Sendable, Equatable {
    public enum Phase: String, Sendable {
        case intent, result
    }

    public var command: String
    public var peer: ConsolePeer
    public var phase: Phase
    /// `ok`, or why it was refused; of an intent nothing.
    public var outcome: String?
}

/// Serves a process's console: one command a connection, out of a table, to the process's own user and to root.
public struct ConsoleServer: Service {
    public typealias Audit = @Sendable (ConsoleAct) async throws(ConsoleRefusal) -> Void

    /// Connections at a time.
    private static let mostConnections = 8
    private static let commandTime: Duration = .seconds(10)

    private let path: String
    private let commands: [String: ConsoleCommand]
    private let audit: Audit
    private let tally: any Tally
    private let logger: Logger
    private let users: Set<UInt32>

    /// - Parameters:
    ///   - configuration: Where the socket is made.
    ///   - commands: All that can be asked.
    ///   - audit: Commits an act; a command whose intent cannot be kept is not carried out.
    ///   - tally: Counts `console_commands{command,outcome}` and `console_refused{reason}`.
    ///   - logger: Of the console.
    ///   - users: Who may use it: root and the process's own user unless told otherwise.
    public init(
        _ configuration: ConsoleConfiguration,
        commands: [ConsoleCommand],
        audit: @escaping Audit,
        tally: any Tally,
        logger: Logger,
        users: Set<UInt32>? = nil
    ) {
        path = configuration.socket.path
        self.commands = Dictionary(commands.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.audit = audit
        self.tally = tally
        self.logger = logger
        self.users = users ?? [geteuid(), 0]
    }

    /// Serves until the process stops; what is under way is then cancelled.
    ///
    /// - Throws: `StartError` when the socket cannot be had.
    public func run() async throws {
        let acceptor = ConsoleAcceptor(try ConsoleSocket(path: path))
        await cancelWhenGracefulShutdown {
            let count = ConnectionCount()
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    guard let connection = await acceptor.next() else { continue }
                    guard count.begin(most: Self.mostConnections) else {
                        refused("busy", nil)
                        continue
                    }
                    group.addTask { [self] in
                        await serve(connection)
                        count.end()
                    }
                }
                group.cancelAll()
            }
        }
    }

    private func serve(_ connection: ConsoleConnection) async {
        do throws(ConsoleRefusal) {
            let peer = try await connection.peer()
            guard users.contains(peer.uid) else {
                refused("user", peer)
                return try await connection.send(ConsoleLine.refused("this user may not use the console").octets)
            }
            let answer: ConsoleLine
            do throws(ConsoleRefusal) {
                answer = .done(
                    try await carryOut(try await connection.line(within: Self.commandTime), peer, connection)
                )
            } catch { answer = .refused(error.description) }
            try await connection.send(answer.octets)
        } catch { refused("connection", nil) }
    }

    private func carryOut(
        _ line: [UInt8],
        _ peer: ConsolePeer,
        _ connection: ConsoleConnection
    ) async throws(ConsoleRefusal) -> String {
        let words = String(validating: line, as: UTF8.self)?.split(separator: " ").map { String($0) } ?? []
        guard let name = words.first, let command = commands[name] else {
            refused("command", peer)
            throw ConsoleRefusal("no such command; there are: \(help)")
        }
        guard command.words.contains(words.count - 1) else {
            throw ConsoleRefusal("usage: \(name) \(command.usage)")
        }
        let call = ConsoleCall(peer: peer, words: Array(words.dropFirst()), dialogue: connection)
        guard command.isAudited else { return try await command.work(call) }
        return try await audited(command, call)
    }

    private func audited(_ command: ConsoleCommand, _ call: ConsoleCall) async throws(ConsoleRefusal) -> String {
        var act = ConsoleAct(command: command.name, peer: call.peer, phase: .intent)
        try await audit(act)
        act.phase = .result
        do throws(ConsoleRefusal) {
            let answer = try await command.work(call)
            act.outcome = "ok"
            tell(act)
            try await audit(act)
            return answer
        } catch {
            act.outcome = act.outcome == nil ? error.description : "done, and the audit took no result"
            tell(act)
            try? await audit(act)
            throw error
        }
    }

    private var help: String {
        commands.values.sorted { $0.name < $1.name }
            .map { $0.usage.isEmpty ? $0.name : "\($0.name) \($0.usage)" }.joined(separator: ", ")
    }

    private func tell(_ act: ConsoleAct) {
        let isDone = act.outcome == "ok"
        tally.count("console_commands", [("command", act.command), ("outcome", isDone ? "ok" : "refused")])
        logger.notice(
            "console command",
            metadata: [
                "command": "\(act.command, as: .open)", "peer": "\(act.peer.description, as: .system)",
                "outcome": "\(act.outcome ?? "", as: .system)",
            ]
        )
    }

    private func refused(_ reason: String, _ peer: ConsolePeer?) {
        tally.count("console_refused", [("reason", reason)])
        logger.warning(
            "console: refused",
            metadata: [
                "reason": "\(reason, as: .open)", "peer": "\(peer?.description ?? "unknown", as: .system)",
            ]
        )
    }
}

/// How many connections there are.
private final class ConnectionCount: Sendable {
    private let count = Atomic<Int>(0)

    func begin(most: Int) -> Bool {
        guard count.add(1, ordering: .relaxed).newValue > most else { return true }
        end()
        return false
    }

    func end() { count.subtract(1, ordering: .relaxed) }
}

/// Waits for connections on a thread of its own.
private actor ConsoleAcceptor {
    private let socket: ConsoleSocket
    private let executor = ConsoleExecutor()

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ socket: consuming ConsoleSocket) {
        self.socket = socket
    }

    func next() -> ConsoleConnection? {
        socket.accept().map { ConsoleConnection(descriptor: $0) }
    }
}

extension ConsoleConnection: ConsoleDialogue {
    private static let typingTime: Duration = .seconds(300)
    private static let octetsTime: Duration = .seconds(60)

    func report(_ line: String) async throws(ConsoleRefusal) {
        try send(ConsoleLine.progress(line).octets)
    }

    func secret(_ prompt: String) async throws(ConsoleRefusal) -> [UInt8] {
        try send(ConsoleLine.secretWanted(prompt).octets)
        let line = try line(within: Self.typingTime)
        guard !line.isEmpty else { throw ConsoleRefusal("nothing was entered") }
        return line
    }

    func hand(_ octets: [UInt8]) async throws(ConsoleRefusal) {
        var rest = octets[...]
        while !rest.isEmpty {
            let part = rest.prefix(ConsoleLine.largestPart)
            try send(ConsoleLine.handed(part.count).octets + part)
            rest = rest.dropFirst(part.count)
        }
    }

    func octets() async throws(ConsoleRefusal) -> [UInt8]? {
        try send(ConsoleLine.octetsWanted.octets)
        let length = String(decoding: try line(within: Self.octetsTime), as: UTF8.self)
        guard let count = Int(length), (0...ConsoleLine.largestPart).contains(count) else {
            throw ConsoleRefusal("a part of a file has 0 to \(ConsoleLine.largestPart) octets")
        }
        return count == 0 ? nil : try octets(count, within: Self.octetsTime)
    }
}
