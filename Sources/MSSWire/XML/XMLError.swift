/// Why octets are no XML that this platform reads; each a sentence a stranger may read.
struct XMLError: Error, Sendable, Equatable, CustomStringConvertible {
    let description: String

    static let malformed = XMLError(description: "The message is not well-formed XML in UTF-8.")
    static let doctype = XMLError(description: "The message holds a document type declaration; none is taken.")
    static let instruction = XMLError(description: "The message holds a processing instruction; none is taken.")
    static let tooLong = XMLError(description: "The message is too long.")
    static let tooDeep = XMLError(description: "The message's elements are nested too deeply.")
    static let tooMany = XMLError(description: "The message has too many elements or attributes.")
    static let invalid = XMLError(description: "The message does not follow the schema.")

    /// The same, with the name of the schema's that stands nearest to what is wrong.
    static func invalid(at place: String) -> XMLError {
        XMLError(
            description:
                "The message does not follow the schema at \(place): something there is unknown, missing, out of "
                + "order or of another type."
        )
    }
}
