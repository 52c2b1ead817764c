/// MSSP_CancelReq: a provider takes back what it asked for; this platform's own, as TS 102 204 has none.
public struct CancelRequest: Sendable, Equatable {
    public var header: MessageHeader
    public var transactionID: String

    public init(header: MessageHeader, transactionID: String) {
        self.header = header
        self.transactionID = transactionID
    }
}

/// MSSP_CancelResp: from now on nobody gets a signature for it.
public struct CancelResponse: Sendable, Equatable {
    public var header: MessageHeader

    public init(header: MessageHeader) {
        self.header = header
    }
}

/// MSSP_FitReq: whether a text fits on a phone, before anybody is asked to sign it.
public struct FitRequest: Sendable, Equatable {
    public var header: MessageHeader
    /// What would be DataToBeSigned, and shown.
    public var text: String
    /// MSS_Format/mssURI, as the signature would have it.
    public var format: String?

    public init(header: MessageHeader, text: String, format: String? = nil) {
        self.header = header
        self.text = text
        self.format = format
    }
}

/// MSSP_FitResp.
public struct FitResponse: Sendable, Equatable {
    public var header: MessageHeader
    public var fit: Fit

    public init(header: MessageHeader, fit: Fit) {
        self.header = header
        self.fit = fit
    }

    /// How a text goes to a phone under the provider's name.
    public struct Fit: Sendable, Equatable {
        /// Whether a signature with it would be taken.
        public var fits: Bool
        /// `nil` if no charset of a phone holds the text.
        public var charset: Charset?
        /// Short messages that the request takes; `nil` if it takes too many.
        public var segments: Int?
        /// Pages on the phone, the provider's name and the PIN's included.
        public var pages: Int
        /// Characters that still fit; below zero so many are too many.
        public var charactersLeft: Int
        public var offender: Offender?

        public init(
            fits: Bool,
            charset: Charset?,
            segments: Int?,
            pages: Int,
            charactersLeft: Int,
            offender: Offender?
        ) {
            self.fits = fits
            self.charset = charset
            self.segments = segments
            self.pages = pages
            self.charactersLeft = charactersLeft
            self.offender = offender
        }
    }

    public enum Charset: String, Sendable, CaseIterable {
        case gsm = "GSM"
        case ucs2 = "UCS-2"
    }

    /// The first character that a phone cannot show.
    public struct Offender: Sendable, Equatable {
        /// Such as `U+202E`; several for a character of several.
        public var codePoints: String
        /// Its place, from 1.
        public var position: Int

        public init(codePoints: String, position: Int) {
            self.codePoints = codePoints
            self.position = position
        }
    }
}
