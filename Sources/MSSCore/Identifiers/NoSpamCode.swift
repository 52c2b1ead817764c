/// A person's code against requests of strangers (FiCom 2.1 §5.2): 3 to 16 letters and digits, a letter first.
///
/// Upper and lower case are one. It has no description: whoever knows it may have the person's phone ask.
public struct NoSpamCode: Sendable, Equatable {
    /// In lower case.
    public let text: String

    public init?(_ text: String) {
        let text = text.lowercased()
        guard (3...16).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed),
            text.utf8.first.map({ $0 > 0x39 }) == true
        else { return nil }
        self.text = text
    }

    private static func isAllowed(_ octet: UInt8) -> Bool {
        (0x30...0x39).contains(octet) || (0x61...0x7A).contains(octet)
    }
}

extension NoSpamCode: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹no-spam code›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
