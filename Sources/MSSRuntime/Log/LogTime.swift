import Glibc

/// A moment in time as log and audit write it: RFC 3339, UTC, milliseconds.
public struct LogTime: Sendable, Equatable {
    private let seconds: Int
    private let milliseconds: Int

    /// - Parameters:
    ///   - seconds: Since 1970-01-01T00:00:00Z.
    ///   - milliseconds: 0 to 999.
    public init(seconds: Int, milliseconds: Int = 0) {
        self.seconds = seconds
        self.milliseconds = milliseconds
    }

    /// The present, by the system's clock.
    public static func now() -> LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// Appends `2026-01-31T23:59:59.999Z`.
    func write(to octets: inout [UInt8]) {
        let day = Int((Double(seconds) / 86_400).rounded(.down))
        let second = seconds - day * 86_400
        let date = Self.date(ofDay: day)
        Self.digits(date.year, 4, "-", &octets)
        Self.digits(date.month, 2, "-", &octets)
        Self.digits(date.day, 2, "T", &octets)
        Self.digits(second / 3_600, 2, ":", &octets)
        Self.digits(second / 60 % 60, 2, ":", &octets)
        Self.digits(second % 60, 2, ".", &octets)
        Self.digits(milliseconds, 3, "Z", &octets)
    }

    private static func digits(_ number: Int, _ count: Int, _ end: Unicode.Scalar, _ octets: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            octets.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
        octets.append(UInt8(ascii: end))
    }

    /// The Gregorian date of a day counted from 1970-01-01; a year begins in March here, so that the leap day is last.
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}
