import Alauda
public import HomeMSSP
public import MSSCore
import OTA
public import PostgreSQL

/// People and cards by number; look-ups that wait at the same time are made together.
public final class SubscriberTable: SubscriberDirectory {
    private let authenticator: any RowAuthenticator
    private let lookups: Batcher<MSISDN, Result<Subscriber?, any Error>>

    /// - Parameters:
    ///   - pool: Of the home's database.
    ///   - authenticator: Knows the rows that the home wrote; every row is checked each time it is read.
    ///   - seen: What this process has read and written before.
    public init(pool: Pool, authenticator: any RowAuthenticator, seen: SeenPersons = SeenPersons()) {
        self.authenticator = authenticator
        lookups = Batcher(pool: pool, maximum: 256, lanes: 1) { numbers, connection in
            let names = numbers.map(\.description)
            let latest = seen.latest(of: names)
            let result = try await connection.execute(Self.sql, [.textArray(names)])
            var found: [String: Result<Subscriber?, any Error>] = [:]
            for row in 0..<result.count {
                let number = try result.text(row, 0)
                let earlier = found[number]
                // A damaged row is its own person's trouble, not that of everybody in the batch.
                found[number] = Result {
                    // Who has several keys has a row for each, alike but for the key.
                    if var subscriber = try earlier?.get() ?? nil {
                        try SubscriberKeys.check(result, row, number, authenticator)
                        SubscriberKeys.add(try SubscriberKeys.key(result, row), to: &subscriber)
                        return subscriber
                    }
                    if let version = try Self.check(result, row, authenticator, latest[number]) {
                        seen.note(number, version)
                    }
                    try SubscriberKeys.check(result, row, number, authenticator)
                    return try Self.subscriber(result, row)
                }
            }
            return numbers.map { found[$0.description] ?? .success(nil) }
        }
    }

    public func subscriber(
        _ msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Subscriber? {
        try await StoreError.catching { try await self.lookups.submit(msisdn, deadline: deadline).get() }
    }

    public func isCode(_ code: NoSpamCode, of subscriber: Subscriber) throws(StoreError) -> Bool {
        guard let known = subscriber.noSpamCode else { return false }
        let row = DecidingRow.noSpamCode(msisdn: subscriber.card.msisdn.description, code: code.text)
        do throws(RowRefusal) { return try authenticator.isCode(known, of: row) } catch { throw StoreError(error) }
    }

    static let sql = """
        SELECT c.msisdn, c.iccid, c.tar, u.given_name, u.sur_name, u.language, u.state, u.serial_number,
            k.reference::int4, k.algorithm::int4, k.public_key, k.certificate,
            s.key_version, s.top_key_version, s.key_check_value, s.sealed,
            w.key_version, w.top_key_version, w.key_check_value, w.sealed,
            c.imsi, c.code, u.code, k.code,
            s.algorithm, s.batch, w.algorithm, w.batch,
            p.key_version, p.top_key_version, p.key_check_value, p.sealed, p.algorithm, p.batch,
            a.key_version, a.top_key_version, a.key_check_value, a.sealed, a.algorithm, a.batch,
            k.policy::int4, k.profile, u.version, u.state_code, (extract(epoch FROM k.pin_blocked) * 1000000)::int8, u.no_spam
        FROM cards c
        JOIN mobile_users u ON u.iccid = c.iccid
        JOIN card_keys s ON s.iccid = c.iccid AND s.domain = 'ssd' AND s.state = 'active'
        JOIN card_keys w ON w.iccid = c.iccid AND w.domain = 'wpki' AND w.state = 'active'
        LEFT JOIN card_keys p ON p.iccid = c.iccid AND p.domain = 'wpki' AND p.state = 'pending'
        LEFT JOIN card_keys a ON a.iccid = c.iccid AND a.domain = 'wpki' AND a.state = 'accept'
        LEFT JOIN user_keys k ON k.iccid = c.iccid
        WHERE c.msisdn = ANY ($1::text[])
        """

    /// Refuses rows that somebody else wrote, moved, mixed or set back.
    ///
    /// - Returns: The version of the person's row where a code covers it; nobody's word stands for another.
    private static func check(
        _ row: ResultSet,
        _ index: Int,
        _ authenticator: any RowAuthenticator,
        _ latest: Int64?
    ) throws -> Int64? {
        let msisdn = try row.text(index, 0)
        let card = DecidingRow.card(
            iccid: try row.text(index, 1),
            imsi: try row.text(index, 20),
            msisdn: msisdn,
            tar: try row.bytes(index, 2)
        )
        let person = DecidingRow.person(
            msisdn: msisdn,
            givenName: try row.text(index, 3),
            surName: try row.text(index, 4),
            language: try row.text(index, 5),
            serialNumber: try row.text(index, 7)
        )
        let version = try row.int64(index, 42)
        let stateCode = code(row, index, 43)
        // In every other state nobody can sign: that somebody may is what needs the home's word.
        let standing: DecidingRow? =
            switch MobileUserRecord.State(rawValue: try row.text(index, 6)) {
            case .active: .activePerson(msisdn: msisdn, version: version)
            case .inactive where !stateCode.isEmpty: .inactivePerson(msisdn: msisdn, version: version)
            default: nil
            }
        do throws(RowRefusal) {
            try authenticator.check(code(row, index, 21), of: card)
            try authenticator.check(code(row, index, 22), of: person)
            if let standing { try authenticator.check(stateCode, of: standing) }
            if let latest, version < latest { throw authenticator.refuse(setBack: person) }
        } catch { throw StoreError(error) }
        return standing == nil ? nil : version
    }

    /// A row without a code is not the home's: an empty one is no row's.
    static func code(_ row: ResultSet, _ index: Int, _ column: Int) -> [UInt8] {
        (try? row.optionalBytes(index, column)) ?? []
    }

    private static func subscriber(_ row: ResultSet, _ index: Int) throws -> Subscriber {
        guard let msisdn = MSISDN(try row.text(index, 0)), let iccid = ICCID(try row.text(index, 1)),
            let tar = TAR(try row.bytes(index, 2)), let state = MobileUserRecord.State(rawValue: try row.text(index, 6))
        else { throw PostgreSQLError.decoding("a card's identifiers are damaged") }
        let records = [
            try record(row, index, KeyPlace(iccid, .ssd, .active, from: 12, profile: 24)),
            try record(row, index, KeyPlace(iccid, .wpki, .active, from: 16, profile: 26)),
            try record(row, index, KeyPlace(iccid, .wpki, .pending, from: 28, profile: 32)),
            try record(row, index, KeyPlace(iccid, .wpki, .accept, from: 34, profile: 38)),
        ].compactMap { $0 }
        var subscriber = Subscriber(
            card: CardReference(iccid: iccid, msisdn: msisdn, security: CardSecurity(records: records, tar: tar)),
            user: MobileUserRecord(
                msisdn: msisdn,
                iccid: iccid,
                givenName: try row.text(index, 3),
                surName: try row.text(index, 4),
                language: try row.text(index, 5),
                state: state
            ),
            serialNumber: try row.text(index, 7),
            keys: []
        )
        subscriber.imsi = IMSI(try row.text(index, 20))
        subscriber.noSpamCode = try row.optionalBytes(index, 45)
        SubscriberKeys.add(try SubscriberKeys.key(row, index), to: &subscriber)
        return subscriber
    }

    /// Where a key set stands in a row, and what its row's conditions say of it.
    private struct KeyPlace {
        var iccid: ICCID
        var domain: CardKeyRecord.Domain
        var state: KeysetState
        var column: Int
        var profile: Int

        init(_ iccid: ICCID, _ domain: CardKeyRecord.Domain, _ state: KeysetState, from column: Int, profile: Int) {
            (self.iccid, self.domain, self.state, self.column, self.profile) = (iccid, domain, state, column, profile)
        }
    }

    /// `nil` where there is none in this state.
    private static func record(_ row: ResultSet, _ index: Int, _ place: KeyPlace) throws -> CardKeyRecord? {
        let column = place.column
        guard let version = try row.optionalInt64(index, column) else { return nil }
        guard let keyVersion = UInt8(exactly: version),
            let topKeyVersion = Int32(exactly: try row.int64(index, column + 1)),
            let algorithm = OTAAlgorithm(rawValue: try row.text(index, place.profile))
        else { throw PostgreSQLError.decoding("a key record's versions are damaged") }
        return CardKeyRecord(
            iccid: place.iccid.description,
            domain: place.domain,
            keyVersion: keyVersion,
            topKeyVersion: topKeyVersion,
            keyCheckValue: try row.bytes(index, column + 2),
            sealed: try row.bytes(index, column + 3),
            algorithm: algorithm,
            batch: try row.text(index, place.profile + 1),
            state: place.state
        )
    }
}
