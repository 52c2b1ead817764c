/// One command of a process's local console: a name, and what is done.
///
/// The commands of a process are a table, made where it is composed; nothing else can be asked of its console.
public struct ConsoleCommand: Sendable {
    /// Carries the command out and says how it went, in one line.
    public typealias Work = @Sendable (_ call: ConsoleCall) async throws(ConsoleRefusal) -> String

    public var name: String
    /// Its words, as `help` shows them; empty for a command without any.
    public var usage: String
    /// How many words it takes.
    public var words: ClosedRange<Int>
    /// Whether an intent is committed to the audit before, and the result after it; not for questions.
    public var isAudited: Bool
    public var work: Work

    public init(
        _ name: String,
        usage: String = "",
        words: ClosedRange<Int> = 0...0,
        isAudited: Bool = true,
        work: @escaping Work
    ) {
        self.name = name
        self.usage = usage
        self.words = words
        self.isAudited = isAudited
        self.work = work
    }
}

/// Why a command was not carried out: one line for the one at the console, without secrets.
public struct ConsoleRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) {
        description = OneLine.text(text)
    }
}

/// Who is at the console, as the kernel says.
public struct ConsolePeer: Sendable, Equatable, CustomStringConvertible {
    public var uid: UInt32
    public var pid: Int32
    public var description: String { "uid \(uid) pid \(pid)" }

    public init(uid: UInt32, pid: Int32) {
        self.uid = uid
        self.pid = pid
    }
}

/// A command that is under way: what it was given, and the way to the one who gave it.
public struct ConsoleCall: Sendable {
    public let peer: ConsolePeer
    public let words: [String]
    private let dialogue: any ConsoleDialogue

    public init(peer: ConsolePeer, words: [String], dialogue: any ConsoleDialogue) {
        self.peer = peer
        self.words = words
        self.dialogue = dialogue
    }

    /// Tells how far it is.
    public func report(_ line: String) async throws(ConsoleRefusal) {
        try await dialogue.report(OneLine.text(line))
    }

    /// Asks for a line that is not shown while it is typed: 1 to 1,000 octets, without its end.
    public func secret(_ prompt: String) async throws(ConsoleRefusal) -> [UInt8] {
        try await dialogue.secret(OneLine.text(prompt))
    }

    /// Asks for the next octets of what the command was called with, a file for instance: up to 64 KiB at a time.
    ///
    /// - Returns: `nil` after the last.
    public func octets() async throws(ConsoleRefusal) -> [UInt8]? {
        try await dialogue.octets()
    }

    /// Hands octets over, for a file of the caller's, who keeps them if the command ends well.
    public func hand(_ octets: [UInt8]) async throws(ConsoleRefusal) {
        try await dialogue.hand(octets)
    }
}

/// The other side of a command: a connection, or a test.
public protocol ConsoleDialogue: Sendable {
    func report(_ line: String) async throws(ConsoleRefusal)
    func secret(_ prompt: String) async throws(ConsoleRefusal) -> [UInt8]
    func octets() async throws(ConsoleRefusal) -> [UInt8]?
    func hand(_ octets: [UInt8]) async throws(ConsoleRefusal)
}

extension ConsoleDialogue {
    /// Where nobody can take anything.
    public func hand(_ octets: [UInt8]) async throws(ConsoleRefusal) {
        throw ConsoleRefusal("nothing can be handed over here")
    }
}
