/// A row by which the home decides who a person is: its columns, as one text that no other row writes.
public enum DecidingRow: Sendable, Equatable {
    /// Which number reaches which card.
    case card(iccid: String, imsi: String, msisdn: String, tar: [UInt8])
    /// Who the person of a number is.
    case person(msisdn: String, givenName: String, surName: String, language: String, serialNumber: String)
    /// That the person may sign, as of this version of their row.
    case activePerson(msisdn: String, version: Int64)
    /// That the home took it from the person to sign, as of this version of their row.
    case inactivePerson(msisdn: String, version: Int64)
    /// A no-spam code, in place of which the vault's code of it is stored: a row that is made, never read.
    case noSpamCode(msisdn: String, code: String)
    /// A key that the person's card proved to have, and that has no certificate yet.
    case provenKey(msisdn: String, reference: UInt8, algorithm: UInt8, publicKey: [UInt8])
    /// Which key and certificate are the person's.
    case key(
        msisdn: String,
        reference: UInt8,
        algorithm: UInt8,
        publicKey: [UInt8],
        certificate: [UInt8],
        made: KeyMark
    )

    /// The table it stands in, for log and metric.
    public var table: String {
        switch self {
        case .card: "cards"
        case .person, .activePerson, .inactivePerson, .noSpamCode: "mobile_users"
        case .provenKey, .key: "user_keys"
        }
    }

    /// The number it is about.
    public var msisdn: String {
        switch self {
        case .card(_, _, let msisdn, _), .person(let msisdn, _, _, _, _), .activePerson(let msisdn, _),
            .inactivePerson(let msisdn, _), .noSpamCode(let msisdn, _), .provenKey(let msisdn, _, _, _),
            .key(let msisdn, _, _, _, _, _):
            msisdn
        }
    }

    /// Table and columns, each with its length before it in four octets.
    public var octets: [UInt8] {
        let columns: [[UInt8]] =
            switch self {
            case .card(let iccid, let imsi, let msisdn, let tar):
                [Array(iccid.utf8), Array(imsi.utf8), Array(msisdn.utf8), tar]
            case .person(let msisdn, let givenName, let surName, let language, let serialNumber):
                [msisdn, givenName, surName, language, serialNumber].map { Array($0.utf8) }
            case .activePerson(let msisdn, let version):
                Self.standing(msisdn, "ACTIVE", version)
            case .inactivePerson(let msisdn, let version):
                Self.standing(msisdn, "INACTIVE", version)
            case .noSpamCode(let msisdn, let code):
                [msisdn, "NO-SPAM", code].map { Array($0.utf8) }
            case .provenKey(let msisdn, let reference, let algorithm, let publicKey):
                [Array(msisdn.utf8), [reference], [algorithm], publicKey]
            case .key(let msisdn, let reference, let algorithm, let publicKey, let certificate, let made):
                [Array(msisdn.utf8), [reference], [algorithm], publicKey, certificate] + made.columns
            }
        return ([Array(table.utf8)] + columns).flatMap { column in
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: column.count).bigEndian) { Array($0) } + column
        }
    }

    private static func standing(_ msisdn: String, _ state: String, _ version: Int64) -> [[UInt8]] {
        [Array(msisdn.utf8), Array(state.utf8), withUnsafeBytes(of: version.bigEndian) { Array($0) }]
    }
}

/// What a key was made for: KEYPOL and use.
public struct KeyMark: Sendable, Equatable {
    public var policy: UInt8
    public var use: String

    public init(policy: UInt8, use: String) {
        self.policy = policy
        self.use = use
    }

    fileprivate var columns: [[UInt8]] { [[policy], Array(use.utf8)] }
}

/// Makes and checks the codes of rows that decide; the key is not here.
///
/// Who implements it raises the alarm about a row that is not as the home wrote it.
public protocol RowAuthenticator: Sendable {
    /// 33 octets that are stored with the row.
    func code(of row: DecidingRow) throws(RowRefusal) -> [UInt8]
    /// - Throws: ``RowRefusal`` unless the code is one that was made of this row.
    func check(_ code: [UInt8], of row: DecidingRow) throws(RowRefusal)
    /// Whether a code was made of this row; no alarm if it was not.
    func isCode(_ code: [UInt8], of row: DecidingRow) throws(RowRefusal) -> Bool
    /// Raises the alarm about a row that is an earlier version of itself, code and all.
    func refuse(setBack row: DecidingRow) -> RowRefusal
}

/// Why a row has no code, or one that is not its own; one line, without a value of it.
public struct RowRefusal: Error, Sendable {
    public var reason: String
    /// Whether it was changed by somebody else; otherwise the vault is sealed.
    public var isForged: Bool

    public init(reason: String, isForged: Bool) {
        self.reason = reason
        self.isForged = isForged
    }
}
