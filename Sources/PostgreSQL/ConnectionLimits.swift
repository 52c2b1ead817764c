/// How long a session waits for what; each bound is told to the server, or kept by libpq or the kernel.
public struct ConnectionLimits: Sendable, Equatable {
    /// For the connecting; libpq counts whole seconds, at least two.
    public var connect: Duration
    /// Longest run of one statement (`statement_timeout`).
    public var statement: Duration
    /// Longest wait for a lock (`lock_timeout`).
    public var lock: Duration
    /// Whether every statement finds its rows by an index, one after the other, in the order of its joins.
    ///
    /// A plan is made once a connection, perhaps when the tables were empty: it must not be one that reads them whole,
    /// or each statement costs more with every transaction that was ever made.
    public var findsByKey: Bool

    public init(connect: Duration, statement: Duration, lock: Duration, findsByKey: Bool = false) {
        self.connect = connect
        self.statement = statement
        self.lock = lock
        self.findsByKey = findsByKey
    }

    /// For a service: its statements take milliseconds and name the rows that they want.
    public static let service = ConnectionLimits(
        connect: .seconds(3),
        statement: .seconds(4),
        lock: .seconds(3),
        findsByKey: true
    )
    /// For migrations, which may rewrite a table and wait for one another.
    public static let migration = ConnectionLimits(
        connect: .seconds(10),
        statement: .seconds(3600),
        lock: .seconds(60)
    )

    /// How long an answer is waited for before the server is taken for gone; it would have given up before.
    var answer: Duration { statement + .seconds(2) }

    /// The limits as libpq's parameters.
    var parameters: [(keyword: String, value: String)] {
        func milliseconds(_ time: Duration) -> Int { Int(max(.milliseconds(1), time) / .milliseconds(1)) }
        return [
            ("connect_timeout", "\(max(2, connect.components.seconds))"),
            ("tcp_user_timeout", "\(milliseconds(answer))"),
            ("keepalives_idle", "10"), ("keepalives_interval", "3"), ("keepalives_count", "3"),
            ("application_name", "mssp"),
            (
                "options",
                "-c statement_timeout=\(milliseconds(statement)) -c lock_timeout=\(milliseconds(lock))"
                    + Self.serverKeepalive
                    + " -c idle_in_transaction_session_timeout=\(milliseconds(answer)) -c client_encoding=UTF8"
                    + (findsByKey ? Self.plansByKey : "")
            ),
        ]
    }

    /// The server's side of the same: a client whose machine is gone holds neither its locks nor its place for long.
    ///
    /// Over a Unix socket the server takes no notice.
    private static let serverKeepalive =
        " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3"

    private static let plansByKey =
        " -c plan_cache_mode=force_generic_plan -c jit=off -c join_collapse_limit=1 -c from_collapse_limit=1"
        + " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
}
