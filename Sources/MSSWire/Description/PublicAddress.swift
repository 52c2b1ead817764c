/// Where callers reach a listener: `https://`, a host, a port if it has another than 443, and a path if one stands before
/// the listener's own; for instance `https://mss.example.com`.
///
/// It is written into XML as it is, so nothing stands in it that XML or a URL would have to escape.
public struct PublicAddress: Decodable, Sendable, Equatable {
    /// Without a slash at its end.
    public let text: String

    /// - Returns: `nil` for anything else than such an address.
    public init?(_ text: String) {
        let scheme = "https://"
        guard text.hasPrefix(scheme) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        var path = rest[authority.endIndex...]
        while path.last == "/" { path.removeLast() }
        let isPath = path.utf8.allSatisfy { Self.isNameOctet($0) || $0 == UInt8(ascii: "/") }
        guard text.utf8.count <= 512, Self.isAuthority(authority), isPath else { return nil }
        self.text = scheme + authority + path
    }

    /// The address by which a request found the listener: its Host field.
    init?(authority: String?) {
        guard let authority, authority.utf8.count <= 262, Self.isAuthority(authority[...]) else { return nil }
        text = "https://" + authority
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let address = PublicAddress(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "must be https://HOST, https://HOST:PORT, or one of these with a path behind it"
            )
        }
        self = address
    }

    private static func isAuthority(_ text: Substring) -> Bool {
        var host = text
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            let port = text[colon...].dropFirst()
            guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let number = Int(port), (1...65_535).contains(number)
            else { return false }
            host = text[..<colon]
        }
        if host.first == "[" {
            guard host.last == "]" else { return false }
            let address = host.dropFirst().dropLast()
            return !address.isEmpty && address.utf8.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") }
        }
        return !host.isEmpty && host.utf8.allSatisfy(isNameOctet)
    }

    private static func isHexadecimal(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
