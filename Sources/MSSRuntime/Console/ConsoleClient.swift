/// The other end of a console, in the hands of whoever types: runs one command.
public enum ConsoleClient {
    /// Sends a command, shows what comes, asks for what is wanted, and returns the answer.
    ///
    /// - Parameters:
    ///   - path: The socket.
    ///   - command: The command and its words; none holds a blank.
    ///   - terminal: Who types.
    ///   - file: Gives the next octets of what is sent along, at most as many as asked for; empty after the last.
    ///   - take: Keeps what was handed over, once the command has ended well.
    /// - Returns: The last line of the answer: what was done.
    /// - Throws: `StartError` if nobody is there; `ConsoleRefusal` with the process's own words.
    public static func run(
        _ path: String,
        _ command: [String],
        terminal: Terminal = Terminal(),
        file: ((_ most: Int) throws -> [UInt8])? = nil,
        take: ((_ octets: [UInt8]) throws -> Void)? = nil
    ) async throws -> String {
        let connection = ConsoleConnection(descriptor: try ConsoleSocket.connect(path))
        guard command.allSatisfy({ !$0.isEmpty && !$0.contains(" ") && !$0.contains("\n") }) else {
            throw ConsoleRefusal("a word of a command is empty or holds a blank")
        }
        // Who is not served may find the other side closed; its reason still waits to be read.
        let isHeard = (try? await connection.send(Array((command.joined(separator: " ") + "\n").utf8))) != nil
        var handed: [UInt8] = []
        while true {
            let octets = try await connection.line(within: isHeard ? patience : .seconds(1))
            switch ConsoleLine(octets) {
            case .progress(let text): terminal.show(text)
            case .secretWanted(let prompt):
                var secret = try terminal.secret(prompt) + [0x0A]
                defer { secret.wipe() }
                try await connection.send(secret)
            case .octetsWanted:
                let part = try file?(ConsoleLine.largestPart) ?? []
                try await connection.send(Array("\(part.count)\n".utf8) + part)
            case .handed(let count):
                guard take != nil, handed.count + count <= mostHanded else {
                    throw ConsoleRefusal("the process hands over what nobody asked for")
                }
                handed += try await connection.octets(count, within: .seconds(60))
            case .done(let text):
                if !handed.isEmpty { try take?(handed) }
                return text
            case .refused(let text): throw ConsoleRefusal(text)
            case nil: throw ConsoleRefusal("the process said something that is no line of a console")
            }
        }
    }

    /// Octets that a command may hand over.
    private static let mostHanded = 256 << 20
    /// Between two lines of the process.
    private static let patience: Duration = .seconds(600)
}
