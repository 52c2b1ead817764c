import Alauda
import Foundation
@_spi(KeyMaterial) import KeyVault
import MSSCore
import MSSTestSupport
@_spi(KeyMaterial) import OTA
import Testing

@Suite("A personaliser's batch")
struct BatchTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static func key() throws -> TransportKey {
        try TransportKey(
            BatchSample.components.map {
                try TransportKeyComponent(digits: Array($0.digits.utf8), checkValue: Array($0.checkValue.utf8))
            }
        )
    }

    @Test(
        "gives a card's keys, each the one of its check value",
        arguments: [
            BatchSample(1), BatchSample(2, .aes192), BatchSample(3, .aes256, rootLength: 32),
            BatchSample(4, .tripleDES2), BatchSample(5, .tripleDES3, rootLength: 32),
        ]
    )
    func keys(_ sample: BatchSample) throws {
        let row = try BatchRow(Array(try sample.row().utf8))
        #expect(row.iccid.description == sample.iccid && row.imsi.description == sample.imsi)
        #expect(row.msisdn.description == sample.msisdn && row.tar.octets == [0xB0, 0, 1])
        #expect(row.algorithm == sample.algorithm && row.ssdVersion == 1 && row.wpkiVersion == 1)
        let keys = try row.keys(under: try Self.key())
        #expect(keys.kic == sample.kic && keys.kid == sample.kid && keys.root == sample.root)
        #expect("\(keys) \(String(reflecting: keys))" == "‹keys› ‹keys›")
    }

    @Test("names the column of a value that is not what the column holds, and never the value")
    func values() throws {
        let sample = BatchSample(7)
        let good = try sample.values()
        let bad: [(BatchColumn, [String])] = [
            // A wrong check digit, letters, another industry's number, too long.
            (.iccid, [String(sample.iccid.dropLast()) + "x", "89999000000000000000", "1", sample.iccid + "0", ""]),
            (.imsi, ["1234", "0010100000000071x", ""]), (.msisdn, ["0401234567", "+358", "", "+35840x"]),
            (.tar, ["b0000", "b0000001", "zzzzzz", ""]), (.ssdVersion, ["0", "16", "-1", "", "x", "256"]),
            (.ssdAlgorithm, ["", "AES", "DES", "DES-ECB", "aes_128", "implicit"]),
            (.kic, ["", "00", String(good[6].dropLast(2)), good[6] + "00", Hexadecimal.text(sample.kic)]),
            (.kicCheckValue, ["", "00", "zzzzzz", "00000000"]),
            (.kid, [String(good[8].dropLast(1)), ""]), (.kidCheckValue, ["12345"]), (.wpkiVersion, ["0", "255", ""]),
            (.wpkiRoot, ["", String(good[11].dropLast(2)), Hexadecimal.text([UInt8](repeating: 0, count: 32))]),
            (.wpkiCheckValue, ["1", ""]),
        ]
        for (column, values) in bad {
            for value in values {
                var changed = good
                changed[column.rawValue] = value
                let line = changed.joined(separator: ",")
                let error = #expect(throws: BatchRowError.value(column), "\(column.name)") {
                    try BatchRow(Array(line.utf8))
                }
                #expect(error?.description == "\(column.name) is not what this column holds")
            }
        }
        for line in ["", ",", good.joined(separator: ";"), (good + [""]).joined(separator: ",")] {
            #expect(throws: BatchRowError.columns) { try BatchRow(Array(line.utf8)) }
        }
    }

    @Test("refuses a key of another transport key, a changed one, and one that is not its check value's")
    func wrongKeys() throws {
        let sample = BatchSample(8)
        let key = try Self.key()
        let good = try sample.values()
        let others = try sample.values(under: [UInt8](repeating: 9, count: 16))
        let columns: [(BatchColumn, BatchColumn)] = [
            (.kic, .kicCheckValue), (.kid, .kidCheckValue), (.wpkiRoot, .wpkiCheckValue),
        ]
        for (column, checkValue) in columns {
            var foreign = good
            foreign[column.rawValue] = others[column.rawValue]
            #expect(throws: BatchRowError.notUnwrapped(column)) { try Self.keys(foreign, key) }
            for flipped in DamagedOctets.bitFlips(of: Hexadecimal.octets(good[column.rawValue]) ?? []) {
                var damaged = good
                damaged[column.rawValue] = Hexadecimal.text(flipped)
                #expect(throws: BatchRowError.notUnwrapped(column)) { try Self.keys(damaged, key) }
            }
            var unlike = good
            unlike[checkValue.rawValue] = "000000"
            #expect(throws: BatchRowError.checkValue(column)) { try Self.keys(unlike, key) }
        }
        // Wrapped rightly, but single DES in the dress of triple DES: two in a row are the same but for parity.
        var weak = BatchSample(9, .tripleDES2)
        weak.kid = [UInt8](repeating: 0x10, count: 8) + [UInt8](repeating: 0x11, count: 8)
        let line = try BatchSample(9, .tripleDES2).values()
        let kek = try Self.wrapped(weak.kid)
        var values = line
        values[8] = kek
        #expect(throws: BatchRowError.weakKey) { try Self.keys(values, key) }
    }

    @Test("reads or refuses, whatever the octets, and is not cut anywhere without being refused")
    func hostile() throws {
        let good = Array(try BatchSample(10).row().utf8)
        for cut in DamagedOctets.truncations(of: good) { #expect(throws: BatchRowError.self) { try BatchRow(cut) } }
        var damage = DamagedOctets(seed: 102_225)
        let key = try Self.key()
        let expected = try BatchRow(good).keys(under: key)
        for round in 0..<3_000 {
            let octets = round.isMultiple(of: 8) ? damage.octets(upTo: 500) : damage.like(good)
            guard let keys = try? BatchRow(octets).keys(under: key) else { continue }
            #expect(keys.kic == expected.kic && keys.kid == expected.kid && keys.root == expected.root)
        }
    }

    @Test("has lines however it comes, and none fills the memory")
    func lines() {
        let file = Array("a,b\r\n\nlast line\n".utf8)
        for size in 1...file.count {
            var lines = BatchLines()
            var found: [String] = []
            for start in stride(from: 0, to: file.count, by: size) {
                lines.append(file[start..<min(start + size, file.count)])
                while case .octets(let line)? = lines.next() { found.append(String(decoding: line, as: UTF8.self)) }
            }
            #expect(found == ["a,b", "", "last line"] && lines.last() == nil)
        }
        var lines = BatchLines()
        for _ in 0..<100 {
            lines.append([UInt8](repeating: 0x41, count: 4_000))
            #expect(lines.next() == nil)
        }
        lines.append(Array("tail\nnext\nno end".utf8))
        #expect(lines.next() == .tooLong && lines.next() == .octets(Array("next".utf8)) && lines.next() == nil)
        #expect(lines.last() == .octets(Array("no end".utf8)) && lines.last() == nil)
    }

    @Test("has a transport key of two or three components, in any order, and of nothing else")
    func transportKey() throws {
        let parts = try BatchSample.components.map {
            try TransportKeyComponent(digits: Array($0.digits.utf8), checkValue: Array($0.checkValue.utf8))
        }
        #expect(try TransportKey(parts).checkValue == [0xEE, 0x72, 0xCB])
        #expect(try TransportKey(parts.reversed()).checkValue == [0xEE, 0x72, 0xCB])
        let blanks = try TransportKeyComponent(
            digits: Array("0001 0203 0405 0607 0809 0A0B 0C0D 0E0F".utf8),
            checkValue: Array("C3 52 80".utf8)
        )
        #expect(try TransportKey([blanks, parts[1]]).checkValue == [0xEE, 0x72, 0xCB])
        for (wrong, error) in [
            ([], TransportKeyError.number), ([parts[0]], .number), (parts + parts, .number),
            ([parts[0], parts[0]], .twice), ([parts[0], parts[1], parts[0]], .twice),
        ] {
            #expect(throws: error) { try TransportKey(wrong) }
        }
        // Three that are different and undo each other.
        let sum = try TransportKeyComponent(
            digits: Array(Hexadecimal.text(BatchSample.transportKey).utf8),
            checkValue: Array("ee72cb".utf8)
        )
        #expect(throws: TransportKeyError.twice) { try TransportKey(parts + [sum]) }
        let digits = Array(BatchSample.components[0].digits.utf8)
        for (digits, value, error) in [
            (digits, "c35281", TransportKeyError.checkValue), (digits, "c352", .checkValueDigits),
            (Array(digits.dropLast(2)), "c35280", .digits), (Array("zz".utf8) + digits.dropFirst(2), "c35280", .digits),
            ([], "c35280", .digits), (digits + digits + digits, "c35280", .digits),
        ] {
            #expect(throws: error) { try TransportKeyComponent(digits: Array(digits), checkValue: Array(value.utf8)) }
        }
        var printed = ""
        dump((parts, try TransportKey(parts)), to: &printed)
        #expect(!printed.contains("0001020304") && !printed.contains("- 160"))
    }

    @Test("of triple DES is taken and used only while the batch is named, and for its algorithm")
    func legacy() async throws {
        let permission = try #require(
            LegacyPermission(batch: "2014-07", algorithm: .tripleDES2, lastDay: "2027-06-30")
        )
        let personaliser = try await Personaliser(rsa: false)
        let vault = try Vault(
            importKey: try personaliser.pki.octets("home.key"),
            importCertificate: try personaliser.pki.octets("home.pem"),
            legacy: [permission]
        )
        try vault.unseal(personaliser.vaultKeys, with: personaliser.keks)
        let sample = BatchSample(11, .tripleDES2)
        let row = try BatchRow(Array(try sample.row().utf8))
        let key = try Self.key()
        let records = try vault.importCard(row, under: key, batch: "2014-07", at: Self.now)
        #expect(records.map(\.algorithm) == [.tripleDES2, .aes128] && records.map(\.batch) == ["2014-07", "2014-07"])
        func packet(_ vault: Vault, _ records: [CardKeyRecord], at time: Date) throws -> [UInt8] {
            try vault.seal(
                .status(.random()),
                records: records,
                iccid: row.iccid,
                tar: row.tar,
                counters: SpentCounters(packet: 1, frame: 1),
                at: time
            ).packet
        }
        let sealed = try packet(vault, records, at: Self.now)
        let profile = try CardProfile(algorithm: .tripleDES2, keyVersion: 1, legacy: permission)
        let keyset = try OTAKeyset(kic: sample.kic, kid: sample.kid, algorithm: .tripleDES2)
        #expect(try OpenedCommand(sealed, profile: profile, under: keyset).counter == 1)
        #expect(sealed[5...6] == [0x15, 0x15])
        #expect(!vault.isLegacyRefused(records, at: Self.now))

        let later = Self.now + 366 * 86_400
        #expect(vault.isLegacyRefused(records, at: later))
        var error = #expect(throws: VaultError.self) { try packet(vault, records, at: later) }
        #expect(error?.description.contains("ended with 2027-06-30") == true)
        #expect(throws: BatchRowError.legacy("the permission of the card's batch for triple DES ended with 2027-06-30"))
        {
            try vault.importCard(row, under: key, batch: "2014-07", at: later)
        }
        let none = BatchRowError.legacy("the card's batch has no permission for triple DES")
        #expect(throws: none) { try vault.importCard(row, under: key, batch: "2014-08", at: Self.now) }
        #expect(throws: none) { try personaliser.vault.importCard(row, under: key, batch: "2014-07", at: Self.now) }
        let other = try BatchRow(Array(try BatchSample(12, .tripleDES3).row().utf8))
        #expect(throws: none) { try vault.importCard(other, under: key, batch: "2014-07", at: Self.now) }
        error = #expect(throws: VaultError.self) { try packet(personaliser.vault, records, at: Self.now) }
        #expect(error == .legacyRefused("the card's batch has no permission for triple DES"))

        // A card whose row was moved into the permitted batch, or called AES, does not open.
        let unnamed = try vault.importCard(
            try BatchRow(Array(try BatchSample(13).row().utf8)),
            under: key,
            batch: "2020",
            at: Self.now
        )
        var moved = unnamed
        moved[0].batch = "2014-07"
        #expect(throws: VaultError.damagedRecord) { try vault.renewed(moved[0]) }
        moved = records
        moved[0].algorithm = .aes128
        #expect(throws: VaultError.damagedRecord) { try packet(vault, moved, at: Self.now) }
    }

    private static func keys(_ values: [String], _ key: TransportKey) throws -> BatchKeys {
        try BatchRow(Array(values.joined(separator: ",").utf8)).keys(under: key)
    }

    private static func wrapped(_ key: [UInt8]) throws -> String {
        var sample = BatchSample(1)
        sample.root = key
        return try sample.values()[11]
    }
}
