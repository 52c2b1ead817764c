public import NIOSSL

/// How to reach and use a message centre.
public struct SMSCSettings: Sendable {
    public var host: String
    public var port: Int
    /// At most 15 characters.
    public var systemID: String
    public var password: SMSCPassword
    /// At most 12 characters; most message centres want none.
    public var systemType = ""
    /// The short code that cards answer to.
    public var sourceAddress: String
    /// Type of number and numbering plan of ``sourceAddress`` (SMPP 3.4 §5.2.5): network specific, ISDN.
    public var sourceTypeOfNumber: UInt8 = 3
    public var sourceNumberingPlan: UInt8 = 1
    /// Submissions that may be without their answer at one time.
    public var window = 100
    /// TP-DCS; some message centres want 04 and set F6 themselves.
    public var dataCoding: UInt8 = 0xF6
    /// TP-PID: (U)SIM data download (3GPP TS 23.040 §9.2.3.9).
    public var protocolID: UInt8 = 0x7F
    /// Silence after which the link is probed.
    public var enquireInterval: Duration = .seconds(30)
    /// How long an answer of the message centre may take.
    public var responseTime: Duration = .seconds(10)
    /// How long the parts of an answer may be apart.
    ///
    /// They are acknowledged together, when the whole is stored: the message centre has to send the second before the
    /// first is acknowledged, so its own window must be 5 or more.
    public var reassemblyTime: Duration = .seconds(60)
    /// Answers that may be half received at one time.
    public var mostPartials = 1_000
    /// TLS to the message centre where it offers it; SMPP itself has none.
    public var tls: TLSConfiguration?

    public init(host: String, port: Int, systemID: String, password: SMSCPassword, sourceAddress: String) {
        self.host = host
        self.port = port
        self.systemID = systemID
        self.password = password
        self.sourceAddress = sourceAddress
    }
}

/// The password of the session; it has no description.
public struct SMSCPassword: Sendable, CustomStringConvertible, CustomReflectable {
    let text: String
    public var description: String { "‹password›" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// 1–8 printable ASCII characters (SMPP 3.4 §5.2.2); `nil` for anything else.
    public init?(_ text: String) {
        guard (1...8).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
        else { return nil }
        self.text = text
    }
}

/// Why a command did not go out, or that nobody knows whether it did.
public enum SIMLinkError: Error, Sendable, Equatable {
    /// No card can have it whole: no session, refused, or too late.
    case notSent(String)
    /// It left, and the message centre did not say what became of it.
    case unknownOutcome
}
