/// Writes XML on one line: no white space between elements, everything escaped that must be.
struct XMLWriter {
    private(set) var octets: [UInt8] = []

    init() {
        octets.reserveCapacity(2_048)
    }

    /// An element with what `content` writes into it; attributes without a value are left out.
    mutating func element(
        _ name: String,
        _ attributes: [(String, String?)] = [],
        _ content: (inout XMLWriter) -> Void
    ) {
        open(name, attributes)
        octets.append(UInt8(ascii: ">"))
        content(&self)
        octets.append(contentsOf: "</".utf8)
        octets.append(contentsOf: name.utf8)
        octets.append(UInt8(ascii: ">"))
    }

    /// An element without content.
    mutating func element(_ name: String, _ attributes: [(String, String?)] = []) {
        open(name, attributes)
        octets.append(contentsOf: "/>".utf8)
    }

    /// An element with a text, or nothing at all for `nil`.
    mutating func element(_ name: String, _ attributes: [(String, String?)] = [], text: String?) {
        guard let text else { return }
        element(name, attributes) { $0.text(text) }
    }

    mutating func text(_ text: String) {
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "&"): octets.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): octets.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): octets.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\r"): octets.append(contentsOf: "&#13;".utf8)
            case 0x09, 0x0A, 0x20...: octets.append(octet)
            // XML has no way to write the others.
            default: octets.append(UInt8(ascii: "?"))
            }
        }
    }

    private mutating func open(_ name: String, _ attributes: [(String, String?)]) {
        octets.append(UInt8(ascii: "<"))
        octets.append(contentsOf: name.utf8)
        for case (let name, let value?) in attributes {
            octets.append(UInt8(ascii: " "))
            octets.append(contentsOf: name.utf8)
            octets.append(contentsOf: "=\"".utf8)
            attribute(value)
            octets.append(UInt8(ascii: "\""))
        }
    }

    private mutating func attribute(_ value: String) {
        for octet in value.utf8 {
            switch octet {
            case UInt8(ascii: "&"): octets.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): octets.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: "\""): octets.append(contentsOf: "&quot;".utf8)
            case 0x09: octets.append(contentsOf: "&#9;".utf8)
            case 0x0A: octets.append(contentsOf: "&#10;".utf8)
            case 0x0D: octets.append(contentsOf: "&#13;".utf8)
            case 0x20...: octets.append(octet)
            default: octets.append(UInt8(ascii: "?"))
            }
        }
    }
}
