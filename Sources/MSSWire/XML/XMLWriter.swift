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

    /// An element as it was written elsewhere: whoever hands it over vouches that it is one, and stands by itself.
    mutating func element(written octets: [UInt8]) {
        self.octets.append(contentsOf: octets)
    }

    mutating func text(_ text: String) {
        escape(text) { octet in
            switch octet {
            case UInt8(ascii: "&"): "&amp;"
            case UInt8(ascii: "<"): "&lt;"
            case UInt8(ascii: ">"): "&gt;"
            case 0x0D: "&#13;"
            case 0x09, 0x0A, 0x20...: nil
            // XML has no way to write the others.
            default: "?"
            }
        }
    }

    private mutating func attribute(_ value: String) {
        escape(value) { octet in
            switch octet {
            case UInt8(ascii: "&"): "&amp;"
            case UInt8(ascii: "<"): "&lt;"
            case UInt8(ascii: "\""): "&quot;"
            case 0x09: "&#9;"
            case 0x0A: "&#10;"
            case 0x0D: "&#13;"
            case 0x20...: nil
            default: "?"
            }
        }
    }

    /// Copies runs of what may stand as it is.
    private mutating func escape(_ text: String, _ escaped: (UInt8) -> StaticString?) {
        var text = text
        text.withUTF8 { source in
            var start = 0
            for index in source.indices {
                guard let replacement = escaped(source[index]) else { continue }
                octets.append(contentsOf: source[start..<index])
                replacement.withUTF8Buffer { octets.append(contentsOf: $0) }
                start = index + 1
            }
            octets.append(contentsOf: source[start...])
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
}
