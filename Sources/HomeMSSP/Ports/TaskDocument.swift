public import MSSCore

/// One of several documents that one PIN entry signs, as it is kept with its transaction.
public struct TaskDocument: Sendable, Equatable {
    /// What asked for it.
    public enum Origin: UInt8, Sendable, CaseIterable {
        /// The message's own.
        case message = 1
        /// batchsign.
        case batch = 2
        /// docsign.
        case document = 3
    }

    public var origin: Origin
    /// DocumentRef.
    public var reference: String?
    /// What the user read of it.
    public var displayed: String
    /// The octets that are signed, or the digest that was brought.
    public var content: [UInt8]
    /// What the octets are, and in which form they are signed.
    public var manner: SigningManner

    public init(
        origin: Origin,
        reference: String? = nil,
        displayed: String,
        content: [UInt8],
        manner: SigningManner
    ) {
        self.origin = origin
        self.reference = reference
        self.displayed = displayed
        self.content = content
        self.manner = manner
    }

    /// What the card signs of it.
    public var signedContent: SigningContent { manner.content(content) }
}

extension TaskDocument {
    /// Documents as a transaction's row holds them: of each its parts, with their lengths before them.
    public static func octets(of documents: [TaskDocument]) -> [UInt8] {
        OctetList.octets(
            of: documents.flatMap { document in
                [
                    [document.origin.rawValue, document.reference == nil ? 0 : 1],
                    Array((document.reference ?? "").utf8), Array(document.displayed.utf8), document.content,
                    document.manner.octets,
                ]
            }
        )
    }

    /// Reads what ``octets(of:)`` wrote; `nil` for anything else.
    public static func documents(_ octets: [UInt8]) -> [TaskDocument]? {
        guard let parts = OctetList.parts(of: octets), parts.count.isMultiple(of: 5) else { return nil }
        var documents: [TaskDocument] = []
        for start in stride(from: 0, to: parts.count, by: 5) {
            guard parts[start].count == 2, let origin = Origin(rawValue: parts[start][0]), parts[start][1] <= 1,
                parts[start][1] == 1 || parts[start + 1].isEmpty,
                let reference = String(validating: parts[start + 1], as: UTF8.self),
                let displayed = String(validating: parts[start + 2], as: UTF8.self),
                let manner = SigningManner(parts[start + 4])
            else { return nil }
            documents.append(
                TaskDocument(
                    origin: origin,
                    reference: parts[start][1] == 1 ? reference : nil,
                    displayed: displayed,
                    content: parts[start + 3],
                    manner: manner
                )
            )
        }
        return documents
    }
}

/// Several strings of octets in one, each with its length in four octets before it.
enum OctetList {
    static func octets(of parts: [[UInt8]]) -> [UInt8] {
        parts.flatMap { part in
            (0..<4).map { UInt8(truncatingIfNeeded: part.count >> (24 - 8 * $0)) } + part
        }
    }

    /// Reads what ``octets(of:)`` wrote; `nil` for anything else.
    static func parts(of octets: [UInt8]) -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        var rest = octets[...]
        while !rest.isEmpty {
            guard rest.count >= 4 else { return nil }
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard rest.count >= count else { return nil }
            parts.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return parts
    }
}
