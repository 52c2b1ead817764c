/// What a phone shows of a message, page by page: the card cuts it so, and the home can keep it as evidence.
public struct Pages: Sendable, Equatable {
    public struct Page: Sendable, Equatable {
        public enum Kind: String, Sendable {
            /// HEAD.
            case head
            /// A part of TEXT.
            case text
            /// The number of digests, which the card itself writes.
            case digests
        }

        public let kind: Kind
        public let text: CardText
    }

    /// Octets of text on one page: what a DISPLAY TEXT command holds beside its own fields (TS 102 223 §6.6.1, 8.15).
    public static let mostOctets = 239
    public let pages: [Page]

    /// SIGN: the heading, the text, and with HASH how many digests are signed; the PIN is asked after the last.
    public init(_ command: SignCommand) {
        self.init(head: command.head, text: command.text, digests: command.digests.count)
    }

    /// The heading on a page of its own, the text, and the number of digests unless it is 0.
    public init(head: CardText? = nil, text: CardText, digests: Int = 0) {
        var pages: [Page] = []
        if let head { pages += Self.cut(head).map { Page(kind: .head, text: $0) } }
        pages += Self.cut(text).map { Page(kind: .text, text: $0) }
        if digests > 0 {
            let number = CardText(encoding: .gsm8Bit, octets: Array("#\(digests)".utf8))
            // "#" and the digits have their ASCII codes in the GSM alphabet.
            pages.append(Page(kind: .digests, text: number))
        }
        self.pages = pages
    }

    /// A text's pages: as full as they can be, each ending after its last space or line feed if the text goes on and
    /// there is one; an escape stays with its octet, a combining mark (0300–036F) with its letter.
    static func cut(_ text: CardText) -> [CardText] {
        var rest = text.octets[...]
        var pages: [CardText] = []
        while rest.count > mostOctets {
            let page = rest.prefix(end(rest, text.encoding))
            pages.append(CardText(encoding: text.encoding, octets: Array(page)))
            rest = rest.dropFirst(page.count)
        }
        if !rest.isEmpty || pages.isEmpty { pages.append(CardText(encoding: text.encoding, octets: Array(rest))) }
        return pages
    }

    /// How many octets the first page takes of a text that is longer than a page.
    private static func end(_ text: ArraySlice<UInt8>, _ encoding: CardText.Encoding) -> Int {
        let octets = Array(text.prefix(mostOctets + 2))
        switch encoding {
        case .gsm8Bit:
            // 1B 0A is a form feed, not a line feed.
            let spaces = (0..<mostOctets).filter { octets[$0] == 0x20 || octets[$0] == 0x0A }
            if let space = spaces.last(where: { !isEscaped(octets, $0) }) { return space + 1 }
            return isEscaped(octets, mostOctets) ? mostOctets - 1 : mostOctets
        case .ucs2:
            let most = mostOctets - mostOctets % 2
            let spaces = stride(from: 0, to: most, by: 2).filter {
                octets[$0] == 0 && (octets[$0 + 1] == 0x20 || octets[$0 + 1] == 0x0A)
            }
            if let space = spaces.last { return space + 2 }
            // Back to before the letter whose mark would be alone on the next page.
            var end = most
            while end > 2, octets[end] == 0x03, octets[end + 1] <= 0x6F { end -= 2 }
            return end > 2 ? end : most
        }
    }

    private static func isEscaped(_ octets: [UInt8], _ index: Int) -> Bool {
        index > 0 && octets[index - 1] == 0x1B
    }
}
