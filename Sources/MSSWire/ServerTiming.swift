import Hummingbird

/// The SIM side's part of an answer's time, in the header `Server-Timing: sim;dur=12.345` (milliseconds).
///
/// For measuring: a mesh tells it, the edge only where it is configured.
enum ServerTiming {
    static let name = HTTPFields.Element.Name("Server-Timing")
    private static let prefix = "sim;dur="

    static func text(_ time: Duration) -> String {
        let microseconds = max(0, Int(time / .microseconds(1)))
        return "\(prefix)\(microseconds / 1000).\(String(1000 + microseconds % 1000).dropFirst())"
    }

    /// Reads what ``text(_:)`` writes; `nil` for anything else and for more than a day.
    static func duration(_ text: String) -> Duration? {
        guard text.hasPrefix(prefix), let milliseconds = Double(text.dropFirst(prefix.count)),
            (0...86_400_000).contains(milliseconds)
        else { return nil }
        return .microseconds(Int((milliseconds * 1000).rounded()))
    }
}
