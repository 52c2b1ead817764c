import CLibPQ
import Glibc

/// A libpq connection, closed when this value ends; it never blocks without a bound.
final class ConnectionHandle {
    let raw: OpaquePointer

    init(_ parameters: String, _ limits: ConnectionLimits) throws(PostgreSQLError) {
        // The caller's parameters stand first, expanded from `dbname`; the limits come after and hold.
        let settings = [(keyword: "dbname", value: parameters)] + limits.parameters
        guard let raw = Self.connect(settings) else { throw .connection("out of memory") }
        guard PQstatus(raw) == CONNECTION_OK, PQsetnonblocking(raw, 1) == 0 else {
            let reason = oneLine(PQerrorMessage(raw))
            PQfinish(raw)
            throw .connection(reason)
        }
        // What the server says beside its answers (notices) is nobody's, and libpq would print it.
        PQsetNoticeProcessor(raw, ignoreNotice, nil)
        self.raw = raw
    }

    deinit { PQfinish(raw) }

    /// Notices a server that has closed the connection meanwhile: what it said before is read, then the end.
    func isAlive() -> Bool {
        for _ in 0..<8 {
            guard PQstatus(raw) == CONNECTION_OK else { return false }
            guard isReady(for: POLLIN, milliseconds: 0) else { return true }
            guard PQconsumeInput(raw) == 1 else { return false }
        }
        return false
    }

    /// Waits until the server says something, or the time is over.
    func awaitInput(_ time: Duration) {
        _ = isReady(for: POLLIN, milliseconds: Int32(max(0, min(60_000, time / .milliseconds(1)))))
    }

    var reason: String { oneLine(PQerrorMessage(raw)) }

    /// The next result of what was sent; `nil` when there are no more.
    func nextResult(until deadline: ContinuousClock.Instant) throws(PostgreSQLError) -> OpaquePointer? {
        while true {
            let pending = PQflush(raw)
            guard pending >= 0 else { throw .connection(reason) }
            if pending == 0, PQisBusy(raw) == 0 { return PQgetResult(raw) }
            try wait(for: pending == 0 ? POLLIN : POLLIN | POLLOUT, until: deadline)
            guard PQconsumeInput(raw) == 1 else { throw .connection(reason) }
        }
    }

    /// Takes a result over: as rows, or as the error it stands for.
    func checked(_ result: OpaquePointer) throws(PostgreSQLError) -> ResultSet {
        let status = PQresultStatus(result)
        if status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK { return ResultSet(result) }
        defer { PQclear(result) }
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        let message = field("M") ?? reason
        guard PQstatus(raw) == CONNECTION_OK, let sqlState = field("C") else { throw .connection(message) }
        throw .server(sqlState: sqlState, message: message, constraint: field("n"))
    }

    private func wait(for events: Int32, until deadline: ContinuousClock.Instant) throws(PostgreSQLError) {
        let left = (deadline - .now) / .milliseconds(1)
        guard left > 0 else { throw .connection("the server did not answer in time") }
        // An interrupted or early end only goes round once more.
        _ = isReady(for: events, milliseconds: Int32(min(left, 60_000).rounded(.up)))
    }

    private func isReady(for events: Int32, milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: PQsocket(raw), events: Int16(truncatingIfNeeded: events), revents: 0)
        return poll(&descriptor, 1, milliseconds) > 0
    }

    private static func connect(_ settings: [(keyword: String, value: String)]) -> OpaquePointer? {
        let keywords = settings.map { strdup($0.keyword) }
        let values = settings.map { strdup($0.value) }
        defer { for text in keywords + values { free(text) } }
        return (keywords.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { keywords in
            (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
                guard let keywords = keywords.baseAddress, let values = values.baseAddress else { return nil }
                return PQconnectdbParams(keywords, values, 1)
            }
        }
    }
}

private func ignoreNotice(_: UnsafeMutableRawPointer?, _: UnsafePointer<CChar>?) {}

/// The first line of libpq's message.
private func oneLine(_ message: UnsafePointer<CChar>?) -> String {
    let text = message.map { String(cString: $0) } ?? "no reason given"
    return text.split(separator: "\n").first.map { String($0) } ?? "no reason given"
}
