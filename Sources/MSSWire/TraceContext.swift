import Hummingbird
import MSSCore

/// A trace as HTTP carries it (W3C Trace Context, level 2).
///
/// Who calls may bring one: then its request has the same id in its own log and in ours. An id is a name in logs and no
/// more; that two callers bring the same one hurts nobody.
enum TraceContext {
    /// What a request brings.
    static let request = HTTPFields.Element.Name("traceparent")
    /// What an answer tells.
    static let answer = HTTPFields.Element.Name("traceresponse")

    /// The id of `traceparent`; `nil` for one that is not as §3.2 has it, which counts as none.
    static func trace(_ text: String?) -> TraceID? {
        guard let text, text.utf8.count <= 256 else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, isHexadecimal(parts[0], 2), parts[0] != "ff", isHexadecimal(parts[1], 32),
            isHexadecimal(parts[2], 16), parts[2].contains(where: { $0 != "0" }), isHexadecimal(parts[3], 2),
            // What later versions add, this one does not have.
            parts.count == 4 || parts[0] != "00"
        else { return nil }
        return TraceID(String(parts[1]))
    }

    /// A trace with an id of its own for this step of it.
    static func text(_ trace: TraceID) -> String {
        "00-\(trace)-\(Hexadecimal.text(UInt64.random(in: 1 ... .max)))-01"
    }

    private static func isHexadecimal(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
