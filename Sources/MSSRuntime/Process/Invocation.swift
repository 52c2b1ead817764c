/// How a service was called: `NAME [COMMAND [ARGUMENT…]] --config FILE`.
public struct Invocation: Sendable, Equatable {
    /// The command of a call that names none.
    public static let run = "run"

    /// The configuration file, as it was written.
    public var configuration: String
    /// `run`, or another command of this service.
    public var command: String
    /// What follows the command.
    public var arguments: [String]
    /// Values of the options that commands of this service have, by name without hyphens.
    public var options: [String: String]

    public init(
        configuration: String,
        command: String = Invocation.run,
        arguments: [String] = [],
        options: [String: String] = [:]
    ) {
        self.configuration = configuration
        self.command = command
        self.arguments = arguments
        self.options = options
    }
}

extension Invocation {
    /// What a command line asks for.
    enum Reading: Equatable {
        case invocation(Invocation)
        case help
        case version
        /// One line for the one who typed it.
        case wrong(String)
    }

    /// Reads the words after the program's name; `commands` are those besides `run`, `options` take a value each,
    /// `flags` none: theirs is `yes`.
    static func read(
        _ words: some Sequence<String>,
        commands: [String],
        options known: [String] = [],
        flags: [String] = []
    ) -> Reading {
        var configuration: String?
        var options: [String: String] = [:]
        var positional: [String] = []
        var remaining = words.makeIterator()
        while let word = remaining.next() {
            switch word {
            case "--help", "-h": return .help
            case "--version": return .version
            case "--config":
                guard configuration == nil, let value = remaining.next(), !value.isEmpty else {
                    return .wrong("--config wants one FILE")
                }
                configuration = value
            case _ where word.hasPrefix("--config="):
                guard configuration == nil, word.count > "--config=".count else {
                    return .wrong("--config wants one FILE")
                }
                configuration = String(word.dropFirst("--config=".count))
            case _ where word.hasPrefix("--") && known.contains(String(word.dropFirst(2))):
                let name = String(word.dropFirst(2))
                guard options[name] == nil, let value = remaining.next(), !value.isEmpty else {
                    return .wrong("\(word) wants one value")
                }
                options[name] = value
            case _ where word.hasPrefix("--") && flags.contains(String(word.dropFirst(2))):
                options[String(word.dropFirst(2))] = "yes"
            case _ where word.hasPrefix("-"):
                return .wrong("unknown option \(word)")
            default:
                positional.append(word)
            }
        }
        let command = positional.first ?? run
        guard command == run || commands.contains(command) else { return .wrong("unknown command \(command)") }
        guard command != run || positional.count <= 1 else { return .wrong("unexpected argument \(positional[1])") }
        guard command != run || options.isEmpty else { return .wrong("an option of another command") }
        guard let configuration else { return .wrong("--config FILE is missing") }
        return .invocation(
            Invocation(
                configuration: configuration,
                command: command,
                arguments: Array(positional.dropFirst()),
                options: options
            )
        )
    }

    /// The answer to `--help`.
    static func usage(_ name: String, commands: [String], lines: [String] = []) -> String {
        let choice = ([run] + commands).joined(separator: "|")
        let calls = ["[\(choice)] --config FILE"] + lines + ["--help | --version"]
        return "usage: " + calls.map { "\(name) \($0)\n" }.joined(separator: "       ")
    }
}
