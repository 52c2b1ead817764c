/// A first look at a document's octets, before a parser builds anything of them.
///
/// libxml2's time grows with the square of an element's attributes, and after the first error it reads on to the end:
/// so what is counted here has the parser's own idea of where a tag begins, also in a document that is not well-formed.
/// That holds because no comment, instruction or attribute that the parser would leave half-way can hide a tag.
struct XMLSurvey {
    private let octets: [UInt8]
    private let limits: XMLLimits
    private var position = 0
    private var elements = 0
    private var depth = 0

    /// - Throws: What is refused of the document; what is merely not well-formed may pass.
    static func check(_ octets: [UInt8], _ limits: XMLLimits) throws(XMLError) {
        guard octets.count <= limits.octets else { throw .tooLong }
        guard isText(octets) else { throw .malformed }
        var survey = XMLSurvey(octets, limits)
        try survey.declaration()
        while survey.position < octets.count { try survey.next() }
    }

    private init(_ octets: [UInt8], _ limits: XMLLimits) {
        self.octets = octets
        self.limits = limits
    }

    /// UTF-8, of characters that XML knows, and with a beginning that no parser takes for another encoding.
    private static func isText(_ octets: [UInt8]) -> Bool {
        guard octets.count >= 4, [0x3C, 0x20, 0x0A, 0x0D, 0x09, 0xEF].contains(octets[0]),
            (try? UTF8Span(validating: octets.span)) != nil
        else { return false }
        for index in octets.indices {
            switch octets[index] {
            case 0x20..<0xBE, 0xC0..., 0x09, 0x0A, 0x0D: continue
            // U+FFFE and U+FFFF.
            case 0xBE, 0xBF: if octets[index - 1] == 0xBF, octets[index - 2] == 0xEF { return false }
            default: return false
            }
        }
        return true
    }

    /// The XML declaration, which is no instruction although it looks like one.
    private mutating func declaration() throws(XMLError) {
        if octets.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        guard take("<?xml") else { return }
        while !take("?>") {
            guard position < octets.count, octets[position] != UInt8(ascii: "<") else { throw .malformed }
            position += 1
        }
    }

    /// To behind the next mark-up.
    private mutating func next() throws(XMLError) {
        let octet = octets[position]
        guard octet == UInt8(ascii: "<") else {
            position += 1
            return
        }
        if take("</") {
            depth -= 1
        } else if take("<!--") {
            skip(past: "-->")
        } else if take("<![CDATA[") {
            skip(past: "]]>")
        } else if take("<!") {
            throw take("DOCTYPE") ? .doctype : .malformed
        } else if take("<?") {
            throw .instruction
        } else {
            position += 1
            try startTag()
        }
    }

    private mutating func startTag() throws(XMLError) {
        elements += 1
        depth += 1
        guard elements <= limits.elements else { throw .tooMany }
        guard depth <= limits.depth else { throw .tooDeep }
        var attributes = 0
        var quote: UInt8?
        while position < octets.count {
            let octet = octets[position]
            position += 1
            switch octet {
            case UInt8(ascii: "<"): throw .malformed
            case quote: quote = nil
            case _ where quote != nil: continue
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = octet
            case UInt8(ascii: "="):
                attributes += 1
                guard attributes <= limits.attributes else { throw .tooMany }
            case UInt8(ascii: ">"):
                if octets[position - 2] == UInt8(ascii: "/") { depth -= 1 }
                return
            default: continue
            }
        }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= octets.count else { return false }
        for index in 0..<text.utf8CodeUnitCount where octets[position + index] != text.utf8Start[index] { return false }
        position += text.utf8CodeUnitCount
        return true
    }

    private mutating func skip(past end: StaticString) {
        while position < octets.count, !take(end) { position += 1 }
    }
}
