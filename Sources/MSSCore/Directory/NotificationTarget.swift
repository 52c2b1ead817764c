/// Where a provider's notifications may go: one https host, port and path.
public struct NotificationTarget: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: UInt16
    /// From its `/` on.
    public let path: String

    /// Reads `https://host:port/path`, 443 where no port is told; `nil` for anything else, and for what has a user, a query
    /// or a fragment.
    public init?(_ url: String) {
        guard url.hasPrefix("https://"), url.utf8.count <= 512,
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !Self.forbidden.contains($0) })
        else { return nil }
        let rest = url.dropFirst("https://".count)
        let authority = rest.prefix { $0 != "/" }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.first, !host.isEmpty,
            host.utf8.allSatisfy({ Self.isHostOctet($0) })
        else { return nil }
        let port = parts.count == 2 ? UInt16(parts[1]) : 443
        guard let port, port > 0 else { return nil }
        self.host = host.lowercased()
        self.port = port
        path = rest.count == authority.count ? "/" : String(rest.dropFirst(authority.count))
    }

    public var description: String { "https://\(host):\(port)\(path)" }

    private static let forbidden = Set("?#@\\\"<>".utf8)

    private static func isHostOctet(_ octet: UInt8) -> Bool {
        (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
            || octet == UInt8(ascii: "-") || octet == UInt8(ascii: ".")
    }
}
