public import HomeMSSP
public import MSSCore
import OTA
public import PostgreSQL

/// A personaliser's file that is being taken, and how it is called in database and audit.
public struct CardBatch: Sendable {
    public enum Mode: String, Sendable, CaseIterable {
        /// One bad row, and no card is kept.
        case allOrNone = "all-or-none"
        /// The good rows are kept, the bad ones told.
        case keepGood = "keep-good"
    }

    /// SHA-256 of the file.
    public var digest: [UInt8]
    /// As the personaliser names it: up to 64 octets.
    public var name: String
    public var mode: Mode
    /// Who brought it.
    public var peer: String

    public init(digest: [UInt8], name: String, mode: Mode, peer: String) {
        self.digest = digest
        self.name = name
        self.mode = mode
        self.peer = peer
    }
}

/// One card of a batch, ready to be kept.
public struct BatchedCard: Sendable {
    public var card: CardReference
    public var imsi: IMSI
    /// Of its file, from 1.
    public var line: Int

    public init(card: CardReference, imsi: IMSI, line: Int) {
        self.card = card
        self.imsi = imsi
        self.line = line
    }
}

/// Takes batches of cards into the database: many cards a statement, one batch at a time, each file once.
public struct CardBatchTable: Sendable {
    private let pool: Pool
    private let authenticator: any RowAuthenticator

    /// - Parameters:
    ///   - pool: Of its own, with limits for statements of some thousand rows.
    ///   - authenticator: Makes the codes of the cards' rows.
    public init(pool: Pool, authenticator: any RowAuthenticator) {
        self.pool = pool
        self.authenticator = authenticator
    }

    /// Takes a file: notes the intent, lets `work` insert, notes the result with its counts.
    ///
    /// - Parameters:
    ///   - batch: Refused if it was taken before, to its end.
    ///   - work: Inserts through the session and returns the counts; a batch all-or-none that is not taken leaves
    ///     nothing.
    /// - Returns: The counts that `work` returned.
    /// - Throws: ``StoreError/exists(_:)`` for a file that was taken before, ``StoreError/conflict(_:)`` while another
    ///   one is being taken; what `work` throws.
    public func take(
        _ batch: CardBatch,
        _ work: (Session) async throws -> Counts
    ) async throws -> Counts {
        try await pool.withConnection(deadline: .now + .seconds(10)) { connection in
            guard try await connection.execute("SELECT pg_try_advisory_lock(\(Self.lock))").bool(0, 0) else {
                throw StoreError.conflict("another batch is being imported")
            }
            do {
                let counts = try await locked(batch, connection, work)
                _ = try await connection.execute("SELECT pg_advisory_unlock(\(Self.lock))")
                return counts
            } catch {
                _ = try? await connection.execute("SELECT pg_advisory_unlock(\(Self.lock))")
                throw error
            }
        }
    }

    /// How a batch ended.
    public struct Counts: Sendable, Equatable {
        public var kept: Int
        public var refused: Int
        /// Whether this is the end: the file cannot be taken again.
        public var isTaken: Bool

        public init(kept: Int, refused: Int, isTaken: Bool) {
            self.kept = kept
            self.refused = refused
            self.isTaken = isTaken
        }
    }

    private static let lock: Int64 = 0x6D73_7370_0000_0001

    private func locked(
        _ batch: CardBatch,
        _ connection: Connection,
        _ work: (Session) async throws -> Counts
    ) async throws -> Counts {
        let known = try await connection.execute(Self.known, [.bytea(batch.digest)])
        guard known.count == 0 else { throw StoreError.exists("this file was taken before") }
        _ = try await connection.execute(
            Self.begin,
            [.bytea(batch.digest), .text(batch.name), .text(batch.mode.rawValue), .text(batch.peer)]
        )
        let session = Session(connection: connection, authenticator: authenticator)
        var counts = Counts(kept: 0, refused: 0, isTaken: false)
        do {
            switch batch.mode {
            case .keepGood:
                counts = try await work(session)
                try await finish(batch, counts, connection)
            case .allOrNone:
                _ = try await inTransaction(of: connection) {
                    counts = try await work(session)
                    if counts.isTaken { try await finish(batch, counts, connection) }
                    return counts.isTaken
                }
                if !counts.isTaken { try await finish(batch, counts, connection) }
            }
        } catch {
            try? await note(batch, "broken off", connection)
            throw error
        }
        return counts
    }

    private func finish(_ batch: CardBatch, _ counts: Counts, _ connection: Connection) async throws {
        if counts.isTaken {
            _ = try await connection.execute(
                Self.finish,
                [.bytea(batch.digest), .int4(Int32(clamping: counts.kept)), .int4(Int32(clamping: counts.refused))]
            )
        }
        try await note(batch, "kept \(counts.kept), refused \(counts.refused)", connection)
    }

    private func note(_ batch: CardBatch, _ outcome: String, _ connection: Connection) async throws {
        _ = try await connection.execute(
            Self.note,
            [.bytea(batch.digest), .text(batch.name), .text(batch.peer), .text(outcome)]
        )
    }

    private static let known = "SELECT 1 FROM card_batches WHERE digest = $1 AND finished IS NOT NULL"

    private static let begin = """
        WITH begun AS (
            INSERT INTO card_batches (digest, batch, mode, peer) VALUES ($1, $2, $3, $4)
            ON CONFLICT (digest) DO NOTHING
        )
        INSERT INTO audit_log (act, phase, subject, peer, trace, outcome, digest)
        VALUES ('import batch', 'intent', $2, $4, '', $3, $1)
        """

    private static let finish = """
        UPDATE card_batches SET finished = now(), kept = $2, refused = $3 WHERE digest = $1
        """

    private static let note = """
        INSERT INTO audit_log (act, phase, subject, peer, trace, outcome, digest)
        VALUES ('import batch', 'result', $2, $3, '', $4, $1)
        """
}

extension CardBatchTable {
    /// A batch that is under way.
    public struct Session: Sendable {
        let connection: Connection
        let authenticator: any RowAuthenticator

        /// Inserts cards with their keys and counters, all that can be in one statement.
        ///
        /// - Returns: Those that were not, by line, and what stood in their way.
        public func insert(_ cards: [BatchedCard]) async throws -> [Int: String] {
            guard !cards.isEmpty else { return [:] }
            let kept = try await connection.execute(Self.insert, try parameters(cards))
            guard kept.count < cards.count else { return [:] }
            let iccids = Set(try (0..<kept.count).map { try kept.text($0, 0) })
            return try await reasons(cards.filter { !iccids.contains($0.card.iccid.description) })
        }

        private func parameters(_ cards: [BatchedCard]) throws -> [Parameter] {
            var codes: [[UInt8]] = []
            for card in cards {
                let row = DecidingRow.card(
                    iccid: card.card.iccid.description,
                    imsi: card.imsi.description,
                    msisdn: card.card.msisdn.description,
                    tar: card.card.security.tar.octets
                )
                do throws(RowRefusal) { codes.append(try authenticator.code(of: row)) } catch {
                    throw StoreError(error)
                }
            }
            let records = cards.flatMap(\.card.security.records)
            return [
                .textArray(cards.map(\.card.iccid.description)), .textArray(cards.map(\.imsi.description)),
                .textArray(cards.map(\.card.msisdn.description)), .byteaArray(cards.map(\.card.security.tar.octets)),
                .byteaArray(codes), .textArray(records.map(\.iccid)), .textArray(records.map(\.domain.rawValue)),
                .int4Array(records.map { Int32($0.keyVersion) }), .int4Array(records.map(\.topKeyVersion)),
                .byteaArray(records.map(\.keyCheckValue)), .byteaArray(records.map(\.sealed)),
                .textArray(records.map(\.algorithm.rawValue)), .textArray(records.map(\.batch)),
            ]
        }

        private func reasons(_ cards: [BatchedCard]) async throws -> [Int: String] {
            let taken = try await connection.execute(
                Self.taken,
                [
                    .textArray(cards.map(\.card.iccid.description)), .textArray(cards.map(\.imsi.description)),
                    .textArray(cards.map(\.card.msisdn.description)),
                ]
            )
            var reasons: [Int: String] = [:]
            for row in 0..<taken.count {
                guard let place = Int(exactly: try taken.int64(row, 0)), cards.indices.contains(place - 1) else {
                    continue
                }
                let names = ["iccid", "imsi", "msisdn"]
                let which = try names.indices.filter { try taken.bool(row, $0 + 1) }.map { names[$0] }
                let what = which.isEmpty ? "a value" : which.joined(separator: ", ")
                reasons[cards[place - 1].line] = "\(what): the home has a card with it already"
            }
            return reasons
        }

        private static let insert = """
            WITH card AS (
                INSERT INTO cards (iccid, imsi, msisdn, tar, code)
                SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
                ON CONFLICT DO NOTHING
                RETURNING iccid
            ), keys AS (
                INSERT INTO card_keys (
                    iccid, domain, key_version, top_key_version, key_check_value, sealed, algorithm, batch
                )
                SELECT k.* FROM unnest(
                    $6::text[], $7::text[], $8::int4[], $9::int4[], $10::bytea[], $11::bytea[], $12::text[], $13::text[]
                ) AS k (iccid, domain, key_version, top_key_version, key_check_value, sealed, algorithm, batch)
                JOIN card USING (iccid)
            ), counters AS (
                INSERT INTO card_counters (iccid) SELECT iccid FROM card
            )
            SELECT iccid FROM card
            """

        private static let taken = """
            SELECT a.place, EXISTS (SELECT FROM cards c WHERE c.iccid = a.iccid),
                EXISTS (SELECT FROM cards c WHERE c.imsi = a.imsi),
                EXISTS (SELECT FROM cards c WHERE c.msisdn = a.msisdn)
            FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS a (iccid, imsi, msisdn, place)
            """
    }
}
