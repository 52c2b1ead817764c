import Alauda
import HomeMSSP
import MSSCore
import PostgreSQL

import struct Foundation.Date

/// A key's columns in a row of ``SubscriberTable/sql``.
enum SubscriberKeys {
    /// Refuses a key, proven or certified, that somebody else wrote, moved or gave another use or algorithm.
    static func check(
        _ row: ResultSet,
        _ index: Int,
        _ msisdn: String,
        _ authenticator: any RowAuthenticator
    ) throws {
        do throws(RowRefusal) {
            guard let key = try decided(row, index, msisdn) else { return }
            try authenticator.check(SubscriberTable.code(row, index, 23), of: key)
        } catch { throw StoreError(error) }
    }

    /// The key of a row, of its place's policy and use while it has no certificate; `nil` for a person who has none.
    static func key(_ row: ResultSet, _ index: Int) throws -> SubscriberKey? {
        guard let reference = try row.optionalInt64(index, 8) else { return nil }
        guard let reference = UInt8(exactly: reference), let number = UInt8(exactly: try row.int64(index, 9)),
            let algorithm = SignatureAlgorithm(rawValue: number), let use = KeyUse(reference: reference),
            let policy = UInt8(exactly: try row.optionalInt64(index, 40) ?? Int64(use.policy.rawValue)),
            try row.optionalText(index, 41) ?? use.rawValue == use.rawValue
        else { throw PostgreSQLError.decoding("a user's key is damaged") }
        return SubscriberKey(
            reference: reference,
            algorithm: algorithm,
            publicKey: try row.bytes(index, 10),
            certificate: try row.optionalBytes(index, 11),
            policy: KeyPolicy(rawValue: policy),
            pinBlocked: try row.optionalInt64(index, 44).map { Date(timeIntervalSince1970: Double($0) / 1_000_000) }
        )
    }

    static func add(_ key: SubscriberKey?, to subscriber: inout Subscriber) {
        guard let key else { return }
        subscriber.keys.append(key)
        guard let use = KeyUse(reference: key.reference), let certificate = key.certificate else { return }
        if use == .authentication {
            subscriber.user.certificate = certificate
        } else {
            subscriber.user.otherCertificates[use] = certificate
        }
    }

    private static func decided(
        _ row: ResultSet,
        _ index: Int,
        _ msisdn: String
    ) throws(RowRefusal) -> DecidingRow? {
        do throws(PostgreSQLError) {
            guard let place = try row.optionalInt64(index, 8) else { return nil }
            let reference = UInt8(truncatingIfNeeded: place)
            let algorithm = UInt8(truncatingIfNeeded: try row.int64(index, 9))
            let publicKey = try row.bytes(index, 10)
            guard let certificate = try row.optionalBytes(index, 11) else {
                return .provenKey(msisdn: msisdn, reference: reference, algorithm: algorithm, publicKey: publicKey)
            }
            // A certified key has both: without them it is no row that the home wrote.
            let policy = try row.optionalInt64(index, 40) ?? 0
            let use = try row.optionalText(index, 41) ?? ""
            return .key(
                msisdn: msisdn,
                reference: reference,
                algorithm: algorithm,
                publicKey: publicKey,
                certificate: certificate,
                made: KeyMark(policy: UInt8(truncatingIfNeeded: policy), use: use)
            )
        } catch { throw RowRefusal(reason: "a key's columns are damaged", isForged: true) }
    }
}
