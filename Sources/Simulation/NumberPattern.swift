/// What a number says of its card by its last four digits: `92` and a code (docs/simulator.md has the table).
///
/// So a test needs no preparation to meet a status of the applet or a fault of the air: it dials the number.
public enum NumberPattern {
    /// The codes and what they stand for, in the order of the table.
    public static let codes: [(code: Int, behaviour: Behaviour)] = statuses + receipts + faults + people

    /// STATUS 01–11 (hexadecimal) as 01–17.
    private static let statuses: [(code: Int, behaviour: Behaviour)] = (1...17).map { code in
        (code: code, behaviour: Behaviour.status(UInt8(code)))
    }
    /// Response Packets with status 01–0A as 21–30.
    private static let receipts: [(code: Int, behaviour: Behaviour)] = (1...10).map { status in
        (code: 20 + status, behaviour: Behaviour.fault(.receipt(UInt8(status))))
    }
    private static let faults: [(code: Int, behaviour: Behaviour)] = [
        (40, .fault(.undeliverable)), (41, .fault(.expired)), (42, .fault(.noAnswer)), (43, .fault(.lostAnswer)),
        (44, .fault(.late(lateness))), (45, .fault(.doubled)), (46, .fault(.reversed)), (47, .fault(.wrongSignature)),
        (48, .fault(.wrongMAC)), (49, .fault(.foreignTransaction)), (50, .fault(.truncated)),
    ]
    private static let people: [(code: Int, behaviour: Behaviour)] = [
        (60, .cancel), (61, .notMe), (62, .wrongPIN), (63, .silent), (64, .off), (65, .delay(5_000)),
    ]

    /// How late the answers of `…9244` are, in milliseconds.
    public static let lateness = 90_000

    /// - Parameter msisdn: Digits without `+`.
    /// - Returns: `nil` if the number says nothing.
    public static func behaviour(of msisdn: String) -> Behaviour? {
        let digits = msisdn.utf8.suffix(4)
        guard digits.count == 4, digits.prefix(2).elementsEqual("92".utf8), let code = Int(msisdn.suffix(2))
        else { return nil }
        return byCode[code]
    }

    private static let byCode = Dictionary(uniqueKeysWithValues: codes.map { ($0.code, $0.behaviour) })
}
