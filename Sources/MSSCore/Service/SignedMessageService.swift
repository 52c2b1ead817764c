/// A provider's message under its own XML signature (TS 102 204 §11.3): what it says, and the octets that prove it.
public struct SignedMessage: Sendable {
    /// What is asked, as it was read on the way; who acts on it reads it again, from what the signature covers.
    public enum Content: Sendable {
        case signature(SignatureRequest)
        case status(StatusRequest)
        case receipt(ReceiptRequest)
        case profile(ProfileRequest)
        case cancel(CancelRequest)
        case fit(FitRequest)
    }

    public var content: Content
    /// The SOAP envelope as the provider sent it; handed on octet by octet.
    public var envelope: [UInt8]
    /// What it was said to be: of SOAP 1.1 or 1.2.
    public var contentType: String

    public init(_ content: Content, envelope: [UInt8], contentType: String) {
        self.content = content
        self.envelope = envelope
        self.contentType = contentType
    }

    /// Who says that it sent it.
    public var apInfo: APInfo { content.apInfo }
}

extension SignedMessage.Content {
    /// How it begins.
    public var header: MessageHeader {
        switch self {
        case .signature(let request): request.header
        case .status(let request): request.header
        case .receipt(let request): request.header
        case .profile(let request): request.header
        case .cancel(let request): request.header
        case .fit(let request): request.header
        }
    }

    /// Who says that it asks.
    public var apInfo: APInfo { header.apInfo }
}

/// The answer to a signed message: an envelope under the home's signature, for the provider as it is.
public struct SignedAnswer: Sendable {
    public var envelope: [UInt8]
    /// What the message centre, the card and the person took of the time, where the home tells it.
    public var simTime: Duration?

    public init(envelope: [UInt8], simTime: Duration? = nil) {
        self.envelope = envelope
        self.simTime = simTime
    }
}

/// The conversation about signatures with providers who trust nobody on the way to the home: their messages and the answers
/// are passed on unchanged.
public protocol SignedMessageRelay: Sendable {
    /// Passes a message on.
    ///
    /// - Throws: What is refused here or further on; what the home signed is in ``MSSFault/envelope``.
    func pass(_ message: SignedMessage, _ call: Call) async throws(MSSFault) -> SignedAnswer
}

/// The acquiring entity's part: it knows whose messages are signed.
public protocol SignedMessageService: SignedMessageRelay {
    /// Whether a provider's messages are to be signed; of others a signature is not looked at.
    func takesSigned(from provider: String) -> Bool
}

/// The home's part: what a provider signed is found out, and answers are signed.
public protocol MessageSecurity: Sendable {
    /// Finds out that a provider signed a message.
    ///
    /// - Parameters:
    ///   - envelope: As the provider sent it.
    ///   - provider: AP_ID of the message.
    ///   - call: Says through whom it came.
    /// - Returns: What was signed, and how its answer is.
    /// - Throws: 104, also where the provider is none that may come so; 780 where the answer could not be signed.
    func open(_ envelope: [UInt8], from provider: String, _ call: Call) async throws(MSSFault) -> OpenedMessage
}

extension MSSFault {
    /// A provider whose messages must be signed sent one that is not.
    public static var unsignedMessage: MSSFault {
        MSSFault(
            .unauthorizedAccess,
            "This provider's messages must be signed: SOAP with MSS_MessageSignature (docs/wire.md, \"Signed messages\").",
            specifier: 1046
        )
    }
}

/// A message whose signature was found good.
public struct OpenedMessage: Sendable {
    /// The message element alone: exactly the octets that were signed.
    public var message: [UInt8]
    /// Whether its provider knows the second level of faults.
    public var wantsSpecifiers: Bool
    /// Puts the platform's signature on the envelope of an answer or a fault.
    public var seal: @Sendable ([UInt8]) throws(MSSFault) -> [UInt8]

    public init(
        message: [UInt8],
        wantsSpecifiers: Bool = false,
        seal: @escaping @Sendable ([UInt8]) throws(MSSFault) -> [UInt8]
    ) {
        self.message = message
        self.wantsSpecifiers = wantsSpecifiers
        self.seal = seal
    }
}
