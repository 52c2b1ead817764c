import Foundation
import MSSTestSupport
import Testing

/// Cards that come as a file, over the console of a home that serves meanwhile, and what becomes of them.
@Suite("Batches of cards at the console of a running home")
struct ImportedBatchTests {
    /// More than the cards of one statement: the import is seen between two.
    private static let many = 2_500
    private static let bad = 2_301

    @Test("are taken once, every bad row named; their cards are registered and sign")
    func imported() async throws {
        let home = try await Self.start()
        let platform = home.platform
        let first = try await PersonalisedBatch.make("first", first: 100, count: Self.many, on: platform)
        let second = try await PersonalisedBatch.make("second", first: 5_000, count: 300, on: platform)
        try await exchangeCards(home, upTo: 5_300)
        let before = try await cards(platform)

        try await keepGood(first, home)
        #expect(try await cards(platform) == before + Self.many - 1)
        try await allOrNone(second, home)
        #expect(try await cards(platform) == before + Self.many - 1 + 300)
        // The row that was refused comes again, as it should have been.
        let mended = try await take(first.only(line: Self.bad), "mended", "--all-or-none", home)
        #expect(mended.status == 0 && mended.said.last == "1 rows read, 1 cards taken, 0 refused", "\(mended)")
        #expect(
            try await audit(platform) == [
                "first intent keep-good", "first result kept 2499, refused 1",
                "second intent all-or-none", "second result kept 0, refused 2",
                "second intent all-or-none", "second result kept 300, refused 0",
                "mended intent all-or-none", "mended result kept 1, refused 0",
            ]
        )

        for card in [first.cards[Self.many - 1], first.cards[Self.bad - 2], second.cards[150]] {
            try await registerAndSign(card, platform)
        }
    }

    private static func start() async throws -> HomeProcess {
        let port = try FreePort.next()
        let edit = HomeProcess.edit(operatorPort: port)
        let platform = try await Platform.start("batch", ["REGISTER": "1", "HOME_EDIT": edit])
        return HomeProcess(platform: platform, operatorPort: port)
    }

    /// The message centre with the cards of the seed behind it instead of those that the platform began with.
    private func exchangeCards(_ home: HomeProcess, upTo count: Int) async throws {
        let platform = home.platform
        let simulator = try platform.process("simulator")
        kill(simulator, SIGTERM)
        try await home.gone(simulator)
        try await home.awaitReady(#""smsc.primary":false"#)
        let arguments = [
            "run", "--seed", PersonalisedBatch.seed(platform), "--count", "\(count)", "--listen",
            "127.0.0.1:\(try platform.port("SMPP_PORT"))", "--system-id", "mssp-home", "--password-file",
            platform.file("state/smsc-password"),
        ]
        try platform.launch("SIMSimulator", arguments, as: "simulator")
        try await home.awaitReady()
    }

    /// The file with one bad row: told while it is read, kept but for that row, and never again.
    private func keepGood(_ batch: PersonalisedBatch, _ home: HomeProcess) async throws {
        let spoilt = batch.spoilt(line: Self.bad, column: 7, "000000")
        let taken = try await held(home.platform) { try await take(spoilt, "first", "--keep-good", home) }
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(taken.said.first == "check value of the transport key: \(PersonalisedBatch.checkValue)")
        let whole = "2500 rows read, 2499 cards taken, 1 refused"
        #expect(taken.said.last == whole)
        let halfway = "2000 rows read, 2000 cards taken, 0 refused"
        let named = "line \(Self.bad): kic is not the key of its check value"
        let order = [halfway, named, whole].compactMap { taken.said.firstIndex(of: $0) }
        #expect(order.count == 3 && order == order.sorted(), "\(taken)")
        #expect(taken.said.filter { $0.hasPrefix("line ") } == [named], "\(taken)")
        for mode in ["--keep-good", "--all-or-none"] {
            let again = try await take(spoilt, "first", mode, home)
            #expect(again.status != 0 && again.errors.contains("this file was taken before"), "\(again)")
        }
    }

    /// A file with bad rows of which nothing is kept; without them all of it is, once.
    private func allOrNone(_ batch: PersonalisedBatch, _ home: HomeProcess) async throws {
        let before = try await cards(home.platform)
        let number = batch.cards[9].msisdn
        let spoilt = batch.spoilt(line: 7, column: 3, "b0").spoilt(line: 200, column: 2, number)
        let refused = try await take(spoilt, "second", "--all-or-none", home)
        #expect(refused.status != 0)
        #expect(refused.errors.contains("2 of 300 rows are refused: no card was taken"), "\(refused)")
        let named = refused.said.filter { $0.hasPrefix("line ") }
        #expect(named == ["line 7: tar is not what this column holds", "line 200: msisdn: line 11 has the same"])
        #expect(try await cards(home.platform) == before)
        let taken = try await take(batch, "second", "--all-or-none", home)
        #expect(taken.status == 0 && taken.said.last == "300 rows read, 300 cards taken, 0 refused", "\(taken)")
        let again = try await take(batch, "second", "--all-or-none", home)
        #expect(again.status != 0 && again.errors.contains("this file was taken before"), "\(again)")
    }

    private func take(
        _ batch: PersonalisedBatch,
        _ name: String,
        _ mode: String,
        _ home: HomeProcess
    ) async throws -> ConsoleTyping.Result {
        let path = try batch.write(as: name)
        return try await home.type("import \(mode) '\(path)'", PersonalisedBatch.secrets)
    }

    /// Makes an import wait at its first cards until more than a second of it has gone, when it tells how far it is.
    private func held<Result: Sendable>(
        _ platform: Platform,
        _ work: () async throws -> Result
    ) async throws -> Result {
        async let holder = platform.rows(
            """
            DO $$ BEGIN
                LOCK TABLE cards IN SHARE ROW EXCLUSIVE MODE;
                FOR look IN 1..400 LOOP
                    EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE relation = 'cards'::regclass AND NOT granted);
                    PERFORM pg_sleep(0.05);
                END LOOP;
                PERFORM pg_sleep(1.2);
            END $$
            """
        )
        let isHeld = """
            SELECT EXISTS (
                SELECT FROM pg_locks WHERE relation = 'cards'::regclass AND mode = 'ShareRowExclusiveLock'
            )
            """
        while try await platform.rows(isHeld) != ["t"] { try await Task.sleep(for: .milliseconds(50)) }
        let result = try await work()
        _ = try await holder
        return result
    }

    private func cards(_ platform: Platform) async throws -> Int {
        try #require(try await platform.rows("SELECT count(*) FROM cards").first.flatMap { Int($0) })
    }

    private func audit(_ platform: Platform) async throws -> [String] {
        try await platform.rows(
            "SELECT subject || ' ' || phase || ' ' || outcome FROM audit_log WHERE act = 'import batch' ORDER BY id"
        )
    }

    /// An agent makes the card somebody's, they make a key with their code, and sign for a provider.
    private func registerAndSign(_ card: PersonalisedBatch.Card, _ platform: Platform) async throws {
        let agent = try Provider(platform, certificate: "ra-demo")
        let names: KeyValuePairs = ["GivenName": "Aino", "SurName": "Virtanen", "Language": "fi"]
        let created = try await agent.register("CreateMobileUser", card.msisdn, names)
        #expect(created.status == "100", "\(created.body)")
        let activated = try await agent.register("ActivateMobileUser", card.msisdn, ["VerifyCode": card.verifyCode])
        #expect(activated.status == "100", "\(activated.body)")
        let text = "By \(card.msisdn)"
        let answer = try await Provider(platform).sign(text, by: card.msisdn)
        #expect(answer.status == "500", "\(answer.body)")
        let signature = try #require(answer.signature)
        #expect(try await Verdict.content(of: signature, on: platform) == text)
        #expect(try platform.prompts(card.msisdn) == 1)
    }
}
