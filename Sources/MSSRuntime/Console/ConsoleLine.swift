/// The console's protocol, a line at a time (docs/operations.md, "The console").
///
/// The client sends a command and its words in one line. The process answers with lines whose first word says what they
/// are, until `ok` or `error` ends it:
///
/// | line | the client |
/// |---|---|
/// | `- TEXT` | shows it |
/// | `? PROMPT` | sends one line, typed without echo |
/// | `> LENGTH` | takes so many octets, which follow; it keeps them if all ends with `ok` |
/// | `<` | sends `LENGTH`, a line's end and so many octets of its file; length 0 after the last |
/// | `ok TEXT`, `error TEXT` | has its answer |
enum ConsoleLine: Equatable {
    case progress(String)
    case secretWanted(String)
    case octetsWanted
    /// So many octets follow.
    case handed(Int)
    case done(String)
    case refused(String)

    /// Octets of a line, without its end.
    static let longest = 1_000
    /// Octets of a part of a file.
    static let largestPart = 64 << 10

    /// What is written, with its end.
    var octets: [UInt8] {
        let text =
            switch self {
            case .progress(let text): "- " + text
            case .secretWanted(let prompt): "? " + prompt
            case .octetsWanted: "<"
            case .handed(let count): "> \(count)"
            case .done(let text): text.isEmpty ? "ok" : "ok " + text
            case .refused(let text): "error " + text
            }
        return Array(Self.cut(text).utf8) + [0x0A]
    }

    /// Text of one line that fits.
    private static func cut(_ text: String) -> String {
        var text = OneLine.text(text)
        while text.utf8.count > longest { text.removeLast() }
        return text
    }

    /// Reads a line; `nil` for one that this protocol does not have.
    init?(_ octets: [UInt8]) {
        guard let line = String(validating: octets, as: UTF8.self) else { return nil }
        let word = line.prefix { $0 != " " }
        let text = OneLine.text(String(line.dropFirst(word.count + 1)))
        switch word {
        case "-": self = .progress(text)
        case "?": self = .secretWanted(text)
        case "<" where text.isEmpty: self = .octetsWanted
        case ">":
            guard let count = Int(text), (1...Self.largestPart).contains(count) else { return nil }
            self = .handed(count)
        case "ok": self = .done(text)
        case "error": self = .refused(text)
        default: return nil
        }
    }
}
