import Foundation
import MSSTestSupport
import Testing

@testable import KeyVault

@Suite("Custodians")
struct CustodianTests {
    @Test("multiply as AES does: its published products, and every element by its inverse")
    func field() {
        // FIPS 197, 4.2: {57} • {83} = {c1}, {57} • {13} = {fe}.
        #expect(GF256.multiply(0x57, 0x83) == 0xC1 && GF256.multiply(0x57, 0x13) == 0xFE)
        #expect(GF256.inverse(0x53) == 0xCA && GF256.inverse(0) == 0)
        for element in UInt8(1)...255 {
            #expect(GF256.multiply(element, GF256.inverse(element)) == 1)
            #expect(GF256.multiply(element, 1) == element && GF256.multiply(element, 0) == 0)
        }
        for left in UInt8(0)...255 {
            for right in UInt8(0)...255 { #expect(GF256.multiply(left, right) == Self.slowly(left, right)) }
        }
    }

    /// The product of polynomials and its remainder, written out.
    private static func slowly(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product = (0..<8).reduce(0) { right >> $1 & 1 == 1 ? $0 ^ Int(left) << $1 : $0 }
        for bit in (8...14).reversed() where product >> bit & 1 == 1 { product ^= 0x11B << (bit - 8) }
        return UInt8(product)
    }

    @Test("open with every K of N, whichever they are, and with no K − 1", arguments: [(2, 2), (3, 2), (5, 3), (6, 6)])
    func subsets(_ count: Int, _ need: Int) throws {
        for secret in [CustodySecret.newUnlockKey(), try .pin(Array("1234".utf8))] {
            let shares = try Custodians.share(secret, count: count, need: need)
            #expect(shares.map(\.number) == (1...UInt8(count)).map { $0 })
            for choice in 0..<(1 << count) {
                let chosen = shares.filter { choice >> ($0.number - 1) & 1 == 1 }
                if chosen.count >= need {
                    #expect(try Custodians.combine(chosen.shuffled()) == secret)
                } else {
                    let missing = Custodians.Refusal.tooFew(have: chosen.count, need: need)
                    let error = #expect(throws: Custodians.Refusal.self) { try Custodians.combine(chosen) }
                    #expect(error == missing || chosen.isEmpty)
                }
            }
        }
    }

    @Test("one less tells nothing: each value of the missing share gives another secret, all of them possible")
    func perfect() {
        let points = SecretSharing.split([0x42], count: 3, need: 3)
        let possible = (UInt8(0)...255).map { value in
            SecretSharing.combine([points[0], points[1], SecretSharing.Point(place: 3, values: [value])])[0]
        }
        #expect(Set(possible).count == 256)
    }

    @Test("read their shares from paper: small letters, blanks, O for 0, I and L for 1")
    func paper() throws {
        for share in try Custodians.share(.newUnlockKey(), count: 16, need: 9) {
            let text = share.text
            #expect(text.split(separator: "-").count == 20 && text.utf8.count < 110)
            #expect(text.allSatisfy { "0123456789ABCDEFGHJKMNPQRSTVWXYZ-".contains($0) })
            for typed in [
                text, text.lowercased(), text.replacing("-", with: ""), text.replacing("-", with: " "),
                text.replacing("0", with: "O"), text.replacing("1", with: "l"), text.replacing("1", with: "I"),
            ] {
                #expect(try CustodianShare(typed: Array(typed.utf8)) == share)
            }
            #expect(!"\(share)".contains(text.prefix(8)) && "\(share)" == "‹share \(share.number)›")
            var shown = ""
            dump(share, to: &shown)
            #expect(!shown.contains("values"))
        }
    }

    @Test("are told which share is mistyped: every single character, two exchanged, some left out or too many")
    func mistyped() throws {
        let share = try #require(try Custodians.share(.pin(Array("1234".utf8)), count: 3, need: 2).first)
        let text = Array(share.text.utf8)
        for index in text.indices where text[index] != UInt8(ascii: "-") {
            for other in Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8) where other != text[index] {
                var typed = text
                typed[index] = other
                #expect(throws: CustodianShare.Refusal.mistyped) { try CustodianShare(typed: typed) }
            }
            var cut = text
            cut.remove(at: index)
            #expect(throws: CustodianShare.Refusal.self) { try CustodianShare(typed: cut) }
            var more = text
            more.insert(UInt8(ascii: "7"), at: index)
            #expect(throws: CustodianShare.Refusal.self) { try CustodianShare(typed: more) }
            guard index > 0, text[index - 1] != UInt8(ascii: "-"), text[index - 1] != text[index] else { continue }
            var exchanged = text
            exchanged.swapAt(index, index - 1)
            #expect(throws: CustodianShare.Refusal.mistyped) { try CustodianShare(typed: exchanged) }
        }
        for foreign in ["", "12345678", "not a share!", "Ünd", String(repeating: "A", count: 5_000)] {
            #expect(throws: CustodianShare.Refusal.self) { try CustodianShare(typed: Array(foreign.utf8)) }
        }
        for cut in DamagedOctets.truncations(of: text) {
            #expect(throws: CustodianShare.Refusal.self) { try CustodianShare(typed: cut) }
        }
    }

    @Test("are told which share is of another set, came twice, or that one was forged")
    func mixed() throws {
        let (set, other) = (
            try Custodians.share(.newUnlockKey(), count: 5, need: 3),
            try Custodians.share(.newUnlockKey(), count: 5, need: 3)
        )
        try #require(set[0].set != other[0].set)
        #expect(throws: Custodians.Refusal.otherSet(4)) { try Custodians.combine([set[0], set[1], other[3]]) }
        #expect(throws: Custodians.Refusal.twice(2)) { try Custodians.combine([set[0], set[1], set[1]]) }
        #expect(throws: Custodians.Refusal.tooFew(have: 2, need: 3)) { try Custodians.combine([set[0], set[4]]) }
        #expect(throws: Custodians.Refusal.self) { try Custodians.combine([]) }
        // As somebody writes it who knows set and number of another's paper, with a check of its own.
        let forged = CustodianShare(kind: .unlockKey, set: set[0].set, need: 3, number: 5, values: other[4].values)
        #expect(try CustodianShare(typed: Array(forged.text.utf8)) == forged)
        #expect(throws: Custodians.Refusal.forged) { try Custodians.combine([set[0], set[1], forged]) }
        #expect(throws: Custodians.Refusal.forged) { try Custodians.combine(Array(set[..<4]) + [forged]) }
        for need in [UInt8(2), 4] {
            let changed = CustodianShare(
                kind: .unlockKey,
                set: set[0].set,
                need: need,
                number: 5,
                values: set[4].values
            )
            #expect(throws: Custodians.Refusal.otherSet(5)) { try Custodians.combine([set[0], set[1], changed]) }
        }
        let pin = CustodianShare(kind: .pin, set: set[0].set, need: 3, number: 5, values: set[4].values)
        #expect(throws: Custodians.Refusal.otherSet(5)) { try Custodians.combine([set[0], set[1], pin]) }
    }

    @Test("are 2 to 16, two of them needed at least; a PIN has 1 to 63 octets and its length is not shown")
    func numbers() throws {
        for (count, need) in [(1, 1), (2, 1), (2, 3), (17, 2), (0, 0), (-1, 2), (5, -1)] {
            #expect(throws: Custodians.Refusal.numbers) {
                try Custodians.share(.newUnlockKey(), count: count, need: need)
            }
        }
        for length in [0, 64, 1_000] {
            #expect(throws: VaultError.self) { try CustodySecret.pin([UInt8](repeating: 0x31, count: length)) }
        }
        var lengths: Set<Int> = []
        for length in 1...31 {
            let pin = try CustodySecret.pin([UInt8](repeating: 0x31, count: length))
            let shares = try Custodians.share(pin, count: 2, need: 2)
            lengths.insert(shares[0].text.utf8.count)
            #expect(try Custodians.combine(shares) == pin)
        }
        #expect(lengths.count == 1)
        let longest = try CustodySecret.pin([UInt8](repeating: 0xFF, count: 63))
        #expect(try Custodians.combine(try Custodians.share(longest, count: 3, need: 2).dropLast()) == longest)
    }
}
