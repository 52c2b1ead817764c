extension SMSC {
    /// Where the message centre listens and whom it lets in.
    public struct Settings: Sendable {
        public var host: String
        /// 0 takes any that is free.
        public var port: Int
        /// At most 15 characters (SMPP 3.4 §5.2.1).
        public var systemID: String
        /// At most 8 characters (SMPP 3.4 §5.2.2).
        public var password: String
        /// The short code that handsets see, and answer to, where an ESME leaves its address out.
        public var uplinkAddress = "4444"
        /// How long an ESME may take to acknowledge a delivery before it is sent again.
        public var answerTime: Duration = .seconds(5)
        /// How long a short message takes, either way.
        public var latency = Latency.none
        /// Of the chance in latency and faults.
        public var seed: UInt64 = 1
        /// How often is looked for what is due.
        public var tick: Duration = .milliseconds(100)

        public init(host: String, port: Int, systemID: String, password: String) {
            self.host = host
            self.port = port
            self.systemID = systemID
            self.password = password
        }
    }

    /// What happened so far.
    public struct Counts: Sendable, Equatable {
        /// Messages taken from ESMEs, and refused.
        public var submitted = 0
        public var refused = 0
        /// Deliveries that ESMEs acknowledged, and that were sent once more.
        public var acknowledged = 0
        public var sentAgain = 0
        /// Messages given up: too old, to nobody, or without room.
        public var expired = 0
        public var undeliverable = 0
        public var dropped = 0
        /// Binds refused, units that were none, connections beyond the most or without a word.
        public var bindsRefused = 0
        public var junk = 0
        public var turnedAway = 0
        public var idle = 0
    }
}

/// It says nothing of the password.
extension SMSC.Settings: CustomStringConvertible, CustomReflectable {
    public var description: String { "message centre on \(host):\(port)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
