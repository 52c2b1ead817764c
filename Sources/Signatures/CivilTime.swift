import struct Foundation.Date

/// A date in the proleptic Gregorian calendar, UTC; years begin in March inside, so that leap days come last.
struct CivilTime {
    var year: Int
    var month: Int
    var day: Int
    /// Since midnight.
    var second: Int

    init(_ date: Date) {
        let seconds = Int(date.timeIntervalSince1970.rounded(.down))
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        second = seconds - days * 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// UTCTime until 2049, GeneralizedTime from then on (RFC 5652 §11.3).
    var utcOrGeneralized: (tag: UInt8, octets: [UInt8]) {
        let isUTC = (1950..<2050).contains(year)
        let text =
            Self.digits(isUTC ? year % 100 : year, isUTC ? 2 : 4)
            + [month, day, second / 3_600, second / 60 % 60, second % 60].map { Self.digits($0, 2) }.joined() + "Z"
        return (isUTC ? 0x17 : 0x18, Array(text.utf8))
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
