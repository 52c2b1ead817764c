import SMPP

/// How to reach and use a message centre.
public struct SMSCSettings: Sendable {
    /// Which receipts are asked for (SMPP 3.4 §5.2.17).
    public enum Receipts: String, Sendable, CaseIterable {
        case none
        /// Of messages that failed; some message centres do not know this form.
        case failures
        case always
    }

    /// Its name in logs, metrics and health: 1–20 small letters, digits and `-`.
    public var name = "smsc"
    /// Commands go to the bound centre of the lowest number; equal ones share them.
    public var priority = 0
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
    /// Submissions a second at most; without it only window and throttling set the pace.
    public var rate: Int?
    /// Default mode with a user data header; 43 is store and forward (§5.2.12).
    public var esmClass: UInt8 = 0x40
    /// TP-DCS; some message centres want 04 and set F6 themselves.
    public var dataCoding: UInt8 = 0xF6
    /// TP-PID: (U)SIM data download (3GPP TS 23.040 §9.2.3.9).
    public var protocolID: UInt8 = 0x7F
    public var receipts: Receipts = .failures
    /// Silence after which the link is probed.
    public var enquireInterval: Duration = .seconds(30)
    /// How long an answer of the message centre may take.
    public var responseTime: Duration = .seconds(10)
    /// How long nothing is tried after the centre has refused name or password: a faster guess locks accounts.
    public var refusedPause: Duration = .seconds(300)
    /// TLS to the message centre where it offers it; SMPP itself has none.
    public var tls: SMSCTLS?

    public init(host: String, port: Int, systemID: String, password: SMSCPassword, sourceAddress: String) {
        self.host = host
        self.port = port
        self.systemID = systemID
        self.password = password
        self.sourceAddress = sourceAddress
    }

    var registeredDelivery: UInt8 {
        switch receipts {
        case .none: RegisteredDelivery.none
        case .failures: RegisteredDelivery.failures
        case .always: RegisteredDelivery.always
        }
    }

    /// Metrics of this centre carry its name.
    var label: [(String, String)] { [("smsc", name)] }
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
