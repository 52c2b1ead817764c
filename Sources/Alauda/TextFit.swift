/// How a text fits into a request to a card.
public struct TextFit: Sendable, Equatable {
    /// The first character that cannot be shown, and how many characters stand before it.
    public struct Offender: Sendable, Equatable {
        public let character: Character
        public let position: Int

        public init(character: Character, position: Int) {
            self.character = character
            self.position = position
        }
    }

    /// What the text is written in; `nil` if it cannot be.
    public let encoding: CardText.Encoding?
    /// Short messages that the request takes; `nil` if it does not fit at all.
    public let segments: Int?
    /// How many more characters of one code (GSM: one octet, UCS-2: two) still fit; below zero is how many are too many.
    public private(set) var charactersLeft: Int
    /// Pages that the phone shows, the heading's and the card's own included.
    public let pages: Int
    public let offender: Offender?
    /// Whether there is nothing to read.
    public let isEmpty: Bool
    /// Whether it is no longer than somebody else allows.
    public private(set) var isAllowed = true

    /// Whether the request can be sent.
    public var fits: Bool { offender == nil && segments != nil && !isEmpty && isAllowed }

    /// Fits a text into a SIGN.
    ///
    /// - Parameters:
    ///   - text: What the person reads.
    ///   - line: What is shown below it, on a line of its own, and takes its room.
    ///   - command: All the rest of the request; its own text counts for nothing.
    ///   - encoding: The charset that it must be in; `nil` for the smaller of the two that hold it.
    ///   - most: How many short messages the request may take.
    /// - Returns: The fit, or the first character that cannot be shown.
    public static func fit(
        _ text: String,
        above line: String? = nil,
        in command: SignCommand,
        encoding: CardText.Encoding? = nil,
        segments most: Int = Capacity.mostSegments
    ) -> TextFit {
        let whole = text + (line.map { "\n" + $0 } ?? "")
        do throws(WPKIError) {
            var command = command
            if let encoding {
                command.text = try CardText(whole, encoding: encoding)
            } else {
                command.text = try CardText(whole)
            }
            let count = DownMessage.sign(command).octets.count
            return fit(count, command.text, Pages(command).pages.count, most, isEmpty: text.isEmpty)
        } catch .unsupportedCharacter(let character) {
            return refused(whole, character)
        } catch { return refused(nil) }
    }

    /// Fits a text into a MESSAGE.
    public static func fit(message text: String, segments most: Int = Capacity.mostSegments) -> TextFit {
        do throws(WPKIError) {
            let written = try CardText(text)
            let message = DownMessage.message(.none, written)
            let count = message.octets.count
            return fit(count, written, Pages(text: written).pages.count, most, isEmpty: text.isEmpty)
        } catch .unsupportedCharacter(let character) {
            return refused(text, character)
        } catch { return refused(nil) }
    }

    /// The same where somebody allows no more than so many further characters; below zero so many fewer.
    public func allowing(_ left: Int) -> TextFit {
        var fit = self
        fit.charactersLeft = min(charactersLeft, left)
        fit.isAllowed = left >= 0
        return fit
    }

    private static func fit(
        _ count: Int,
        _ text: CardText,
        _ pages: Int,
        _ most: Int,
        isEmpty: Bool
    ) -> TextFit {
        let room = Capacity.plaintext(.down, segments: most)
        let field = FieldList.octets(Tag.text.rawValue, text.value).count
        let left = longestValue(in: room - (count - field)) - text.value.count
        let segments = Capacity.segments(.down, plaintext: count)
        return TextFit(
            encoding: text.encoding,
            segments: segments.flatMap { $0 <= most ? $0 : nil },
            // Rounded down also below zero: half a character too many is one.
            charactersLeft: text.encoding == .ucs2 ? left >> 1 : left,
            pages: pages,
            offender: nil,
            isEmpty: isEmpty
        )
    }

    /// The longest value whose field, with tag and length, takes no more than `room` octets.
    private static func longestValue(in room: Int) -> Int {
        switch room - 2 {
        case ..<0x80: room - 2
        case 0x80: 0x7F
        case ..<0x101: room - 3
        case 0x101: 0xFF
        default: room - 4
        }
    }

    private static func refused(_ text: String, _ character: Character) -> TextFit {
        // By its scalars: a canonical equivalent that can be shown may stand before it.
        let place = text.indices.first { text[$0].unicodeScalars.elementsEqual(character.unicodeScalars) }
        let position = place.map { text.distance(from: text.startIndex, to: $0) } ?? 0
        return refused(Offender(character: character, position: position))
    }

    private static func refused(_ offender: Offender?) -> TextFit {
        TextFit(encoding: nil, segments: nil, charactersLeft: 0, pages: 0, offender: offender, isEmpty: false)
    }
}
