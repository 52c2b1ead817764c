import struct Foundation.Date

/// xs:dateTime, read and written without a formatter: it is in every message (XML Schema Part 2 §3.2.7).
enum WireTime {
    /// `2026-11-24T12:34:56.789Z`; a date before the year 1 or after 9999 as the nearest one between.
    static func text(_ date: Date) -> String {
        let seconds = min(max(date.timeIntervalSince1970, -62_135_596_800), 253_402_300_799)
        let milliseconds = Int((seconds * 1000).rounded())
        let (days, time) = floorDivide(milliseconds, 86_400_000)
        let (year, month, day) = civil(days)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let thousandths = time % 1000
        let fraction = (thousandths < 100 ? "0" : "") + (thousandths < 10 ? "0" : "") + "\(thousandths)"
        let leading = year < 1000 ? String(repeating: "0", count: 4 - "\(year)".utf8.count) : ""
        return "\(leading)\(year)-\(two(month))-\(two(day))T\(two(time / 3_600_000)):\(two(time / 60_000 % 60)):"
            + "\(two(time / 1000 % 60)).\(fraction)Z"
    }

    /// Reads a time with or without a fraction, in UTC where it names no zone.
    ///
    /// - Returns: `nil` for anything else.
    static func date(_ text: String) -> Date? {
        var reader = Digits(text.utf8[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T"), let hour = reader.number(2), reader.skip(":"),
            let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60,
            let fraction = reader.fraction(), let offset = reader.zone()
        else { return nil }
        let days = days(year, month, day)
        // The 31st of a shorter month would be a day of the next one.
        guard year > 0, civil(days).day == day else { return nil }
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    private struct Digits {
        private var rest: Substring.UTF8View

        init(_ text: Substring.UTF8View) {
            rest = text
        }

        mutating func number(_ count: Int) -> Int? {
            guard rest.count >= count else { return nil }
            var value = 0
            for _ in 0..<count {
                guard let octet = rest.popFirst(), (0x30...0x39).contains(octet) else { return nil }
                value = value * 10 + Int(octet - 0x30)
            }
            return value
        }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard let octet = rest.first, UInt32(octet) == character.value else { return false }
            rest.removeFirst()
            return true
        }

        /// Up to nine digits after a point; 0 without one.
        mutating func fraction() -> Double? {
            guard skip(".") else { return 0 }
            var value = 0.0
            var scale = 0.1
            var count = 0
            while let octet = rest.first, (0x30...0x39).contains(octet) {
                value += Double(octet - 0x30) * scale
                scale /= 10
                count += 1
                rest.removeFirst()
            }
            return (1...9).contains(count) ? value : nil
        }

        /// Minutes east of UTC; whatever is left must be the zone.
        mutating func zone() -> Int? {
            guard let first = rest.popFirst() else { return 0 }
            if first == 0x5A { return rest.isEmpty ? 0 : nil }
            guard first == 0x2B || first == 0x2D, let hours = number(2), skip(":"), let minutes = number(2),
                rest.isEmpty, hours <= 14, minutes < 60
            else { return nil }
            return (first == 0x2B ? 1 : -1) * (hours * 60 + minutes)
        }
    }

    /// Days since 1970 of a date in the proleptic Gregorian calendar; years begin in March here, leap days come last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400).0
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let (era, dayOfEra) = floorDivide(shifted, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func floorDivide(_ value: Int, _ by: Int) -> (Int, Int) {
        let quotient = value >= 0 ? value / by : -((-value + by - 1) / by)
        return (quotient, value - quotient * by)
    }
}
