import MSSTestSupport
import Testing

@testable import AE

@Suite("The table of ported numbers")
struct PortedNumbersTests {
    private static let homes = ["north", "south"]
    private static let table = """
        mssp-ported-numbers 1 7 3
        358401234567 south
        35850111222 north
        3584012345678 south

        """

    private func read(
        _ text: String,
        _ form: PortedReader.Form = .table,
        piece: Int = 1 << 20
    ) throws(PortedProblem) -> PortedNumbers {
        var reader = PortedReader(form, homes: Self.homes)
        let octets = Array(text.utf8)
        var start = 0
        while start < octets.count {
            let end = min(octets.count, start + piece)
            try take(octets[start..<end], &reader)
            start = end
        }
        return try reader.finish()
    }

    private func take(_ octets: ArraySlice<UInt8>, _ reader: inout PortedReader) throws(PortedProblem) {
        try octets.withUnsafeBytes { bytes in Result { () throws(PortedProblem) in try reader.take(bytes) } }.get()
    }

    private func problem(_ text: String, _ form: PortedReader.Form = .table) throws -> String {
        try #require(throws: PortedProblem.self) { try read(text, form) }.description
    }

    @Test("is read in any order, and in pieces of any size", arguments: [1, 2, 3, 7, 64, 1 << 20])
    func pieces(piece: Int) throws {
        let numbers = try read(Self.table, piece: piece)
        #expect(numbers.count == 3 && numbers.serial == 7)
        #expect(numbers.home(of: 358_401_234_567) == 1)
        #expect(numbers.home(of: 35_850_111_222) == 0)
        #expect(numbers.home(of: 3_584_012_345_678) == 1)
        for stranger: UInt64 in [358_401_234_566, 358_401_234_568, 0, 999_999_999_999_999] {
            #expect(numbers.home(of: stranger) == nil)
        }
    }

    @Test("is looked up with its changes, and without those of another table")
    func changes() throws {
        let table = PortedTable()
        #expect(table.home(of: 358_401_234_567) == nil && table.count == 0 && table.serial == 0)
        let changes = try read("mssp-ported-changes 1 7 8 2\n358401234567 -\n358409999999 north\n", .changes)
        #expect(!table.take(changes))
        #expect(table.take(try read(Self.table)))
        #expect(table.home(of: 358_401_234_567) == 1)
        #expect(table.take(changes))
        #expect(table.home(of: 358_401_234_567) == nil && table.home(of: 358_409_999_999) == 0)
        #expect(table.home(of: 35_850_111_222) == 0 && table.serial == 8 && table.count == 3)
        // The same table once more keeps its changes, another one does not.
        #expect(table.take(try read(Self.table)) && table.serial == 8)
        #expect(table.take(try read("mssp-ported-numbers 1 9 1\n358401234567 north\n")))
        #expect(table.home(of: 358_401_234_567) == 0 && table.serial == 9)
        #expect(!table.take(changes))
        #expect(table.home(of: 358_409_999_999) == nil)
        #expect(table.take(try read("mssp-ported-changes 1 9 10 1\n358401234567 south\n", .changes)))
        #expect(table.home(of: 358_401_234_567) == 1)
        table.dropChanges()
        #expect(table.home(of: 358_401_234_567) == 0)
    }

    @Test(
        "is taken whole or not at all",
        arguments: [
            ("", "it does not begin with"), ("358401234567 south\n", "line 1 is none"),
            ("mssp-ported-numbers 2 7 0\n", "line 1 is none"), ("mssp-ported-numbers 1 0 0\n", "line 1 is none"),
            ("mssp-ported-numbers 1 7 20000001\n", "line 1 is none"),
            ("mssp-ported-changes 1 6 7 0\n", "line 1 is none"),
            ("mssp-ported-numbers 1 7 2\n358401234567 south\n", "it has 1 whole lines"),
            ("mssp-ported-numbers 1 7 1\n358401234567 south", "it has 0 whole lines"),
            ("mssp-ported-numbers 1 7 0\n358401234567 south\n", "line 2 is one more"),
            ("mssp-ported-numbers 1 7 1\n358401234567 west\n", "line 2 names a home"),
            ("mssp-ported-numbers 1 7 1\n358401234567 -\n", "line 2 names a home"),
            ("mssp-ported-numbers 1 7 1\n358401234567\n", "line 2 must be"),
            ("mssp-ported-numbers 1 7 1\n358401234567 \n", "line 2 names a home"),
            ("mssp-ported-numbers 1 7 1\n+358401234567 south\n", "line 2 must be"),
            ("mssp-ported-numbers 1 7 1\n0358401234567 south\n", "line 2 must be"),
            ("mssp-ported-numbers 1 7 1\n358401 south\n", "line 2 must be"),
            ("mssp-ported-numbers 1 7 1\n3584012345678901 south\n", "line 2 has a number of more"),
            ("mssp-ported-numbers 1 7 1\n358401234567 south\r\n", "line 2 names a home"),
            ("mssp-ported-numbers 1 7 2\n3584012 south\n3584012 north\n", "line 3 has the number"),
            ("mssp-ported-numbers 1 7 3\n3584013 south\n3584012 south\n3584013 north\n", "a number stands in it twice"),
        ]
    )
    func refused(text: String, says: String) throws {
        let problem = try problem(text)
        #expect(problem.hasPrefix(says), "\(problem)")
        #expect(!problem.contains("35840"))
    }

    @Test("has no line of any length in memory")
    func longLine() throws {
        let long = String(repeating: "3", count: 1_000)
        #expect(try problem("mssp-ported-numbers 1 7 1\n" + long).hasPrefix("line 2 is too long"))
        var reader = PortedReader(.table, homes: Self.homes)
        let piece = Array(repeating: UInt8(ascii: "3"), count: 60)
        try take(piece[...], &reader)
        do throws(PortedProblem) {
            try take(piece[...], &reader)
            Issue.record("a line of 120 octets was kept")
        } catch { #expect(error.description == "line 1 is too long") }
    }

    @Test("stands every damage: a cut file is none, a damaged one is none or another whole one")
    func damaged() throws {
        let octets = Array(Self.table.utf8)
        for cut in DamagedOctets.truncations(of: octets) {
            #expect(throws: PortedProblem.self) { try read(String(decoding: cut, as: UTF8.self)) }
        }
        for flipped in DamagedOctets.bitFlips(of: octets) {
            guard let numbers = try? read(String(decoding: flipped, as: UTF8.self)) else { continue }
            #expect(numbers.count == 3)
        }
    }

    @Test("takes eight octets a number")
    func size() throws {
        let count = 20_000
        var text = "mssp-ported-numbers 1 1 \(count)\n"
        for number in 0..<count { text += "\(358_400_000_000 + number * 7) \(number % 3 == 0 ? "north" : "south")\n" }
        let numbers = try read(text)
        #expect(numbers.octets == 8 * count)
        for number in stride(from: 0, to: count, by: 97) {
            #expect(numbers.home(of: UInt64(358_400_000_000 + number * 7)) == (number % 3 == 0 ? 0 : 1))
            #expect(numbers.home(of: UInt64(358_400_000_001 + number * 7)) == nil)
        }
    }
}
