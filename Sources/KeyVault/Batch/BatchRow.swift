public import MSSCore
public import OTA

/// A column of a personaliser's batch file (docs/registration.md, "A batch of cards").
public enum BatchColumn: Int, Sendable, CaseIterable {
    case iccid, imsi, msisdn, tar
    case ssdVersion, ssdAlgorithm, kic, kicCheckValue, kid, kidCheckValue
    case wpkiVersion, wpkiRoot, wpkiCheckValue

    /// As the first line of a file has it.
    public var name: String {
        switch self {
        case .iccid: "iccid"
        case .imsi: "imsi"
        case .msisdn: "msisdn"
        case .tar: "tar"
        case .ssdVersion: "ssd_kvn"
        case .ssdAlgorithm: "ssd_alg"
        case .kic: "kic"
        case .kicCheckValue: "kic_kcv"
        case .kid: "kid"
        case .kidCheckValue: "kid_kcv"
        case .wpkiVersion: "wpki_kvn"
        case .wpkiRoot: "wpki_root"
        case .wpkiCheckValue: "wpki_kcv"
        }
    }
}

/// One card of a batch file: whose it is in the clear, its keys still wrapped.
public struct BatchRow: Sendable, Equatable {
    /// The first line of every file.
    public static let header = BatchColumn.allCases.map(\.name).joined(separator: ",")

    public let iccid: ICCID
    public let imsi: IMSI
    public let msisdn: MSISDN
    public let tar: TAR
    public let ssdVersion: UInt8
    public let algorithm: OTAAlgorithm
    public let wpkiVersion: UInt8
    let kic: WrappedCardKey
    let kid: WrappedCardKey
    let root: WrappedCardKey

    /// Reads a line; every value is checked but those that need the transport key.
    ///
    /// - Throws: ``BatchRowError`` that names the column; no value of it is told.
    public init(_ line: [UInt8]) throws(BatchRowError) {
        let values = line.split(separator: 0x2C, omittingEmptySubsequences: false)
        guard values.count == BatchColumn.allCases.count else { throw .columns }
        func text(_ column: BatchColumn) -> String { String(decoding: values[column.rawValue], as: UTF8.self) }
        guard let iccid = ICCID(text(.iccid)), Luhn.holds(values[BatchColumn.iccid.rawValue]) else {
            throw .value(.iccid)
        }
        guard let imsi = IMSI(text(.imsi)) else { throw .value(.imsi) }
        guard let msisdn = MSISDN(text(.msisdn)) else { throw .value(.msisdn) }
        guard let tar = HexadecimalDigits.octets(values[BatchColumn.tar.rawValue]).flatMap({ TAR($0) }) else {
            throw .value(.tar)
        }
        guard let algorithm = OTAAlgorithm(rawValue: text(.ssdAlgorithm).lowercased()) else {
            throw .value(.ssdAlgorithm)
        }
        func key(_ column: BatchColumn, _ checkValue: BatchColumn, _ lengths: [Int]) throws(BatchRowError)
            -> WrappedCardKey
        {
            let wrapped = HexadecimalDigits.octets(values[column.rawValue])
            guard let wrapped, lengths.contains(wrapped.count - 8) else { throw .value(column) }
            guard let check = HexadecimalDigits.octets(values[checkValue.rawValue]), check.count == KeyCheckValue.length
            else { throw .value(checkValue) }
            return WrappedCardKey(octets: wrapped, checkValue: check)
        }
        self.iccid = iccid
        self.imsi = imsi
        self.msisdn = msisdn
        self.tar = tar
        self.algorithm = algorithm
        ssdVersion = try Self.version(values, .ssdVersion, 1...15)
        wpkiVersion = try Self.version(values, .wpkiVersion, 1...254)
        kic = try key(.kic, .kicCheckValue, [algorithm.keyLength])
        kid = try key(.kid, .kidCheckValue, [algorithm.keyLength])
        root = try key(.wpkiRoot, .wpkiCheckValue, [16, 32])
    }

    private static func version(
        _ values: [ArraySlice<UInt8>],
        _ column: BatchColumn,
        _ range: ClosedRange<UInt8>
    ) throws(BatchRowError) -> UInt8 {
        guard let number = UInt8(String(decoding: values[column.rawValue], as: UTF8.self)), range.contains(number)
        else {
            throw .value(column)
        }
        return number
    }
}

/// A key of a row, wrapped under the transport key, and its check value.
struct WrappedCardKey: Sendable, Equatable {
    var octets: [UInt8]
    var checkValue: [UInt8]
}

/// Why a row is not taken; one line, without a value of it.
public enum BatchRowError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not thirteen values.
    case columns
    /// A value is not what its column holds.
    case value(BatchColumn)
    /// The key does not open under this transport key.
    case notUnwrapped(BatchColumn)
    /// The key is not the one of its check value.
    case checkValue(BatchColumn)
    /// Keys of triple DES that make single DES of it.
    case weakKey
    /// Triple DES without a permission, or after its end.
    case legacy(String)
    /// The vault failed.
    case vault(String)

    public var description: String {
        switch self {
        case .columns: "it has not \(BatchColumn.allCases.count) values"
        case .value(let column): "\(column.name) is not what this column holds"
        case .notUnwrapped(let column): "\(column.name) does not open under this transport key"
        case .checkValue(let column): "\(column.name) is not the key of its check value"
        case .weakKey: "kic or kid makes single DES of triple DES"
        case .legacy(let reason), .vault(let reason): reason
        }
    }
}

/// The check digit of a card's number (ITU-T E.118, ISO/IEC 7812-1).
enum Luhn {
    static func holds(_ digits: some BidirectionalCollection<UInt8>) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            guard (0x30...0x39).contains(digit) else { return false }
            let value = Int(digit - 0x30) * (place.isMultiple(of: 2) ? 1 : 2)
            sum += value / 10 + value % 10
        }
        return sum.isMultiple(of: 10)
    }
}
