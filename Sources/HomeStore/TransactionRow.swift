import Alauda
import Foundation
import HomeMSSP
import MSSCore
import PostgreSQL

/// A row of `transactions` as the home's value; what does not fit the types is a decoding error, never a guess.
enum TransactionRow {
    static let columns = """
        t.id, t.txn, c.msisdn, t.iccid, t.trace, (extract(epoch FROM t.deadline) * 1000000)::int8,
        t.kind::int4, t.provider, t.provider_transaction, t.acquiring_entity, t.msisdn_as_written, t.profile,
        t.content, t.validates, t.key_reference::int4, t.key_algorithm::int4,
        t.status, t.fault, t.fault_specifier, t.fault_detail, t.result, t.instant, t.body, t.command, t.uplink,
        t.request, (extract(epoch FROM t.began) * 1000000)::int8, t.manner, t.services,
        t.receipt_of, t.documents, t.person
        """
    static let source = "FROM transactions t JOIN cards c ON c.iccid = t.iccid"
    static let select = "SELECT \(columns) \(source)"

    /// How many ``columns`` there are: what is selected besides comes behind them.
    static let width = 32

    /// What the audit calls a transaction of a `kind`.
    static let act = """
        CASE kind WHEN 1 THEN 'signature' WHEN 2 THEN 'key generation' WHEN 4 THEN 'key rollover' WHEN 5 THEN 'receipt' \
        ELSE 'recovery' END
        """

    static func entry(_ row: ResultSet, _ index: Int) throws -> LedgerEntry {
        guard let id = TransactionID(try row.text(index, 0)), let txn = WPKITransaction(try row.bytes(index, 1)),
            let msisdn = MSISDN(try row.text(index, 2)), let iccid = ICCID(try row.text(index, 3)),
            let trace = TraceID(try row.text(index, 4))
        else { throw PostgreSQLError.decoding("a transaction's identifiers are damaged") }
        var transaction = CardTransaction(
            id: id,
            txn: txn,
            msisdn: msisdn,
            iccid: iccid,
            deadline: Date(timeIntervalSince1970: Double(try row.int64(index, 5)) / 1_000_000),
            trace: trace,
            task: try task(row, index)
        )
        transaction.command = try row.optionalBytes(index, 23)
        transaction.asked = Date(timeIntervalSince1970: Double(try row.int64(index, 26)) / 1_000_000)
        return LedgerEntry(
            transaction: transaction,
            result: try result(row, index),
            isAnswered: try row.optionalInt64(index, 24) != nil
        )
    }

    /// The transaction that a request of this name began.
    static func requested(_ name: RequestName, on connection: Connection) async throws -> LedgerEntry? {
        let sql = select + " WHERE t.provider = $1 AND t.provider_transaction = $2 AND t.instant = $3"
        let result = try await connection.execute(
            sql,
            [.text(name.provider), .text(name.transaction), .text(name.instant)]
        )
        return result.count == 0 ? nil : try entry(result, 0)
    }

    /// The one receipt of a signature; what stands for it is the condition of the index `transactions_receipt`.
    static func receipt(of signature: TransactionID, on connection: Connection) async throws -> LedgerEntry? {
        let sql = select + " WHERE t.receipt_of = $1 AND (t.running OR t.fault IS NULL OR t.fault IN (208, 401))"
        let result = try await connection.execute(sql, [.text(signature.description)])
        return result.count == 0 ? nil : try entry(result, 0)
    }

    private static func task(_ row: ResultSet, _ index: Int) throws -> CardTransaction.Task {
        let kind = try row.int64(index, 6)
        if kind == 3 { return .recovery }
        if kind == 4 {
            guard let keyVersion = UInt8(exactly: try row.int64(index, 14)),
                let step = UInt8(exactly: try row.int64(index, 15)).flatMap({ RolloverTask.Step(rawValue: $0) })
            else { throw PostgreSQLError.decoding("a rollover's key version or step is damaged") }
            return .rollover(RolloverTask(step, keyVersion))
        }
        if kind == 5 {
            guard let signature = try row.optionalText(index, 29).flatMap({ TransactionID($0) }) else {
                throw PostgreSQLError.decoding("a receipt's signature is damaged")
            }
            let peer = PeerIdentity(uri: try row.text(index, 9))
            return .receipt(ReceiptTask(of: signature, provider: try row.text(index, 7), acquiringEntity: peer))
        }
        if kind == 2 {
            guard let reference = UInt8(exactly: try row.int64(index, 14)),
                let number = UInt8(exactly: try row.int64(index, 15)),
                let algorithm = SignatureAlgorithm(rawValue: number)
            else { throw PostgreSQLError.decoding("a key generation's key is damaged") }
            return .keyGeneration(KeyGenerationTask(reference: reference, algorithm: algorithm))
        }
        // NULL as rows were written before there was more than one key, and more than one form.
        let key = try row.optionalInt64(index, 14) ?? Int64(KeyUse.authentication.reference)
        let octets = try row.optionalBytes(index, 27)
        let read: SigningManner? = if let octets { SigningManner(octets) } else { .text }
        guard let key = UInt8(exactly: key), let manner = read else {
            throw PostgreSQLError.decoding("a signature's key or manner is damaged")
        }
        var task = SignatureTask(
            provider: try row.text(index, 7),
            providerTransaction: try row.text(index, 8),
            instant: try row.optionalText(index, 21) ?? "",
            body: try row.optionalBytes(index, 22) ?? [],
            acquiringEntity: PeerIdentity(uri: try row.text(index, 9)),
            msisdnAsWritten: try row.text(index, 10),
            profile: try row.optionalText(index, 11),
            content: try row.bytes(index, 12),
            validates: try row.bool(index, 13),
            key: key,
            manner: manner
        )
        task.request = try row.optionalBytes(index, 25) ?? []
        task.answered = AnsweredServices(rawValue: Int32(clamping: try row.int64(index, 28)))
        if let octets = try row.optionalBytes(index, 30) {
            guard let documents = TaskDocument.documents(octets) else {
                throw PostgreSQLError.decoding("a signature's documents are damaged")
            }
            task.documents = documents
        }
        if let octets = try row.optionalBytes(index, 31) {
            guard let person = PersonQuestion(octets) else {
                throw PostgreSQLError.decoding("what was asked of a signature's signer is damaged")
            }
            task.person = person
        }
        return .signature(task)
    }

    private static func result(_ row: ResultSet, _ index: Int) throws -> TransactionResult? {
        if let fault = try row.optionalInt64(index, 17) {
            guard let code = MSSFault.Code(rawValue: Int(fault)) else {
                throw PostgreSQLError.decoding("a transaction's fault is unknown")
            }
            let specifier = try row.optionalInt64(index, 18).map { Int($0) }
            return .fault(MSSFault(code, try row.optionalText(index, 19), specifier: specifier))
        }
        guard let number = try row.optionalInt64(index, 16) else { return nil }
        guard let status = Status(rawValue: Int(number)) else {
            throw PostgreSQLError.decoding("a transaction's status is unknown")
        }
        guard let octets = try row.optionalBytes(index, 20) else { return .cardAnswered }
        guard status != .requestOK else { return .provenKey(octets) }
        // A signature has no fault; what stands there is the validate service's own code.
        let problem = try row.optionalInt64(index, 18).map { number in
            guard let code = MSSFault.Code(rawValue: Int(number)) else {
                throw PostgreSQLError.decoding("a transaction's validation is unknown")
            }
            return code
        }
        return .signature(octets, SignatureVerdict(status, problem: problem))
    }
}
