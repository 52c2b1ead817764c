/// Why a provider's XML signature is not taken; each a sentence that the provider may read.
public struct MessageRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The metric's label.
    public enum Reason: String, Sendable, CaseIterable {
        case malformed
        /// There is no signature, or there are several.
        case missing
        /// What is signed is not the message, or not it alone.
        case reference
        /// A method or transform that is not taken.
        case algorithm
        /// No certificate that is registered could have made it.
        case key
        /// The octets are not those that were signed.
        case invalid
    }

    public let reason: Reason
    public let description: String

    init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    static let malformed = MessageRefusal(.malformed, "The envelope is not one that can hold a signed message.")
    static let missing = MessageRefusal(
        .missing,
        "The SOAP header must hold one MSS_MessageSignature with one ds:Signature."
    )
    static let reference = MessageRefusal(
        .reference,
        "ds:Reference must be one, with the URI # and the ID of the message element in the SOAP body."
    )
    static let identifiers = MessageRefusal(
        .reference,
        "The signed ID must stand once in the envelope, as the attribute ID of the message element."
    )
    static let key = MessageRefusal(
        .key,
        "No certificate registered for this provider's messages is valid now and of the signature's kind."
    )
    static let invalid = MessageRefusal(
        .invalid,
        "The signature is not over this message by a key that is registered for this provider."
    )

    static func algorithm(_ what: String) -> MessageRefusal {
        MessageRefusal(.algorithm, "\(what) is not one that is taken (docs/wire.md, \"Signed messages\").")
    }
}
