import Foundation
import MSSCore

#if canImport(Glibc)
import Glibc
#endif

/// Writes a ``KeptSignature``.
struct KeptWriter {
    private(set) var written: [UInt8] = []
    private let signature: [UInt8]
    /// Shorter strings cost as much as their place.
    private static let leastPlaced = 8

    init(signature: [UInt8]) {
        self.signature = signature
        written.reserveCapacity(signature.count + 768)
    }

    mutating func octet(_ octet: UInt8) { written.append(octet) }

    mutating func number(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            written.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        written.append(UInt8(rest))
    }

    mutating func octets(_ octets: some Collection<UInt8>) {
        let octets = Array(octets)
        // The signature itself comes first and cannot be its own place.
        if written.count > 1, octets.count >= Self.leastPlaced, let place = Self.place(of: octets, in: signature) {
            number(UInt64(octets.count) << 1 | 1)
            number(UInt64(place))
        } else {
            number(UInt64(octets.count) << 1)
            written += octets
        }
    }

    /// In three parts where the content stands within: the one in the middle is likely to be in the signature, too.
    mutating func octets(_ octets: [UInt8], around content: [UInt8]?) {
        guard let content, content.count >= Self.leastPlaced, let place = Self.place(of: content, in: octets) else {
            number(1)
            return self.octets(octets)
        }
        number(3)
        self.octets(octets[..<place])
        self.octets(content)
        self.octets(octets[(place + content.count)...])
    }

    mutating func content(_ content: SigningContent) {
        octets(Array(content.kind.utf8))
        if case .digest(let digest) = content { octets(digest) } else { octets(content.octets ?? []) }
    }

    mutating func form(_ form: SigningForm) {
        octets(Array(form.structure.rawValue.utf8))
        octet(form.attributes == nil ? 0 : 1)
        octets(form.attributes?.mid ?? [])
        octets(form.attributes?.extra ?? [])
    }

    /// Whole seconds; 0 for none.
    mutating func time(_ date: Date?) {
        number(date.map { UInt64(max(1, min($0.timeIntervalSince1970, 1e15))) } ?? 0)
    }

    private static func place(of needle: [UInt8], in octets: [UInt8]) -> Int? {
        octets.withUnsafeBytes { octets in
            needle.withUnsafeBytes { needle in
                guard let start = octets.baseAddress, let wanted = needle.baseAddress, let first = needle.first
                else { return nil }
                var place = 0
                // From one octet that is its first to the next.
                while place + needle.count <= octets.count {
                    let left = octets.count - needle.count - place + 1
                    guard let found = memchr(start.advanced(by: place), Int32(first), left) else { return nil }
                    place = start.distance(to: UnsafeRawPointer(found))
                    if memcmp(found, wanted, needle.count) == 0 { return place }
                    place += 1
                }
                return nil
            }
        }
    }
}

/// Reads a ``KeptSignature``; never beyond its end, and never more than there is.
struct KeptReader {
    static let malformed = SignatureError("what was kept of the signature is not well-formed")
    private var rest: ArraySlice<UInt8>
    /// What places refer to; empty until it has been read.
    var signature: [UInt8] = []

    init(_ octets: [UInt8]) {
        rest = octets[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func octet() throws(SignatureError) -> UInt8 {
        guard let octet = rest.popFirst() else { throw Self.malformed }
        return octet
    }

    mutating func number() throws(SignatureError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            let octet = try octet()
            number |= UInt64(octet & 0x7F) << shift
            if octet & 0x80 == 0 { return number }
        }
        throw Self.malformed
    }

    /// Of things that take an octet each at least.
    mutating func count() throws(SignatureError) -> Int {
        guard let count = Int(exactly: try number()), count <= rest.count else { throw Self.malformed }
        return count
    }

    mutating func octets() throws(SignatureError) -> [UInt8] {
        let header = try number()
        guard let count = Int(exactly: header >> 1) else { throw Self.malformed }
        if header & 1 == 1 {
            guard let place = Int(exactly: try number()), place <= signature.count, count <= signature.count - place
            else { throw Self.malformed }
            return Array(signature[place..<(place + count)])
        }
        guard count <= rest.count else { throw Self.malformed }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func text() throws(SignatureError) -> String {
        guard let text = String(validating: try octets(), as: UTF8.self) else { throw Self.malformed }
        return text
    }

    mutating func parts() throws(SignatureError) -> [UInt8] {
        var octets: [UInt8] = []
        for _ in 0..<(try count()) { octets += try self.octets() }
        return octets
    }

    mutating func content() throws(SignatureError) -> SigningContent {
        let kind = try text()
        guard let content = SigningContent(kind: kind, try octets()) else { throw Self.malformed }
        return content
    }

    mutating func form() throws(SignatureError) -> SigningForm {
        guard let structure = SigningForm.Structure(rawValue: try text()) else { throw Self.malformed }
        let hasAttributes = try octet() == 1
        let attributes = AddedAttributes(mid: try octets(), extra: try octets())
        return SigningForm(structure: structure, attributes: hasAttributes ? attributes : nil)
    }

    mutating func time() throws(SignatureError) -> Date? {
        let seconds = try number()
        guard seconds <= 1_000_000_000_000_000 else { throw Self.malformed }
        return seconds == 0 ? nil : Date(timeIntervalSince1970: Double(seconds))
    }
}
