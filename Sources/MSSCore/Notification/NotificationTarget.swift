/// Where a provider hears that its transaction has ended: an address of https that stands in its entry
/// (`AP_Info/@AP_URL`, TS 102 204 §8.1).
///
/// Two are the same when host, port and path are; what else a URL can hold is none of a target.
public struct NotificationTarget: Sendable, Hashable, CustomStringConvertible {
    /// A name, or an address (IPv6 without its brackets), in small letters.
    public let host: String
    public let port: Int
    /// Begins with a slash.
    public let path: String

    public static let longest = 512

    /// Reads a URL; `nil` unless it is https with a host, a port or none, a path or none, and nothing else: no name or
    /// password, no query, no fragment.
    public init?(_ url: String) {
        guard url.utf8.count <= Self.longest, url.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }),
            url.prefix(8).lowercased() == "https://"
        else { return nil }
        let rest = url.dropFirst(8)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<slash]) else { return nil }
        let path = rest[slash...]
        guard path.utf8.allSatisfy({ Self.isOfPath($0) }), !path.split(separator: "/").contains("..") else {
            return nil
        }
        self.host = host
        self.port = port
        self.path = path.isEmpty ? "/" : String(path)
    }

    /// The URL, written in one way.
    public var url: String {
        let written = host.contains(":") ? "[\(host)]" : host
        return "https://" + written + (port == 443 ? "" : ":\(port)") + path
    }

    public var description: String { url }

    private static func authority(_ text: Substring) -> (host: String, port: Int)? {
        var host = text
        var port = 443
        // Behind an address of IPv6 a colon is none of the port's, so the brackets decide.
        if let colon = text.lastIndex(of: ":"), text[colon...].firstIndex(of: "]") == nil {
            let digits = text[text.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(digits), number > 0 else {
                return nil
            }
            port = Int(number)
            host = text[..<colon]
        }
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
            guard host.contains(":"), host.utf8.allSatisfy({ isHexadecimal($0) || $0 == 0x3A || $0 == 0x2E }) else {
                return nil
            }
        } else {
            guard (1...253).contains(host.utf8.count), host.utf8.allSatisfy({ isOfName($0) }) else { return nil }
        }
        return (host.lowercased(), port)
    }

    private static func isHexadecimal(_ octet: UInt8) -> Bool { Character(UnicodeScalar(octet)).isHexDigit }

    private static func isOfName(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isOfPath(_ octet: UInt8) -> Bool {
        isOfName(octet) || "/_~%!$&'()*+,;=:@".utf8.contains(octet)
    }
}
