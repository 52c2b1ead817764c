/// What a listener takes at most; beyond it a caller is refused, and the next one served.
public struct WireLimits: Sendable {
    /// Octets of a request's body.
    public var bodyOctets = 131_072
    /// From the acceptance of a connection, or the first octet of a further request, to the end of a request's head.
    public var headTime: Duration = .seconds(10)
    /// From a request's head to the end of its body.
    public var bodyTime: Duration = .seconds(10)
    /// A connection on which nothing comes is closed; providers keep theirs for five minutes (FiCom 2.1).
    public var idleTime: Duration = .seconds(310)
    /// Connections at a time; further ones wait in the listener's queue.
    public var connections = 2_000
    /// Requests at a time.
    public var requests = 2_000
    /// The longest a call may last.
    public var callTime: Duration = .seconds(310)
    /// A service ends its own waits at a call's deadline; what it still does so long afterwards is cancelled.
    public var overtime: Duration = .seconds(10)

    public init() {}
}
