import Glibc

/// Where a service listens: `127.0.0.1:9061`, `[::1]:9061`, `localhost:9061`.
public struct ListenAddress: Decodable, Sendable, Hashable, CustomStringConvertible {
    /// A name or a literal address, without brackets.
    public let host: String
    /// 0 lets the system choose.
    public let port: Int

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads `host:port`; `nil` when it is neither.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits), let host = Self.host(text[..<colon])
        else { return nil }
        self.host = host
        self.port = Int(port)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let address = ListenAddress(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "must be HOST:PORT with a port of 0 to 65535, an IPv6 address in brackets"
            )
        }
        self = address
    }

    /// Whether only this machine reaches it: 127.0.0.0/8, ::1 or `localhost`.
    public var isLoopback: Bool {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        return host == "::1" || host == "localhost"
    }

    private static func host(_ text: Substring) -> String? {
        guard text.hasPrefix("[") else {
            let allowed = text.utf8.allSatisfy { octet in
                octet == 0x2D || octet == 0x2E || (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet)
                    || (0x61...0x7A).contains(octet)
            }
            return allowed && (1...253).contains(text.utf8.count) ? String(text) : nil
        }
        let inner = String(text.dropFirst().dropLast())
        var six = in6_addr()
        guard text.hasSuffix("]"), inet_pton(AF_INET6, inner, &six) == 1 else { return nil }
        return inner
    }
}
