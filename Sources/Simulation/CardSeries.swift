import OTA

/// Cards that follow from one seed: every number, key and code of each is computed when it is asked for.
///
/// The same seed makes the same cards, whatever the size of the series; nothing of them needs to be stored.
public struct CardSeries: Sendable {
    private let seed: CardSeed
    /// How many cards there are.
    public let count: Int
    private let firstMSISDN: UInt64
    private let behaviours: [Behaviour]
    private let keyLength: Int
    private let algorithm: OTAAlgorithm?

    /// At most ten million cards, whose numbers follow the first; `behaviours` are of the first cards, the others do as their
    /// number says (``NumberPattern``), or sign; keys have 16 or 32 octets, those of the security domain as many as a legacy
    /// algorithm wants, where one is named.
    public init(
        seed: CardSeed,
        count: Int,
        firstMSISDN: UInt64,
        behaviours: [Behaviour] = [],
        keyLength: Int = 16,
        legacy: String? = nil
    ) {
        algorithm = legacy.flatMap { OTAAlgorithm(rawValue: $0) }.flatMap { $0.isLegacy ? $0 : nil }
        self.seed = seed
        self.count = min(max(0, count), 10_000_000)
        self.firstMSISDN = min(firstMSISDN, 999_999_999_000_000)
        self.behaviours = behaviours
        self.keyLength = keyLength == 32 ? 32 : 16
    }

    /// A card, from 0; `nil` beyond the last.
    public func card(_ number: Int) -> CardRecord? {
        guard (0..<count).contains(number) else { return nil }
        let length = algorithm?.keyLength ?? keyLength
        let keys = seed.octets(algorithm?.rawValue ?? "keys", card: number, count: 2 * length + keyLength)
        let msisdn = String(firstMSISDN + UInt64(number))
        return CardRecord(
            iccid: Self.iccid(number + 1),
            imsi: "00101" + Self.padded(number + 1, 10),
            msisdn: msisdn,
            ssd: CardRecord.SecurityDomain(
                keyVersion: 1,
                kic: Hex.text(keys[..<length]),
                kid: Hex.text(keys[length..<(2 * length)]),
                tar: "b00001",
                algorithm: algorithm?.rawValue
            ),
            wpki: CardRecord.Applet(keyVersion: 1, root: Hex.text(keys[(2 * length)...])),
            behaviour: number < behaviours.count
                ? behaviours[number] : NumberPattern.behaviour(of: msisdn) ?? .sign,
            verifyCode: verifyCode(number)
        )
    }

    /// The card of a number, digits without `+`.
    public func card(of msisdn: String) -> CardRecord? {
        guard let value = UInt64(msisdn), value >= firstMSISDN, String(value) == msisdn else { return nil }
        return Int(exactly: value - firstMSISDN).flatMap { card($0) }
    }

    /// Eight digits; 64 bits keep the remainder's unevenness out of sight.
    private func verifyCode(_ number: Int) -> String {
        let value = seed.octets("code", card: number, count: 8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Self.padded(Int(value % 100_000_000), 8)
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

    private static func padded(_ number: Int, _ length: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, length - digits.count)) + digits
    }
}
