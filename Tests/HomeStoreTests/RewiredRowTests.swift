import Alauda
import HomeMSSP
import HomeStore
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Testing

/// What a dishonest database administrator would do: the owner of the tables, who writes rows but has no key.
@Suite("A database administrator")
struct RewiredRowTests {
    /// Statements on the cards $1 and $2, each of which rewires somebody.
    static let attacks: [(sql: String, table: String)] = [
        ("UPDATE cards SET imsi = '244910009999999' WHERE iccid = $1 AND $2 <> ''", "cards"),
        ("UPDATE cards SET tar = '\\xb00011' WHERE iccid = $1 AND $2 <> ''", "cards"),
        (
            "UPDATE cards c SET code = o.code FROM cards o WHERE c.iccid = $1 AND o.iccid = $2",
            "cards"
        ),
        ("UPDATE mobile_users SET sur_name = 'Other' WHERE iccid = $1 AND $2 <> ''", "mobile_users"),
        ("UPDATE mobile_users SET serial_number = 'MSSP-of-another' WHERE iccid = $1 AND $2 <> ''", "mobile_users"),
        (
            "UPDATE mobile_users SET given_name = sur_name, sur_name = given_name WHERE iccid = $1 AND $2 <> ''",
            "mobile_users"
        ),
        (
            "UPDATE user_keys k SET public_key = o.public_key, certificate = o.certificate, code = o.code "
                + "FROM user_keys o WHERE k.iccid = $1 AND o.iccid = $2",
            "user_keys"
        ),
        ("UPDATE user_keys SET public_key = 'x' WHERE iccid = $1 AND $2 <> ''", "user_keys"),
        ("UPDATE user_keys SET certificate = 'x' WHERE iccid = $1 AND $2 <> ''", "user_keys"),
        ("UPDATE user_keys SET code = NULL WHERE iccid = $1 AND $2 <> ''", "user_keys"),
        ("UPDATE user_keys SET algorithm = 18 WHERE iccid = $1 AND $2 <> ''", "user_keys"),
        ("UPDATE mobile_users SET version = version + 1 WHERE iccid = $1 AND $2 <> ''", "mobile_users"),
        ("UPDATE mobile_users SET state_code = NULL WHERE iccid = $1 AND $2 <> ''", "mobile_users"),
        (
            "UPDATE mobile_users u SET state_code = o.state_code, version = o.version "
                + "FROM mobile_users o WHERE u.iccid = $1 AND o.iccid = $2",
            "mobile_users"
        ),
        // What a key was made for: a key for digests becomes one for texts, or the reverse.
        ("UPDATE user_keys SET policy = 1 - policy WHERE iccid = $1 AND $2 <> ''", "user_keys"),
        ("UPDATE user_keys SET policy = NULL, profile = NULL WHERE iccid = $1 AND $2 <> ''", "user_keys"),
        ("UPDATE user_keys SET profile = 'non-repudiation' WHERE iccid = $1 AND $2 <> ''", "user_keys"),
        ("UPDATE user_keys SET reference = 2 WHERE reference = 1 AND iccid = $1 AND $2 <> ''", "user_keys"),
        ("UPDATE user_keys SET certificate = 'x' WHERE reference = 3 AND iccid = $1 AND $2 <> ''", "user_keys"),
        (
            "UPDATE user_keys k SET public_key = o.public_key, certificate = o.certificate, code = o.code, "
                + "policy = o.policy, profile = o.profile "
                + "FROM user_keys o WHERE k.iccid = $1 AND o.iccid = k.iccid AND k.reference = 1 AND o.reference = 3 "
                + "AND $2 <> ''",
            "user_keys"
        ),
    ]

    @Test("who changes or copies a column that decides is refused, with an alarm", arguments: attacks.indices)
    func changed(_ attack: Int) async throws {
        let (sql, table) = Self.attacks[attack]
        let home = try await Home()
        let (victim, other) = (try await home.newSigner(), try await home.newSigner())
        try await home.owner.execute(sql, [.text(victim.iccid.description), .text(other.iccid.description)])
        #expect(try await home.read(victim) == "conflict")
        #expect(home.authenticator.alarms == [table])
        #expect(try await home.read(other) == nil)
    }

    @Test("who has a key without a use, under a code of such a row, is refused, with an alarm")
    func unmarked() async throws {
        let home = try await Home()
        let card = try await home.storage.newSigner()
        let texts = ["user_keys", card.msisdn.description].map { Array($0.utf8) }
        let columns: [[UInt8]] = texts + [[1], [1], [1, 2], [3, 4]]
        let row: [UInt8] = columns.flatMap { [0, 0, 0, UInt8($0.count)] + $0 }
        for policy in ["NULL", "0"] {
            try await home.owner.execute(
                "UPDATE user_keys SET code = $2, policy = \(policy), profile = NULL WHERE iccid = $1",
                [.text(card.iccid.description), .bytea(home.authenticator.code(of: row))]
            )
            #expect(try await home.read(card) == "conflict")
        }
        #expect(home.authenticator.alarms == ["user_keys", "user_keys"])
    }

    @Test("who gives one person's number to another's card is refused, with an alarm for both")
    func swappedNumbers() async throws {
        let home = try await Home()
        let (victim, other) = (try await home.storage.newSigner(), try await home.storage.newSigner())
        let numbers = [victim.msisdn.description, other.msisdn.description]
        try await home.owner.run(
            script: """
                UPDATE cards SET msisdn = '+99999999' WHERE msisdn = '\(numbers[0])';
                UPDATE cards SET msisdn = '\(numbers[0])' WHERE msisdn = '\(numbers[1])';
                UPDATE cards SET msisdn = '\(numbers[1])' WHERE msisdn = '+99999999';
                """
        )
        #expect(try await home.read(victim) == "conflict")
        #expect(try await home.read(other) == "conflict")
        #expect(home.authenticator.alarms == ["cards", "cards"])
    }

    @Test("who moves a person or a key to another card is refused, with an alarm")
    func movedRows() async throws {
        for table in ["mobile_users", "user_keys"] {
            let home = try await Home()
            let (victim, other) = (try await home.storage.newSigner(), try await home.storage.newSigner())
            let cards = [victim.iccid.description, other.iccid.description]
            let spare = try await home.storage.newCard()
            // Keys hang on persons; the check of it waits for the end as for any administrator who knows the schema.
            try await home.owner.run(
                script: """
                    ALTER TABLE user_keys DROP CONSTRAINT user_keys_iccid_fkey;
                    UPDATE \(table) SET iccid = '\(spare.iccid)' WHERE iccid = '\(cards[0])';
                    UPDATE \(table) SET iccid = '\(cards[0])' WHERE iccid = '\(cards[1])';
                    """
            )
            #expect(try await home.read(victim) == "conflict")
            #expect(home.authenticator.alarms == [table])
        }
    }

    @Test("who lets somebody sign that was deactivated or never activated is refused, with an alarm")
    func activated() async throws {
        let home = try await Home()
        let gone = try await home.newSigner()
        try await home.storage.store.deactivateUser(gone.msisdn, by: Sample.act())
        #expect(try await home.read(gone) == nil)
        let new = try await home.storage.newUser()
        for card in [gone, new] {
            try await home.owner.run(script: "UPDATE mobile_users SET state = 'ACTIVE' WHERE iccid = '\(card.iccid)'")
            #expect(try await home.read(card) == "conflict")
        }
        #expect(home.authenticator.alarms == ["mobile_users", "mobile_users"])
    }

    @Test(
        "who puts a key in the place of the one that the card proved, before it has a certificate, is refused",
        arguments: ["public_key = 'x'", "algorithm = 2", "code = NULL", "reference = 2"]
    )
    func provenKey(_ change: String) async throws {
        let home = try await Home()
        let card = try await home.storage.newUser()
        try await home.storage.newKey(.authentication, card, counter: 1)
        #expect(try await home.storage.state(card) == .proven)
        try await home.owner.run(script: "UPDATE user_keys SET \(change) WHERE iccid = '\(card.iccid)'")
        #expect(try await home.read(card) == "conflict")
        #expect(home.authenticator.alarms == ["user_keys"])
    }

    @Test("who plants a key that no card proved, or takes one over from another person, is refused")
    func plantedKey() async throws {
        let home = try await Home()
        let (victim, other) = (try await home.storage.newUser(), try await home.storage.newUser())
        try await home.storage.newKey(.authentication, other, counter: 1)
        try await home.owner.run(
            script: """
                UPDATE mobile_users SET state = 'PROVEN' WHERE iccid = '\(victim.iccid)';
                INSERT INTO user_keys (iccid, reference, algorithm, public_key, code)
                SELECT '\(victim.iccid)', reference, algorithm, public_key, code FROM user_keys
                WHERE iccid = '\(other.iccid)';
                """
        )
        #expect(try await home.read(victim) == "conflict")
        #expect(home.authenticator.alarms == ["user_keys"])
        #expect(try await home.read(other) == nil)
    }

    @Test("who sets a whole row back to what the home wrote before is refused by a process that saw it change")
    func setBack() async throws {
        let home = try await Home()
        let card = try await home.newSigner()
        let row = "mobile_users WHERE iccid = '\(card.iccid)'"
        try await home.owner.run(script: "CREATE TABLE before AS SELECT * FROM \(row)")
        try await home.storage.store.deactivateUser(card.msisdn, by: Sample.act())
        let other = SubscriberTable(pool: Pool(home.service, size: 1), authenticator: DigestAuthenticator())
        #expect(try await other.subscriber(card.msisdn, until: HomeStorage.soon)?.user.state == .inactive)
        try await home.owner.run(
            script: """
                UPDATE mobile_users u SET state = b.state, version = b.version, state_code = b.state_code FROM before b
                WHERE u.iccid = b.iccid
                """
        )
        #expect(try await home.read(card) == "conflict")
        #expect(try await home.read(card) == "conflict")
        #expect(home.authenticator.alarms == ["mobile_users set back", "mobile_users set back"])
        // One that has read it since it changed, and did not change it itself, sees it as well.
        let refusal = try await storeError { _ = try await other.subscriber(card.msisdn, until: HomeStorage.soon) }
        #expect(refusal == "conflict")
        // Another process that never saw it, or the next one, cannot know: only the audit does.
        let fresh = SubscriberTable(pool: Pool(home.service, size: 1), authenticator: home.authenticator)
        #expect(try await fresh.subscriber(card.msisdn, until: HomeStorage.soon)?.user.state == .active)
    }

    @Test("who inflates the version of a row that no code covers locks nobody out", arguments: [Int64.max, 1 << 60])
    func inflated(_ version: Int64) async throws {
        let home = try await Home()
        let card = try await home.storage.newUser()
        try await home.storage.newKey(.authentication, card, counter: 1)
        let row = "mobile_users SET version = \(version), state_code = NULL WHERE iccid = '\(card.iccid)'"
        try await home.owner.run(script: "UPDATE \(row)")
        #expect(try await home.read(card) == nil)
        // Put right, it is read as it was; still wrong, it is in nobody's way.
        try await home.owner.run(script: "UPDATE mobile_users SET version = 0 WHERE iccid = '\(card.iccid)'")
        #expect(try await home.read(card) == nil)
        try await home.owner.run(script: "UPDATE \(row)")
        let store = home.storage.store
        try await store.installCertificate(
            [5],
            for: card.msisdn,
            provenKey: [KeyUse.authentication.reference],
            by: Sample.act()
        )
        #expect(try await home.storage.state(card) == .active)
        for _ in 0..<2 {
            try await store.deactivateUser(card.msisdn, by: Sample.act())
            #expect(try await home.storage.state(card) == .inactive)
            try await home.owner.run(script: "UPDATE \(row)")
            #expect(try await home.read(card) == nil)
        }
        #expect(home.authenticator.alarms.isEmpty)
    }

    @Test("is not accused of what changes while it is read", .timeLimit(.minutes(1)))
    func changing() async throws {
        let home = try await Home()
        for _ in 0..<20 {
            let card = try await home.storage.newSigner()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<5 {
                            let refusal = try await home.read(card)
                            #expect(refusal == nil)
                        }
                    }
                }
                group.addTask { try await home.storage.store.deactivateUser(card.msisdn, by: Sample.act()) }
                try await group.waitForAll()
            }
        }
        #expect(home.authenticator.alarms.isEmpty)
    }

    @Test("is not accused while the vault is sealed: then nothing is read and nothing written")
    func sealed() async throws {
        let home = try await Home()
        let card = try await home.storage.newSigner()
        home.authenticator.seal()
        #expect(try await home.read(card) == "unavailable")
        #expect(try await storeError { _ = try await home.storage.newCard() } == "unavailable")
        #expect(home.authenticator.alarms.isEmpty)
    }

    @Test("finds no two rows that write the same octets")
    func octets() {
        let rows: [DecidingRow] = [
            .card(iccid: "1", imsi: "2", msisdn: "3", tar: [4]), .card(iccid: "12", imsi: "", msisdn: "3", tar: [4]),
            .card(iccid: "1", imsi: "2", msisdn: "34", tar: []),
            .person(msisdn: "1", givenName: "2", surName: "3", language: "4", serialNumber: ""),
            .person(msisdn: "1", givenName: "23", surName: "", language: "4", serialNumber: ""),
            key([0x33], [4]), key([0x33, 4], []), key([0x33], [4], policy: 1), key([0x33], [4], policy: 1, use: "a"),
            key([0x33], [4, 0]), key([0x33], [4], algorithm: 2),
        ]
        let more: [DecidingRow] = [
            .provenKey(msisdn: "1", reference: 50, algorithm: 1, publicKey: [0x33]),
            .provenKey(msisdn: "1", reference: 50, algorithm: 2, publicKey: [0x33]),
            .activePerson(msisdn: "1", version: 2), .activePerson(msisdn: "1", version: 3),
            .activePerson(msisdn: "12", version: 2), .inactivePerson(msisdn: "1", version: 2),
        ]
        #expect(Set((rows + more).map(\.octets)).count == rows.count + more.count)
    }

    private func key(
        _ publicKey: [UInt8],
        _ certificate: [UInt8],
        algorithm: UInt8 = 1,
        policy: UInt8 = 0,
        use: String = ""
    ) -> DecidingRow {
        .key(
            msisdn: "1",
            reference: 50,
            algorithm: algorithm,
            publicKey: publicKey,
            certificate: certificate,
            made: KeyMark(policy: policy, use: use)
        )
    }

    /// A database of its own, for the administrator changes the schema too.
    private struct Home {
        let authenticator = DigestAuthenticator()
        let storage: HomeStorage
        let owner: Connection
        let service: String

        init() async throws {
            let database = try await PostgreSQLCluster.shared().database()
            service = database.service
            storage = HomeStorage.on(Pool(database.service, size: 4), database, authenticator: authenticator)
            owner = try await Connection(database.owner)
        }

        /// Somebody with a key for texts and one for digests.
        func newSigner() async throws -> CardReference {
            let card = try await storage.newSigner()
            try await storage.newKey(.digests, card, counter: 2)
            try await storage.store.installCertificate(
                [5],
                for: card.msisdn,
                .digests,
                provenKey: [KeyUse.digests.reference],
                by: Sample.act()
            )
            return card
        }

        func read(_ card: CardReference) async throws -> String? {
            try await storeError { _ = try await storage.directory.subscriber(card.msisdn, until: HomeStorage.soon) }
        }
    }
}
