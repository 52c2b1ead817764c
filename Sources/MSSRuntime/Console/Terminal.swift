import Glibc

/// Where somebody types and reads: standard input and output, a terminal or not.
public struct Terminal: Sendable {
    private let input: Int32
    private let output: Int32

    /// Those of the process.
    public init() {
        self.init(input: STDIN_FILENO, output: STDOUT_FILENO)
    }

    public init(input: Int32, output: Int32) {
        self.input = input
        self.output = output
    }

    /// One line.
    public func show(_ text: String) {
        write(text + "\n")
    }

    /// Takes everything off a terminal's screen, and what was rolled off it.
    public func clear() {
        guard isatty(output) == 1 else { return }
        write("\u{1B}[H\u{1B}[2J\u{1B}[3J")
    }

    /// A line that is not shown while it is typed; read as it stands where there is no terminal.
    ///
    /// - Throws: ``ConsoleRefusal`` when nothing comes, or more than a line may hold.
    public func secret(_ prompt: String) throws(ConsoleRefusal) -> [UInt8] {
        var kept = termios()
        let isTerminal = isatty(input) == 1 && tcgetattr(input, &kept) == 0
        if isTerminal {
            write(prompt + ": ")
            var silent = kept
            silent.c_lflag &= ~tcflag_t(ECHO)
            guard tcsetattr(input, TCSAFLUSH, &silent) == 0 else {
                throw ConsoleRefusal("the terminal does not hide what is typed")
            }
        }
        defer {
            if isTerminal {
                tcsetattr(input, TCSAFLUSH, &kept)
                write("\n")
            }
        }
        return try line()
    }

    /// A line that is shown.
    public func answer(_ prompt: String) throws(ConsoleRefusal) -> String {
        if isatty(input) == 1 { write(prompt + ": ") }
        return String(decoding: try line(), as: UTF8.self)
    }

    /// Octet by octet: what comes after the line is the next one's.
    private func line() throws(ConsoleRefusal) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(ConsoleLine.longest + 1)
        var octet: UInt8 = 0
        while true {
            let count = read(input, &octet, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else {
                guard !line.isEmpty else { throw ConsoleRefusal("nothing was entered") }
                return line
            }
            if octet == 0x0A { return line }
            if octet == 0x0D { continue }
            line.append(octet)
            guard line.count <= ConsoleLine.longest else { throw ConsoleRefusal("the line is too long") }
        }
    }

    private func write(_ text: String) {
        let octets = Array(text.utf8)
        _ = octets.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
    }
}
