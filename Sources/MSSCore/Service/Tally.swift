/// Counts what happened and how long it took; the process turns it into metrics.
///
/// Names and labels are constants of the code, or names of the configuration (a provider, a message centre): never what a
/// request brought, never a number, name or text of a person.
public protocol Tally: Sendable {
    /// One more of `event`.
    func count(_ event: String, _ labels: [(String, String)])
    /// One measured duration.
    func measure(_ event: String, _ duration: Duration, _ labels: [(String, String)])
}

extension Tally {
    public func count(_ event: String) { count(event, []) }
    public func measure(_ event: String, _ duration: Duration) { measure(event, duration, []) }
}

/// Counts nothing.
public struct NoTally: Tally {
    public init() {}
    public func count(_ event: String, _ labels: [(String, String)]) {}
    public func measure(_ event: String, _ duration: Duration, _ labels: [(String, String)]) {}
}
