import Foundation

/// Makes cards as a personaliser would: new keys for each, one file for the simulator, one a card for the home.
public struct Personaliser: Sendable {
    private let count: Int
    private let firstMSISDN: UInt64
    private let behaviours: [Behaviour]

    /// Numbers follow `firstMSISDN`; the first cards get the behaviours, all further ones sign.
    public init(count: Int, firstMSISDN: UInt64, behaviours: [Behaviour]) {
        self.count = count
        self.firstMSISDN = firstMSISDN
        self.behaviours = behaviours
    }

    /// Writes cards.jsonl, index.tsv and keys/ICCID.json into a folder; all of it is secret, mode 0600.
    public func write(to folder: String) throws {
        let keys = folder + "/keys"
        do {
            try FileManager.default.createDirectory(
                atPath: keys,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch { throw SimulationError("\(folder) cannot be made") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var lines: [String] = []
        var index: [String] = []
        for number in 0..<count {
            let card = card(number)
            lines.append(String(decoding: try encoder.encode(card), as: UTF8.self))
            index.append(
                [card.iccid, card.imsi, "+" + card.msisdn, card.behaviour.name, card.verifyCode].joined(separator: "\t")
            )
            let file = KeyFile(iccid: card.iccid, ssd: card.ssd, wpki: card.wpki)
            try Self.write(try encoder.encode(file), keys + "/\(card.iccid).json")
        }
        try Self.write(Data((lines.joined(separator: "\n") + "\n").utf8), folder + "/cards.jsonl")
        try Self.write(Data((index.joined(separator: "\n") + "\n").utf8), folder + "/index.tsv")
    }

    /// What is encrypted for the home (docs/registration.md).
    private struct KeyFile: Encodable {
        var iccid: String
        var ssd: CardRecord.SecurityDomain
        var wpki: CardRecord.Applet
    }

    private func card(_ number: Int) -> CardRecord {
        CardRecord(
            iccid: Self.iccid(number + 1),
            imsi: "00101" + Self.padded(number + 1, 10),
            msisdn: String(firstMSISDN + UInt64(number)),
            ssd: CardRecord.SecurityDomain(keyVersion: 1, kic: Self.key(), kid: Self.key(), tar: "b00001"),
            wpki: CardRecord.Applet(keyVersion: 1, root: Self.key()),
            behaviour: number < behaviours.count ? behaviours[number] : .sign,
            verifyCode: Self.padded(Int.random(in: 0...99_999_999), 8)
        )
    }

    /// 18 digits and their Luhn digit (ITU-T E.118); 999 is no country's.
    private static func iccid(_ number: Int) -> String {
        let digits = "89999" + padded(number, 13)
        let sum = digits.utf8.reversed().enumerated().reduce(0) { sum, entry in
            let digit = Int(entry.element) - 0x30
            let doubled = entry.offset.isMultiple(of: 2) ? digit * 2 : digit
            return sum + doubled / 10 + doubled % 10
        }
        return digits + String((10 - sum % 10) % 10)
    }

    private static func key() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hex.text((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    private static func padded(_ number: Int, _ length: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, length - digits.count)) + digits
    }

    /// Writes for the owner alone, from the first octet on.
    static func write(_ data: Data, _ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw SimulationError("\(path) cannot be written")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: data)
            try file.close()
        } catch { throw SimulationError("\(path) cannot be written") }
    }
}
