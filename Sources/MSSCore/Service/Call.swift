/// Who is calling, on whose behalf, until when an answer is of use, and under which trace.
public struct Call: Sendable {
    /// The one at the other end of this connection, by the certificate it proved.
    public var peer: PeerIdentity
    /// The application provider or agent at the platform's edge on whose behalf `peer` calls; `nil` at the edge itself.
    public var origin: PeerIdentity?
    /// SHA-256 of the certificate that was shown at the platform's edge, in lower-case hexadecimal digits.
    public var certificate: String?
    /// Each wait that serves this call ends here.
    public var deadline: ContinuousClock.Instant
    /// Carried through every service into every log line of the request.
    public var trace: TraceID
    /// AP_ID of the provider whose XML signature over this very message was found good, in this process; `nil` otherwise.
    public var signer: String?

    public init(
        peer: PeerIdentity,
        origin: PeerIdentity? = nil,
        certificate: String? = nil,
        deadline: ContinuousClock.Instant,
        trace: TraceID = .random()
    ) {
        self.peer = peer
        self.origin = origin
        self.certificate = certificate
        self.deadline = deadline
        self.trace = trace
    }

    /// The same call as it goes on to the next service: the peer becomes its origin.
    public func onBehalfOfPeer() -> Call {
        var call = self
        call.origin = origin ?? peer
        return call
    }
}

/// A peer, by the one URI in its certificate's subject alternative name; the common name is never looked at.
public struct PeerIdentity: Sendable, Hashable, CustomStringConvertible {
    /// The URI, compared octet by octet.
    public let uri: String
    public var description: String { uri }

    public init(uri: String) {
        self.uri = uri
    }
}

/// A trace id as W3C Trace Context has it: 16 octets, written as 32 lower-case hexadecimal digits.
public struct TraceID: Sendable, Hashable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// A new id from the system's generator.
    public static func random() -> TraceID {
        var generator = SystemRandomNumberGenerator()
        return TraceID(high: generator.next() | 1, low: generator.next())
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hexadecimal digits; `nil` for anything else and for the all-zero id.
    public init?(_ text: String) {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16),
            high | low != 0
        else { return nil }
        self.init(high: high, low: low)
    }

    public var description: String { Hexadecimal.text(high) + Hexadecimal.text(low) }
}
