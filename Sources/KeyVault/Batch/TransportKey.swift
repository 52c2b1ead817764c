import Crypto

import struct Foundation.Data

/// One part of a transport key, as a custodian brings it: as long as the key, and of no use without the others.
public struct TransportKeyComponent: Sendable, CustomStringConvertible, CustomReflectable {
    let octets: [UInt8]
    /// The first three octets of AES over 01…01 under the component.
    let checkValue: [UInt8]

    /// - Parameters:
    ///   - digits: 32, 48 or 64 hexadecimal digits; blanks between them do not count.
    ///   - checkValue: Six hexadecimal digits.
    /// - Throws: ``TransportKeyError``; what was typed is in no error.
    public init(digits: [UInt8], checkValue: [UInt8]) throws(TransportKeyError) {
        guard let octets = HexadecimalDigits.octets(digits.filter { $0 != 0x20 }),
            [16, 24, 32].contains(octets.count)
        else { throw .digits }
        guard let written = HexadecimalDigits.octets(checkValue.filter { $0 != 0x20 }),
            written.count == KeyCheckValue.length
        else { throw .checkValueDigits }
        guard let computed = try? KeyCheckValue.aes(octets), computed == written else { throw .checkValue }
        self.octets = octets
        self.checkValue = computed
    }

    public var description: String { "‹component›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What the keys of a batch are wrapped under on their way from the personaliser: AES by AES-KW (RFC 3394).
///
/// Nobody has it: it is the exclusive or of two or three components that different people bring.
public struct TransportKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: SymmetricKey
    /// Three octets, which the personaliser tells with the batch.
    public let checkValue: [UInt8]

    /// - Throws: ``TransportKeyError`` for another number of components, for unequal lengths, and for two that are the
    ///   same, which would undo each other.
    public init(_ components: [TransportKeyComponent]) throws(TransportKeyError) {
        guard (2...3).contains(components.count), let first = components.first else { throw .number }
        guard components.allSatisfy({ $0.octets.count == first.octets.count }) else { throw .lengths }
        for (index, component) in components.enumerated() {
            guard !components[..<index].contains(where: { $0.octets == component.octets }) else { throw .twice }
        }
        var combined = first.octets
        for component in components.dropFirst() {
            for (index, octet) in component.octets.enumerated() { combined[index] ^= octet }
        }
        defer { for index in combined.indices { combined[index] = 0 } }
        guard combined.contains(where: { $0 != 0 }), let checkValue = try? KeyCheckValue.aes(combined) else {
            throw .twice
        }
        self.checkValue = checkValue
        key = SymmetricKey(data: combined)
    }

    /// `nil` for octets that were not wrapped under it.
    func unwrap(_ octets: [UInt8]) -> [UInt8]? {
        guard octets.count.isMultiple(of: 8), (24...40).contains(octets.count) else { return nil }
        return (try? AES.KeyWrap.unwrap(Data(octets), using: key))?.withUnsafeBytes { Array($0) }
    }

    public var description: String { "‹transport key›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why what was entered makes no transport key; nothing of it is told.
public enum TransportKeyError: Error, Sendable, Equatable, CustomStringConvertible {
    case digits, checkValueDigits, checkValue, number, lengths, twice

    public var description: String {
        switch self {
        case .digits: "a component has 32, 48 or 64 hexadecimal digits"
        case .checkValueDigits: "a check value has 6 hexadecimal digits"
        case .checkValue: "the component is not the one of this check value"
        case .number: "a transport key has two or three components"
        case .lengths: "the components are not of one length"
        case .twice: "two components are the same, or they undo each other"
        }
    }
}

/// Digits as they are typed or written in a file, octets of ASCII in either case.
enum HexadecimalDigits {
    /// `nil` for an odd number of digits or anything that is none.
    static func octets(_ digits: some Collection<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            if let first = high {
                octets.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return octets
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
