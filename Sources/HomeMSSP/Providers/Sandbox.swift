import MSSCore

/// Test numbers: what a sandbox provider asks of one of them ends with the fault that its last digits name
/// (docs/wire.md, "Sandbox").
///
/// They are no person's. A sandbox provider reaches nobody else, and to all others they are unknown as any number that
/// nobody has.
public struct Sandbox: Sendable {
    /// The digits that every test number begins with.
    public struct Prefix: Sendable, Equatable {
        let digits: String

        /// Reads `+` and 3 to 11 digits: with a fault's four more a number has at most fifteen.
        public init?(_ text: String) {
            let digits = text.dropFirst()
            guard text.hasPrefix("+"), (3...11).contains(digits.utf8.count), MSISDN(digits + "1041") != nil else {
                return nil
            }
            self.digits = String(digits)
        }
    }

    /// `nil` where there are no test numbers: then a sandbox provider reaches nobody at all.
    let prefix: Prefix?

    public init(prefix: Prefix? = nil) {
        self.prefix = prefix
    }

    /// What a request about a person ends with.
    ///
    /// - Returns: The fault of a test number; 105 or 101, as for any number that nobody has or that is none, otherwise.
    func fault(of user: MobileUser) -> MSSFault {
        let msisdn: MSISDN
        do throws(MSSFault) {
            guard let number = try user.number() else { return .noNumber }
            msisdn = number
        } catch { return error }
        guard let prefix, msisdn.digits.hasPrefix(prefix.digits) else { return .unknownNumber }
        return fault(msisdn.digits.dropFirst(prefix.digits.count)) ?? .unknownNumber
    }

    /// The id of a transaction that ends with a fault; no transaction of a person has such a one.
    func transaction(endingWith fault: MSSFault, of home: TransactionID.Prefix) -> String {
        let number = fault.specifier ?? fault.code.rawValue
        return "\(home)\(Self.mark)\(number)-\(TraceID.random().description.prefix(8))"
    }

    /// What a transaction of this id ended with; `nil` for any other id.
    func fault(ofTransaction id: String, of home: TransactionID.Prefix) -> MSSFault? {
        let beginning = home.description + Self.mark
        guard prefix != nil, id.hasPrefix(beginning) else { return nil }
        return fault(id.dropFirst(beginning.count).prefix { $0 != "-" })
    }

    private static let mark = "-sandbox-"
    /// What stands in RetryAfter of faults that have one.
    private static let seconds = 5

    private func fault(_ digits: Substring) -> MSSFault? {
        guard let number = Int(digits), let meaning = FaultMeaning.numbered(number) else { return nil }
        return MSSFault(
            meaning.code,
            "Test number: \(meaning.meaning)",
            specifier: meaning.specifier,
            retryAfter: meaning.retry == .later ? Self.seconds : nil
        )
    }
}

extension MSSFault {
    static var noNumber: MSSFault { MSSFault(.unknownClient, "MobileUser holds no MSISDN.", specifier: 1051) }

    /// Whether it can be what a transaction ends with that was taken: what is wrong with a request is told at once.
    var isOutcome: Bool { code.rawValue >= Code.expiredTransaction.rawValue && code != .unableToProvideServices }
}
