import Foundation

/// How long a message may wait for its handset (SMPP 3.4 §7.1.1): an hour at most, here.
enum ValidityPeriod {
    static let longest = Duration.seconds(3_600)

    /// - Parameters:
    ///   - text: `YYMMDDhhmmsstnnp`: relative with `R` as its end, otherwise a point in time with `nn` quarters of an
    ///     hour ahead (`+`) or behind (`-`) of UTC; or empty.
    ///   - now: Seconds since 1970.
    /// - Returns: `nil` if it is no time.
    static func duration(_ text: String, now: Int = time(nil)) -> Duration? {
        guard !text.isEmpty else { return longest }
        let octets = Array(text.utf8)
        let digits: [Int] = octets.prefix(15).map { Int($0) - 0x30 }
        guard octets.count == 16, digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        let parts: [Int] = (0..<6).map { (index: Int) -> Int in digits[2 * index] * 10 + digits[2 * index + 1] }
        let offset: Int = (digits[13] * 10 + digits[14]) * 900
        let seconds: Int
        switch octets[15] {
        case UInt8(ascii: "R"):
            let days: Int = parts[0] * 365 + parts[1] * 30 + parts[2]
            let minutes: Int = (days * 24 + parts[3]) * 60 + parts[4]
            seconds = minutes * 60 + parts[5]
        case UInt8(ascii: "+"): seconds = Self.seconds(parts) - offset - now
        case UInt8(ascii: "-"): seconds = Self.seconds(parts) + offset - now
        default: return nil
        }
        return min(.seconds(max(0, seconds)), longest)
    }

    /// Since 1970.
    private static func seconds(_ parts: [Int]) -> Int {
        var point = tm()
        point.tm_year = Int32(parts[0] + 100)
        point.tm_mon = Int32(parts[1] - 1)
        point.tm_mday = Int32(parts[2])
        point.tm_hour = Int32(parts[3])
        point.tm_min = Int32(parts[4])
        point.tm_sec = Int32(parts[5])
        return timegm(&point)
    }
}
