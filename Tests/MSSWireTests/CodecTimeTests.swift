import Foundation
import Testing

@testable import MSSWire

@Suite("xs:dateTime")
struct CodecTimeTests {
    @Test(
        "times are read with and without fraction and zone",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-01T00:00:00Z", 1_767_225_600),
            ("2026-01-01T00:00:00", 1_767_225_600),
            ("2026-01-01T02:00:00+02:00", 1_767_225_600), ("2025-12-31T14:30:00.000-09:30", 1_767_225_600),
            ("2024-02-29T12:00:00Z", 1_709_208_000), ("2026-01-01T00:00:00.5Z", 1_767_225_600.5),
            ("1969-12-31T23:59:59Z", -1), ("2000-03-01T00:00:00Z", 951_868_800),
            ("2026-01-01T00:00:00.000000000Z", 1_767_225_600),
        ]
    )
    func read(_ text: String, _ seconds: Double) {
        #expect(WireTime.date(text)?.timeIntervalSince1970 == seconds)
    }

    @Test(
        "anything else is not",
        arguments: [
            "", "now", "2026-01-01", "2026-01-01 00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00z", "2026-01-01T00:00:00+2:00",
            "2026-01-01T00:00:00+15:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z",
            "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "+2026-01-01T00:00:00Z", "20261-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ", "２026-01-01T00:00:00Z",
        ]
    )
    func refused(_ text: String) {
        #expect(WireTime.date(text) == nil)
    }

    @Test("every written millisecond is read back as it was")
    func roundTrip() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            let milliseconds = Int64.random(in: -62_135_596_800_000...253_402_300_799_000, using: &generator)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            let text = WireTime.text(date)
            let read = WireTime.date(text)?.timeIntervalSince1970 ?? .nan
            #expect((read * 1000).rounded() == Double(milliseconds), "\(text)")
            #expect(text.utf8.count == 24)
        }
        #expect(WireTime.text(Date(timeIntervalSince1970: 1_767_225_600.789)) == "2026-01-01T00:00:00.789Z")
    }

    @Test("a date beyond all calendars is written as the nearest one that can be")
    func extremes() {
        #expect(WireTime.text(Date(timeIntervalSince1970: .infinity)) == "9999-12-31T23:59:59.000Z")
        #expect(WireTime.text(Date(timeIntervalSince1970: -1e300)) == "0001-01-01T00:00:00.000Z")
    }
}
