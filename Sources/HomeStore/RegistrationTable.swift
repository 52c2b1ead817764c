public import Alauda
public import HomeMSSP
public import MSSCore
import OTA
public import PostgreSQL

import struct Foundation.Date

/// Cards and people in PostgreSQL; each change and its audit entry are one statement.
public struct RegistrationTable: RegistrationStore {
    private let pool: Pool
    private let authenticator: any RowAuthenticator
    private let seen: SeenPersons

    /// - Parameters:
    ///   - pool: Of the home's database.
    ///   - authenticator: Makes the codes by which the home knows its own rows again.
    ///   - seen: What this process has read and written before.
    public init(pool: Pool, authenticator: any RowAuthenticator, seen: SeenPersons = SeenPersons()) {
        self.pool = pool
        self.authenticator = authenticator
        self.seen = seen
    }

    public func insertCard(_ card: CardReference, imsi: IMSI, by act: RegistrationAct) async throws(StoreError) {
        let records = card.security.records
        let code = try code(
            of: .card(
                iccid: card.iccid.description,
                imsi: imsi.description,
                msisdn: card.msisdn.description,
                tar: card.security.tar.octets
            )
        )
        let parameters: [Parameter] = [
            .text(card.iccid.description), .text(imsi.description), .text(card.msisdn.description),
            .bytea(card.security.tar.octets), .textArray(records.map(\.domain.rawValue)),
            .int4Array(records.map { Int32($0.keyVersion) }), .int4Array(records.map(\.topKeyVersion)),
            .byteaArray(records.map(\.keyCheckValue)), .byteaArray(records.map(\.sealed)), .bytea(code),
            .textArray(records.map(\.algorithm.rawValue)), .textArray(records.map(\.batch)),
        ]
        _ = try await change(
            Self.insertCard,
            parameters,
            act,
            exists: "The card, IMSI or MSISDN is registered already."
        )
    }

    public func insertUser(
        _ user: MobileUserCreation,
        serialNumber: String,
        by act: RegistrationAct
    ) async throws(StoreError) {
        let code = try code(
            of: .person(
                msisdn: user.msisdn.description,
                givenName: user.givenName,
                surName: user.surName,
                language: user.language,
                serialNumber: serialNumber
            )
        )
        let parameters: [Parameter] = [
            .text(user.msisdn.description), .text(user.givenName), .text(user.surName), .text(user.language),
            .text(serialNumber), .bytea(code),
        ]
        let changed = try await change(
            Self.insertUser,
            parameters,
            act,
            exists: "There is a mobile user with this MSISDN already."
        )
        guard changed else { throw .conflict("There is no SIM card with this MSISDN: import it first.") }
    }

    public func installCertificate(
        _ certificate: [UInt8],
        for msisdn: MSISDN,
        _ use: KeyUse,
        provenKey: [UInt8],
        algorithm: SignatureAlgorithm,
        by act: RegistrationAct
    ) async throws(StoreError) {
        let mark = KeyMark(policy: use.policy.rawValue, use: use.rawValue)
        let code = try code(
            of: .key(
                msisdn: msisdn.description,
                reference: use.reference,
                algorithm: algorithm.rawValue,
                publicKey: provenKey,
                certificate: certificate,
                made: mark
            )
        )
        let version = newVersion(of: msisdn)
        let stateCode = try self.code(of: .activePerson(msisdn: msisdn.description, version: version))
        let parameters: [Parameter] = [
            .text(msisdn.description), .bytea(provenKey), .bytea(certificate), .bytea(code),
            .int4(Int32(use.reference)), .int4(Int32(mark.policy)), .text(mark.use),
            .int4(Int32(algorithm.rawValue)), .int8(version), .bytea(stateCode),
        ]
        guard try await change(Self.installCertificate, parameters, act) else {
            throw .conflict("The mobile user has no proven key that waits for this certificate.")
        }
        seen.note(msisdn.description, version)
    }

    public func setNoSpamCode(
        _ code: NoSpamCode?,
        for msisdn: MSISDN,
        by act: RegistrationAct
    ) async throws(StoreError) {
        let known = try code.map { code throws(StoreError) in
            try self.code(of: .noSpamCode(msisdn: msisdn.description, code: code.text))
        }
        guard try await change(Self.setNoSpamCode, [.text(msisdn.description), .bytea(known)], act) else {
            throw .conflict("There is no mobile user with this MSISDN.")
        }
    }

    public func deactivateUser(_ msisdn: MSISDN, by act: RegistrationAct) async throws(StoreError) {
        // The row's own version may be anybody's: what is remembered is the home's.
        let version = newVersion(of: msisdn)
        let code = try code(of: .inactivePerson(msisdn: msisdn.description, version: version))
        let parameters: [Parameter] = [.text(msisdn.description), .int8(version), .bytea(code)]
        guard try await change(Self.deactivateUser, parameters, act) else {
            throw .conflict("The mobile user cannot be deactivated.")
        }
        seen.note(msisdn.description, version)
    }

    /// Of a person's row, greater than each before it: microseconds since 1970, and also where a clock was ahead.
    private func newVersion(of msisdn: MSISDN) -> Int64 {
        let latest = seen.latest(of: [msisdn.description])[msisdn.description] ?? 0
        return max(Int64(Date().timeIntervalSince1970 * 1_000_000), latest + 1)
    }

    private func code(of row: DecidingRow) throws(StoreError) -> [UInt8] {
        do throws(RowRefusal) { return try authenticator.code(of: row) } catch { throw StoreError(error) }
    }

    /// - Returns: Whether a row was changed; the audit entry is committed with it.
    private func change(
        _ sql: String,
        _ parameters: [Parameter],
        _ act: RegistrationAct,
        exists: String? = nil
    ) async throws(StoreError) -> Bool {
        let call = act.call
        let audit: [Parameter] = [
            .text(call.peer.uri), .text(call.origin?.uri ?? call.peer.uri), .text(call.trace.description),
        ]
        do throws(StoreError) {
            return try await StoreError.catching {
                try await self.pool.withConnection(deadline: call.deadline) { connection in
                    try await connection.execute(sql, audit + parameters).count > 0
                }
            }
        } catch .exists(let constraint) {
            throw .exists(exists ?? constraint)
        }
    }
}

extension RegistrationTable {
    private static let insertCard = """
        WITH card AS (
            INSERT INTO cards (iccid, imsi, msisdn, tar, code) VALUES ($4, $5, $6, $7, $13) RETURNING iccid
        ), keys AS (
            INSERT INTO card_keys (
                iccid, domain, key_version, top_key_version, key_check_value, sealed, algorithm, batch
            )
            SELECT card.iccid, k.* FROM card, unnest(
                $8::text[], $9::int4[], $10::int4[], $11::bytea[], $12::bytea[], $14::text[], $15::text[]
            ) AS k
        ), counters AS (
            INSERT INTO card_counters (iccid) SELECT iccid FROM card
        )
        INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
        SELECT 'import card', 'result', iccid, $1, $2, $3, 'ok' FROM card
        RETURNING NULL::int8
        """

    private static let insertUser = """
        WITH person AS (
            INSERT INTO mobile_users (iccid, given_name, sur_name, language, serial_number, code)
            SELECT iccid, $5, $6, $7, $8, $9 FROM cards WHERE msisdn = $4 RETURNING iccid
        )
        INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
        SELECT 'create mobile user', 'result', iccid, $1, $2, $3, 'ok' FROM person
        RETURNING NULL::int8
        """

    /// How far beyond the one that the home makes now a version can be the home's: clocks differ by less than a day.
    private static let foreign: Int64 = 86_400_000_000

    private static let installCertificate = """
        WITH person AS (
            -- Locked: who is deactivated or blocked at the same time stays so.
            SELECT u.iccid FROM cards c JOIN mobile_users u ON u.iccid = c.iccid
            WHERE c.msisdn = $4 AND u.state = CASE $8::int4 WHEN 1 THEN 'PROVEN' ELSE 'ACTIVE' END
                -- No code covers the version of who is not active: one that no clock made stands in nobody's way.
                AND (u.version < $12 OR u.state = 'PROVEN' AND u.version > $12 + \(foreign))
            FOR UPDATE OF u
        ), certified AS (
            UPDATE user_keys k SET certificate = $6, code = $7, policy = $9, profile = $10
            FROM person
            WHERE k.iccid = person.iccid AND k.reference = $8 AND k.public_key = $5 AND k.algorithm = $11
                AND k.certificate IS NULL
            RETURNING k.iccid
        ), stated AS (
            UPDATE mobile_users u SET state = 'ACTIVE', version = $12, state_code = $13
            FROM certified WHERE u.iccid = certified.iccid
        )
        INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
        SELECT 'install certificate', 'result', iccid, $1, $2, $3, 'ok' FROM certified
        RETURNING NULL::int8
        """

    private static let setNoSpamCode = """
        WITH person AS (
            UPDATE mobile_users u SET no_spam = $5
            FROM cards c WHERE c.msisdn = $4 AND u.iccid = c.iccid RETURNING u.iccid
        )
        INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
        SELECT CASE WHEN $5::bytea IS NULL THEN 'remove no-spam code' ELSE 'set no-spam code' END, 'result', iccid, $1, $2,
            $3, 'ok'
        FROM person
        RETURNING NULL::int8
        """

    private static let deactivateUser = """
        WITH person AS (
            SELECT u.iccid, u.version < $5 OR u.version > $5 + \(foreign) AS is_next
            FROM cards c JOIN mobile_users u ON u.iccid = c.iccid WHERE c.msisdn = $4
            FOR UPDATE OF u
        ), stated AS (
            -- Where another machine's clock is ahead it goes on from that one's version, under no code.
            UPDATE mobile_users u
            SET state = 'INACTIVE', version = CASE WHEN p.is_next THEN $5 ELSE u.version + 1 END,
                state_code = CASE WHEN p.is_next THEN $6 END
            FROM person p WHERE u.iccid = p.iccid RETURNING u.iccid
        )
        INSERT INTO audit_log (act, phase, subject, peer, origin, trace, outcome)
        SELECT 'deactivate mobile user', 'result', iccid, $1, $2, $3, 'ok' FROM stated
        RETURNING NULL::int8
        """
}
