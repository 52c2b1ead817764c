/// An address with its type of number and numbering plan (§5.2.5, §5.2.6).
public struct Address: Sendable, Equatable {
    public var typeOfNumber: UInt8
    public var numberingPlan: UInt8
    /// At most 20 characters.
    public var digits: String

    public init(typeOfNumber: UInt8, numberingPlan: UInt8, digits: String) {
        self.typeOfNumber = typeOfNumber
        self.numberingPlan = numberingPlan
        self.digits = digits
    }

    /// An international number of the telephone network, without `+`.
    public static func international(_ digits: some StringProtocol) -> Address {
        Address(typeOfNumber: 1, numberingPlan: 1, digits: String(digits))
    }

    /// A short code of the network itself.
    public static func shortCode(_ digits: some StringProtocol) -> Address {
        Address(typeOfNumber: 3, numberingPlan: 1, digits: String(digits))
    }
}

extension Address {
    /// The longest address of most commands, its closing NUL with it (§5.2.8); data_sm and alert_notification have
    /// room for ``longestInData``.
    static let longest = 21
    static let longestInData = 65

    init(_ reader: inout OctetReader, _ limit: Int = longest) throws(SMPPError) {
        typeOfNumber = try reader.octet()
        numberingPlan = try reader.octet()
        digits = try reader.text(limit, "address")
    }

    func write(to octets: inout [UInt8], _ limit: Int = longest) throws(SMPPError) {
        octets += [typeOfNumber, numberingPlan]
        try octets.append(text: digits, limit, "address")
    }
}
