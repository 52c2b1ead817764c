import Foundation

/// Telephone numbers that a provider may ask.
public enum NumberRange: Sendable, Hashable, CustomStringConvertible {
    /// All that begin with these digits.
    case prefix(String)
    /// From one to another of the same length, both included.
    case span(String, String)

    /// Reads `+35840`, or `+358401000000..+358401999999`; `nil` for anything else.
    public init?(_ text: String) {
        let ends = text.components(separatedBy: "..")
        let digits = ends.compactMap { end -> String? in
            let digits = String(end.dropFirst())
            return end.hasPrefix("+") && (1...15).contains(digits.utf8.count) && Digits.only(digits) ? digits : nil
        }
        guard digits.count == ends.count else { return nil }
        switch digits.count {
        case 1: self = .prefix(digits[0])
        case 2 where digits[0].utf8.count == digits[1].utf8.count && digits[0] <= digits[1]:
            self = .span(digits[0], digits[1])
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .prefix(let digits): "+" + digits
        case .span(let low, let high): "+\(low)..+\(high)"
        }
    }

    /// Whether a number is one of them.
    public func contains(_ msisdn: MSISDN) -> Bool {
        let digits = String(msisdn.digits)
        switch self {
        case .prefix(let beginning): return digits.hasPrefix(beginning)
        case .span(let low, let high):
            return digits.utf8.count == low.utf8.count && low <= digits && digits <= high
        }
    }
}
