/// What went wrong between this process and the server; never holds a password or a bound value.
public enum PostgreSQLError: Error, Sendable, Equatable {
    /// The server cannot be reached or the connection broke: nothing is known of a statement that was under way.
    case connection(String)
    /// The server refused a statement; it left no trace.
    case server(sqlState: String, message: String, constraint: String?)
    /// A value is not of the type that was asked for.
    case decoding(String)
    /// No connection became free before the deadline.
    case exhausted
}

extension PostgreSQLError {
    /// One line for an administrator.
    public var reason: String {
        switch self {
        case .connection(let reason), .decoding(let reason): reason
        case .server(let sqlState, let message, _): "\(message) (SQLSTATE \(sqlState))"
        case .exhausted: "no connection became free in time"
        }
    }
}
