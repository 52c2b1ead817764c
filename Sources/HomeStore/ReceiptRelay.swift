public import PostgreSQL
public import SIMLink

/// Carries receipts of message centres to the process of the home that sent the command, by notifications of the
/// database: a message centre gives a receipt to any of the sessions that are bound to it.
///
/// Nothing of it is stored. A receipt that is lost on the way costs its transaction the rest of its time, no more.
public final class ReceiptRelay: Sendable {
    /// What ``PostgreSQLLedger/listen(_:channels:)`` is to hear for it.
    public static let channel = "mssp_receipts"

    private let pool: Pool
    /// This process hears itself, too, and takes no notice.
    private let process = UInt32.random(in: 0...UInt32.max)
    private let heard: AsyncStream<ReceiptNotice>.Continuation
    /// What other processes had no use for; for one reader.
    public let notices: AsyncStream<ReceiptNotice>

    public init(pool: Pool) {
        self.pool = pool
        (notices, heard) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(10_000))
    }

    /// Tells the other processes.
    ///
    /// - Returns: `false` if the database did not take it.
    @discardableResult
    public func tell(_ notice: ReceiptNotice) async -> Bool {
        do {
            try await pool.withConnection(deadline: .now + .seconds(5)) { connection in
                _ = try await connection.execute(
                    "SELECT pg_notify('\(Self.channel)', $1)",
                    [.text("\(process) \(notice.text)")]
                )
            }
            return true
        } catch { return false }
    }

    /// Takes a notification of ``channel``.
    public func hear(_ payload: String) {
        let parts = payload.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0] != "\(process)", let notice = ReceiptNotice(String(parts[1])) else { return }
        heard.yield(notice)
    }
}
