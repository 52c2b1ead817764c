import Alauda
import Foundation
import Synchronization
import Testing

@testable import Simulation

/// Cards from one seed.
struct CardSeriesTests {
    private static func series(_ octet: UInt8 = 7, count: Int = 100_000, keyLength: Int = 16) throws -> CardSeries {
        let seed = try #require(CardSeed([UInt8](repeating: octet, count: 32)))
        return CardSeries(seed: seed, count: count, firstMSISDN: 358_401_000_001, keyLength: keyLength)
    }

    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = URL.temporaryDirectory.appending(path: "series-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path())
    }

    private static func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("the same seed makes the same cards, whatever the size; another seed shares no key")
    func determinism() throws {
        let series = try Self.series()
        for number in [0, 1, 4_711, 99_999] {
            let card = try #require(series.card(number))
            let same = try #require(try Self.series(count: 1_000_000).card(number))
            let other = try #require(try Self.series(8).card(number))
            #expect(card.ssd.kic == same.ssd.kic && card.ssd.kid == same.ssd.kid && card.wpki.root == same.wpki.root)
            #expect(card.iccid == same.iccid && card.imsi == same.imsi && card.verifyCode == same.verifyCode)
            #expect(card.iccid == other.iccid && card.msisdn == other.msisdn)
            let keys = [card, other].flatMap { [$0.ssd.kic, $0.ssd.kid, $0.wpki.root] }
            #expect(Set(keys).count == 6 && keys.allSatisfy { $0.count == 32 })
        }
        #expect(series.card(100_000) == nil && series.card(-1) == nil)
    }

    @Test("a hundred thousand cards have a hundred thousand numbers and keys; each is found by its number")
    func distinct() throws {
        let series = try Self.series()
        var seen: Set<String> = []
        for number in stride(from: 0, to: 100_000, by: 7) {
            let card = try #require(series.card(number))
            seen.formUnion([card.iccid, card.imsi, card.msisdn, card.ssd.kic, card.ssd.kid, card.wpki.root])
            #expect(series.card(of: card.msisdn)?.iccid == card.iccid)
        }
        #expect(seen.count == 6 * 14_286)
        for number in ["358401000000", "358401100001", "0358401000001", "+358401000001", "", "x"] {
            #expect(series.card(of: number) == nil)
        }
    }

    @Test("a card acts as its number says, the listed ones as listed")
    func behaviours() throws {
        let seed = try #require(CardSeed([UInt8](repeating: 1, count: 32)))
        let series = CardSeries(seed: seed, count: 10_000, firstMSISDN: 358_401_000_001, behaviours: [.cancel])
        #expect(series.card(0)?.behaviour == .cancel && series.card(1)?.behaviour == .sign)
        #expect(series.card(of: "358401009205")?.behaviour == .status(5))
        #expect(series.card(of: "358401009229")?.behaviour == .fault(.receipt(9)))
    }

    @Test("a card is made when its first message comes")
    func lazily() async throws {
        let phones = Phones(try Self.series(), Phones.Settings())
        #expect(phones.count == 100_000 && phones.inUse == 0)
        let message = ShortMessage(
            source: "4444",
            destination: "358401000042",
            protocolID: 0x7F,
            dataCoding: 0xF6,
            hasUserDataHeader: true,
            userData: [2, 0x70, 0, 1]
        )
        #expect(await phones.receive(message) { _ in } == .delivered)
        #expect(phones.inUse == 1)
        #expect(await phones.turn("358401100001", on: false) == false && phones.inUse == 1)
    }

    @Test("a card's state is kept once it has changed, and a new simulator goes on with it")
    func memory() async throws {
        let folder = URL.temporaryDirectory.appending(path: "memory-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var home = HomeSide()
        func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path()) }
        func tell(_ message: DownMessage) async throws -> [[UInt8]] {
            var settings = Phones.Settings()
            settings.memory = try CardMemory(folder: folder.path())
            let phones = try Phones([HomeSide.record], settings)
            let sent = Mutex<[[UInt8]]>([])
            for userData in try home.segments(message) {
                let down = ShortMessage(
                    source: "4444",
                    destination: HomeSide.record.msisdn,
                    protocolID: 0x7F,
                    dataCoding: 0xF6,
                    hasUserDataHeader: true,
                    userData: userData
                )
                #expect(await phones.receive(down) { up in sent.withLock { $0.append(up.userData) } } == .delivered)
            }
            #expect(phones.notKept == 0)
            return sent.withLock { $0 }
        }
        let made = try await tell(HomeSide.generate())
        #expect(try home.open(made).message.status == .ok)
        #expect(try files() == [HomeSide.record.iccid + ".json"])
        #expect(try Self.mode(folder.path() + "/" + HomeSide.record.iccid + ".json") == 0o600)
        let signed = try await tell(try HomeSide.sign("Pay?"))
        let answer = try home.open(signed)
        #expect(answer.message.status == .ok && answer.counter == 2)
        home.packetCounter = 0
        let again = try await tell(.status(.random()))
        #expect(again.isEmpty, "a counter seen before the restart is not taken again")
    }

    @Test("a seed file that is not there is made, mode 0600, and read the next time")
    func seedFile() throws {
        try Self.inFolder { folder in
            let path = folder + "seed"
            let made = try CardSeed(file: path)
            #expect(try Self.mode(path) == 0o600)
            #expect(
                made.octets("keys", card: 0, count: 48) == (try CardSeed(file: path)).octets("keys", card: 0, count: 48)
            )
            #expect("\(made)" == "‹seed›" && String(reflecting: made) == "‹seed›")
        }
    }

    @Test("a seed file that others may read, or that holds something else, is refused without its content")
    func badSeedFile() throws {
        try Self.inFolder { folder in
            let path = folder + "seed"
            _ = try CardSeed(file: path)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            #expect(throws: SimulationError("\(path) must be its owner's alone: mode 0600")) {
                _ = try CardSeed(file: path)
            }
            for text in ["", "00", String(repeating: "0", count: 63), String(repeating: "g", count: 64)] {
                try Data(text.utf8).write(to: URL(filePath: path))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
                #expect(throws: SimulationError("\(path) must hold 64 hexadecimal digits")) {
                    _ = try CardSeed(file: path)
                }
            }
            let link = folder + "link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            #expect(throws: SimulationError("\(link) cannot be read")) { _ = try CardSeed(file: link) }
        }
    }

    @Test("a batch has a row a card, keys wrapped under the transport key, check values of the keys themselves")
    func batch() throws {
        try Self.inFolder { folder in
            let personaliser = Personaliser(try Self.series(), 10..<13)
            let (path, index) = (folder + "batch.csv", folder + "index.tsv")
            #expect(try personaliser.writeBatch(to: path, transportKey: nil, index: index) == 3)
            #expect(try Self.mode(path) == 0o600 && Self.mode(index) == 0o600)
            let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                $0.split(separator: ",").map(String.init)
            }
            let names = try #require(rows.first)
            #expect(rows.count == 4 && rows.allSatisfy { $0.count == names.count })
            let card = try #require(try Self.series().card(10))
            let row = Dictionary(uniqueKeysWithValues: zip(names, rows[1]))
            #expect(row["iccid"] == card.iccid && row["msisdn"] == "+" + card.msisdn && row["ssd_alg"] == "AES-128")
            #expect(row["kic"] == card.ssd.kic && row["kid"] == card.ssd.kid && row["wpki_root"] == card.wpki.root)

            let key = folder + "transport"
            try PrivateFile.write(Data(String(repeating: "5a", count: 32).utf8), key)
            try personaliser.writeBatch(to: path, transportKey: try TransportKey(file: key))
            let wrapped = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")[1]
                .split(separator: ",").map(String.init)
            let sealed = Dictionary(uniqueKeysWithValues: zip(names, wrapped))
            for name in ["kic", "kid", "wpki_root"] {
                #expect(sealed[name]?.count == 48 && sealed[name] != row[name])
            }
            for name in ["kic_kcv", "kid_kcv", "wpki_kcv"] {
                #expect(sealed[name]?.count == 6 && sealed[name] == row[name])
            }
        }
    }

    @Test("check values and wrapped keys are what others compute")
    func vectors() throws {
        // RFC 3394 §4.3: 128 bits of key data under a KEK of 256 bits.
        try Self.inFolder { folder in
            let path = folder + "kek"
            try PrivateFile.write(
                Data("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n".utf8),
                path
            )
            let wrapped = try TransportKey(file: path).wrap(
                try #require(Hex.octets("00112233445566778899AABBCCDDEEFF"))
            )
            #expect(Hex.text(wrapped) == "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7")
        }
        // AES-128 of 01^16 under 000102…0f, by OpenSSL: the first three octets.
        var card = HomeSide.record
        card.ssd.kic = "000102030405060708090a0b0c0d0e0f"
        let row = try BatchFile.row(card, nil).split(separator: ",")
        #expect(row[6] == card.ssd.kic && row[7] == Self.expectedCheckValue)
    }

    private static let expectedCheckValue = "c35280"
}
