public import MSSCore

/// That a listener offers JSON beside SOAP, and with which statuses of HTTP it tells faults.
public struct JSONBinding: Sendable {
    /// How faults are told to a caller.
    public enum FaultStatuses: Sendable {
        /// 500 for every fault: what older clients understand.
        case one
        /// One for each meaning of a fault (``FaultStatus``).
        case precise
        /// The same; and 401, for nobody registered the caller.
        case stranger
    }

    let statuses: @Sendable (PeerIdentity) -> FaultStatuses

    public init(statuses: @escaping @Sendable (PeerIdentity) -> FaultStatuses = { _ in .one }) {
        self.statuses = statuses
    }
}
