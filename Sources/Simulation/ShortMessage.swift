/// One short message on the air interface between SMSC and handset, in either direction.
public struct ShortMessage: Sendable, Equatable {
    /// E.164 digits without `+`, or a short code.
    public var source: String
    public var destination: String
    /// TP-PID; 7F is (U)SIM data download (3GPP TS 23.040 §9.2.3.9).
    public var protocolID: UInt8
    /// TP-DCS; F6 is 8-bit data for the SIM (3GPP TS 23.038).
    public var dataCoding: UInt8
    /// TP-UDHI: the user data begins with a header.
    public var hasUserDataHeader: Bool
    /// TP-UD, at most 140 octets.
    public var userData: [UInt8]

    public init(
        source: String,
        destination: String,
        protocolID: UInt8,
        dataCoding: UInt8,
        hasUserDataHeader: Bool,
        userData: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.protocolID = protocolID
        self.dataCoding = dataCoding
        self.hasUserDataHeader = hasUserDataHeader
        self.userData = userData
    }
}

/// The handsets that an SMSC reaches.
public protocol Handsets: Sendable {
    /// Gives a message to the handset that is its destination; what the handset sends, now or later, goes to `submit`.
    ///
    /// Returns when the handset has acknowledged (`delivered`), or tells that it cannot be reached.
    func receive(
        _ message: ShortMessage,
        submit: @escaping @Sendable (ShortMessage) async -> Void
    ) async -> HandsetAcknowledgement
}

/// What the SMSC learns of a delivery.
public enum HandsetAcknowledgement: Sendable, Equatable {
    case delivered
    case unreachable
    case unknownNumber
    /// Given up for good, or for its time.
    case undeliverable
    case expired
}
