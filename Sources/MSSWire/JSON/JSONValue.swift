/// What this platform writes as JSON: compact, members in the order of their names, every number a string.
///
/// Shell clients cut answers at the last `"Value":"` of the line, which this order makes the status code's.
enum JSONValue {
    case text(String)
    case list([JSONValue])
    /// Members without a value are left out.
    case object([String: JSONValue?])

    var octets: [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(4_096)
        write(to: &octets)
        return octets
    }

    private func write(to octets: inout [UInt8]) {
        switch self {
        case .text(let text): Self.write(text, to: &octets)
        case .list(let values):
            octets.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { octets.append(UInt8(ascii: ",")) }
                value.write(to: &octets)
            }
            octets.append(UInt8(ascii: "]"))
        case .object(let members):
            var separator = UInt8(ascii: "{")
            for case (let name, let value?) in members.sorted(by: { $0.key < $1.key }) {
                octets.append(separator)
                separator = UInt8(ascii: ",")
                Self.write(name, to: &octets)
                octets.append(UInt8(ascii: ":"))
                value.write(to: &octets)
            }
            if separator == UInt8(ascii: "{") { octets.append(separator) }
            octets.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to octets: inout [UInt8]) {
        octets.append(UInt8(ascii: "\""))
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): octets += [UInt8(ascii: "\\"), octet]
            case 0x0A: octets += "\\n".utf8
            case 0x0D: octets += "\\r".utf8
            case 0x09: octets += "\\t".utf8
            case 0..<0x20: octets += (octet < 0x10 ? "\\u000" : "\\u001").utf8 + [hexadecimal[Int(octet & 15)]]
            default: octets.append(octet)
            }
        }
        octets.append(UInt8(ascii: "\""))
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)
}

extension JSONValue {
    /// A text that may be missing.
    static func optional(_ text: String?) -> JSONValue? { text.map { .text($0) } }
}
