import CLibPQ
import Dispatch

/// A libpq connection, closed when this value ends.
private struct ConnectionHandle: ~Copyable {
    let raw: OpaquePointer

    init(_ parameters: String) throws(PostgreSQLError) {
        guard let raw = PQconnectdb(parameters) else { throw .connection("out of memory") }
        guard PQstatus(raw) == CONNECTION_OK else {
            let reason = oneLine(PQerrorMessage(raw))
            PQfinish(raw)
            throw .connection(reason)
        }
        self.raw = raw
    }

    deinit { PQfinish(raw) }
}

/// One session with the server. libpq blocks, so each connection has a thread of its own to block.
public actor Connection {
    private let executor = QueueExecutor(label: "postgresql")
    private let handle: ConnectionHandle
    private var prepared: [String: String] = [:]

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Connects; the parameters are libpq's, passwords belong into a `passfile`.
    public init(_ parameters: String) async throws(PostgreSQLError) {
        handle = try ConnectionHandle(parameters)
    }

    /// Whether the session is still usable.
    var isAlive: Bool { PQstatus(handle.raw) == CONNECTION_OK }

    /// Runs a statement with bound values; its plan is prepared once a connection.
    ///
    /// - Parameter sql: A constant of the program: values are always bound.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [Parameter] = []) async throws(PostgreSQLError) -> ResultSet {
        let name = try prepare(sql, parameters)
        let values = parameters.map(\.octets)
        let result = Self.withPointers(values) { pointers, lengths, formats in
            PQexecPrepared(handle.raw, name, Int32(values.count), pointers, lengths, formats, 1)
        }
        return try checked(result)
    }

    private func prepare(_ sql: String, _ parameters: [Parameter]) throws(PostgreSQLError) -> String {
        if let name = prepared[sql] { return name }
        let name = "s\(prepared.count)"
        let types = parameters.map(\.type)
        _ = try checked(PQprepare(handle.raw, name, sql, Int32(types.count), types))
        prepared[sql] = name
        return name
    }

    private func checked(_ result: OpaquePointer?) throws(PostgreSQLError) -> ResultSet {
        guard let result else { throw .connection(oneLine(PQerrorMessage(handle.raw))) }
        let status = PQresultStatus(result)
        if status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK { return ResultSet(result) }
        defer { PQclear(result) }
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        let message = field("M") ?? oneLine(PQerrorMessage(handle.raw))
        guard PQstatus(handle.raw) == CONNECTION_OK, let sqlState = field("C") else { throw .connection(message) }
        throw .server(sqlState: sqlState, message: message, constraint: field("n"))
    }

    /// Lends the values' storage to libpq for one call.
    private static func withPointers(
        _ values: [[UInt8]?],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> OpaquePointer?
    ) -> OpaquePointer? {
        // One buffer for all values; an empty value still needs an address that is not NULL.
        let joined: [UInt8] = values.compactMap { $0 }.flatMap { $0 } + [0]
        return joined.withUnsafeBytes { buffer in
            var offset = 0
            let pointers = values.map { value -> UnsafePointer<CChar>? in
                guard let value else { return nil }
                defer { offset += value.count }
                return buffer.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
            }
            let lengths = values.map { Int32($0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: values.count)
            return body(pointers, lengths, formats)
        }
    }
}

/// The first line of libpq's message.
private func oneLine(_ message: UnsafePointer<CChar>?) -> String {
    let text = message.map { String(cString: $0) } ?? "no reason given"
    return text.split(separator: "\n").first.map { String($0) } ?? "no reason given"
}

/// Runs an actor's jobs on a queue of their own.
private final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
