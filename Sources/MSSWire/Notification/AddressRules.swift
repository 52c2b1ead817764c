import Foundation

/// An address of the internet protocol, four or sixteen octets; one of IPv4 inside of IPv6 is the IPv4 address it means.
struct InternetAddress: Sendable, Hashable {
    let octets: [UInt8]

    /// Reads an address as text; `nil` for anything else, a name too.
    init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            octets = withUnsafeBytes(of: four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            let all = withUnsafeBytes(of: six) { Array($0) }
            octets = all.starts(with: Self.mapped) ? Array(all[12...]) : all
        } else {
            return nil
        }
    }

    private static let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
}

/// Addresses that begin alike: "10.0.0.0/8".
public struct AddressRange: Sendable, Hashable {
    private let octets: [UInt8]
    private let bits: Int

    /// Reads address and length, or an address alone; `nil` for anything else, bits beyond the length among them.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = InternetAddress(String(parts[0])) else { return nil }
        let most = address.octets.count * 8
        guard parts.count == 1 || UInt8(parts[1]) != nil else { return nil }
        let bits = parts.count == 1 ? most : Int(UInt8(parts[1]) ?? 255)
        guard bits <= most else { return nil }
        octets = address.octets
        self.bits = bits
        guard (bits..<most).allSatisfy({ address.octets[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 }) else { return nil }
    }

    func contains(_ address: InternetAddress) -> Bool {
        guard address.octets.count == octets.count else { return false }
        let whole = bits / 8
        guard address.octets[..<whole].elementsEqual(octets[..<whole]) else { return false }
        guard bits % 8 > 0 else { return true }
        return (address.octets[whole] ^ octets[whole]) >> UInt8(8 - bits % 8) == 0
    }
}

/// Where a notification may go: to the public internet, and to no place of the platform's own.
public struct AddressRules: Sendable {
    private let permitted: [AddressRange]
    private let refused: [AddressRange]

    /// - Parameters:
    ///   - permitted: Taken although they are private or special.
    ///   - refused: Taken under no circumstances: the platform's own public addresses.
    public init(permitted: [AddressRange] = [], refused: [AddressRange] = []) {
        self.permitted = permitted
        self.refused = refused
    }

    func permits(_ address: InternetAddress) -> Bool {
        if refused.contains(where: { $0.contains(address) }) { return false }
        if permitted.contains(where: { $0.contains(address) }) { return true }
        if Self.special.contains(where: { $0.contains(address) }) { return false }
        // Of IPv6 one eighth alone is handed out to anybody (RFC 4291).
        return address.octets.count == 4 || address.octets[0] & 0xE0 == 0x20
    }

    /// The special-purpose registries (RFC 6890) and multicast: this host, private, shared, link-local, documentation,
    /// benchmarking, relays.
    private static let special = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ].compactMap { AddressRange($0) }
}
