import Foundation
import MSSTestSupport
@_spi(KeyMaterial) import OTA
import Testing

@Suite("A card batch's profile")
struct CardProfileTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    @Test("is of AES, or of triple DES with a permission of the same algorithm")
    func construction() throws {
        for algorithm in OTAAlgorithm.allCases {
            let permission = LegacyPermission(batch: "B", algorithm: algorithm, lastDay: "2027-06-30")
            #expect((permission != nil) == algorithm.isLegacy)
            guard algorithm.isLegacy else { continue }
            #expect(throws: CardProfileError.legacyWithoutPermission) {
                try CardProfile(algorithm: algorithm, keyVersion: 1)
            }
            #expect(throws: CardProfileError.checksumLength) {
                try CardProfile(algorithm: algorithm, keyVersion: 1, checksumLength: 4, legacy: permission)
            }
            #expect(throws: CardProfileError.permissionWithoutNeed) {
                try CardProfile(algorithm: .aes128, keyVersion: 1, legacy: permission)
            }
        }
        let two = LegacyPermission(batch: "B", algorithm: .tripleDES2, lastDay: "2027-06-30")
        #expect(throws: CardProfileError.legacyWithoutPermission) {
            try CardProfile(algorithm: .tripleDES3, keyVersion: 1, legacy: two)
        }
        for version in [UInt8(0), 16, 255] {
            #expect(throws: CardProfileError.keyVersion) { try CardProfile(algorithm: .aes256, keyVersion: version) }
        }
        for length in -1...20 where length != 4 && length != 8 {
            #expect(throws: CardProfileError.checksumLength) {
                try CardProfile(algorithm: .aes256, keyVersion: 1, checksumLength: length)
            }
        }
        #expect(Set(OTAAlgorithm.allCases.map(\.rawValue)) == ["aes-128", "aes-192", "aes-256", "3des-2", "3des-3"])
        for name in ["des", "des-ecb", "implicit", "aes", ""] { #expect(OTAAlgorithm(rawValue: name) == nil) }
    }

    @Test("has a permission that ends with its last day in UTC")
    func permission() throws {
        let permission = try #require(LegacyPermission(batch: "B7", algorithm: .tripleDES3, lastDay: "2027-01-15"))
        let midnight = Date(timeIntervalSince1970: 1_800_057_600)
        #expect(!permission.isOver(at: midnight.addingTimeInterval(-1)) && permission.isOver(at: midnight))
        for day in [
            "", "2027-02-29", "2027-13-01", "2027-1-5", "27-01-05", "2027-01-15T00:00:00Z", " 2027-01-15", "15.1.2027",
        ] {
            #expect(LegacyPermission(batch: "B", algorithm: .tripleDES3, lastDay: day) == nil, "\(day)")
        }
        #expect(LegacyPermission(batch: "", algorithm: .tripleDES3, lastDay: "2027-01-15") == nil)
    }

    @Test("sends nothing under triple DES after the last day, and reads what still comes")
    func ended() throws {
        let permission = LegacyPermission(batch: "B7", algorithm: .tripleDES2, lastDay: "2027-01-15")
        let profile = try CardProfile(algorithm: .tripleDES2, keyVersion: 1, receipt: .protected, legacy: permission)
        let keyset = try someKeyset(.tripleDES2)
        let tar = try #require(TAR([1, 2, 3]))
        let sealed = try SealedCommand([1], to: tar, profile: profile, under: keyset, counter: 1, at: now).packet
        #expect(try OpenedCommand(sealed, profile: profile, under: keyset).packet.data == [1])
        #expect(throws: OTAError.legacyEnded) {
            _ = try SealedCommand([1], to: tar, profile: profile, under: keyset, counter: 2, at: now + 86_400)
        }
        let response = ResponsePacket(tar: tar, counter: 1, status: 0, data: [7])
        let receipt = try Receipt(response.sealed(profile: profile, under: keyset), profile: profile, under: keyset)
        guard case .authentic(let authentic) = receipt else { Issue.record("a hint"); return }
        #expect(authentic.data == [7])
    }

    @Test("opens what it sealed, asks for the receipt it names, and refuses keys of another algorithm")
    func roundTrip() throws {
        let tar = try #require(TAR([0xB0, 0, 1]))
        for receipt in CardProfile.Receipt.allCases {
            for profile in try everyProfile(receipt: receipt) {
                let keyset = try someKeyset(profile.algorithm)
                let sealed = try SealedCommand(
                    [1, 2, 3],
                    to: tar,
                    profile: profile,
                    under: keyset,
                    counter: 5,
                    at: now
                )
                let opened = try OpenedCommand(sealed.packet, profile: profile, under: keyset)
                #expect(opened.packet.data == [1, 2, 3] && opened.counter == 5)
                let spi = opened.packet.header.spi
                #expect(spi.first == 0x16 && spi.wantsReceipt == (receipt != .none))
                #expect(spi.isReceiptCiphered == (receipt == .protected))
                #expect((spi.receiptCheck == .cryptographic) == (receipt == .protected))
            }
        }
        for profile in try everyProfile() where profile.keyVersion == 1 {
            for algorithm in OTAAlgorithm.allCases where algorithm != profile.algorithm {
                let other = try someKeyset(algorithm)
                #expect(throws: OTAError.insufficientSecurity) {
                    _ = try SealedCommand([1], to: tar, profile: profile, under: other, counter: 5, at: now)
                }
            }
        }
    }

    @Test("accepts no other profile's packets: version, algorithm and length of the checksum are the batch's")
    func others() throws {
        let tar = try #require(TAR([0xB0, 0, 1]))
        let profiles = try everyProfile().filter { $0.keyVersion <= 2 }
        for profile in profiles {
            let keyset = try someKeyset(profile.algorithm)
            let sealed = try SealedCommand([1], to: tar, profile: profile, under: keyset, counter: 5, at: now).packet
            for other in profiles where other != profile {
                #expect(throws: OTAError.self) {
                    try OpenedCommand(sealed, profile: other, under: try someKeyset(other.algorithm))
                }
            }
        }
    }

    @Test("has no keys of triple DES that are single DES, parity bits left out")
    func degenerate() throws {
        let one = [UInt8](repeating: 0x10, count: 8)
        let two = [UInt8](repeating: 0x20, count: 8)
        let three = [UInt8](repeating: 0x40, count: 8)
        let oneAgain = one.map { $0 | 1 }
        for bad in [one + one, one + oneAgain] {
            #expect(throws: OTAError.insufficientSecurity) {
                _ = try OTAKeyset(kic: bad, kid: one + two, algorithm: .tripleDES2)
            }
            #expect(throws: OTAError.insufficientSecurity) {
                _ = try OTAKeyset(kic: one + two, kid: bad, algorithm: .tripleDES2)
            }
        }
        for bad in [one + oneAgain + two, two + one + oneAgain] {
            #expect(throws: OTAError.insufficientSecurity) {
                _ = try OTAKeyset(kic: bad, kid: one + two + three, algorithm: .tripleDES3)
            }
        }
        _ = try OTAKeyset(kic: one + two + one, kid: one + two + three, algorithm: .tripleDES3)
        _ = try OTAKeyset(kic: one + one, kid: one + one, algorithm: .aes128)
    }

    @Test("has key check values that two holders can compare")
    func keyCheckValues() throws {
        // `openssl enc -aes-128-ecb` over sixteen 01, `-des-ede-cbc` over eight 00.
        let aes = try OTAKeyset(kic: (0..<16).map { UInt8($0) }, kid: (16..<32).map { UInt8($0) })
        let des = try someKeyset(.tripleDES2)
        #expect(try aes.keyCheckValues().kic == [0xC3, 0x52, 0x80])
        #expect(try des.keyCheckValues().kic == [0x94, 0xB1, 0x4A])
        #expect(try des.keyCheckValues().kic != des.keyCheckValues().kid)
        let otherParity = (0..<16).map { UInt8($0 * 7 + 1) ^ 1 }
        let same = try OTAKeyset(kic: otherParity, kid: otherParity.map { $0 ^ 0xF0 }, algorithm: .tripleDES2)
        #expect(try des.keyCheckValues() == same.keyCheckValues())
    }
}
