import Alauda
import MSSCore
import MSSTestSupport
import OTA
import Testing

@testable import HomeMSSP

@Suite("A card's root key is rolled")
struct RolloverTests {
    /// What a card with the simulator's rules does: which roots it has, and which answers get lost.
    private actor CardRoots {
        private var has: Set<UInt8> = [1]
        private var isDeaf = false
        private var losesNext = false
        private var refuses = false
        private var counter: UInt32 = 200
        private(set) var asked: [String] = []

        func deafen(_ isDeaf: Bool) { self.isDeaf = isDeaf }
        func loseAnswer() { losesNext = true }
        func refuse() { refuses = true }

        func answer(_ message: DownMessage, under version: UInt8) -> (UpMessage, UInt8, UInt32)? {
            asked.append("\(Self.name(message)) under \(version)")
            guard !isDeaf, has.contains(version) else { return nil }
            // The first valid frame under a newer root ends the older ones.
            has = has.filter { $0 >= version }
            counter += 1
            var under = version
            var status = AppletStatus.ok
            guard let kind = message.answer else { return nil }
            if case .newRootKey(_, let root) = message {
                if refuses || root.keyVersion <= has.max() ?? 0 {
                    status = .malformed
                } else {
                    has.insert(root.keyVersion)
                    under = root.keyVersion
                }
            }
            let isLost = losesNext
            losesNext = false
            return isLost
                ? nil : (UpMessage(kind: kind, transaction: message.transaction, status: status), under, counter)
        }

        private static func name(_ message: DownMessage) -> String {
            switch message {
            case .newRootKey(_, let root): "new \(root.keyVersion)"
            case .retire(_, let version): "retire \(version)"
            case .status: "status"
            case .sign: "sign"
            default: "other"
            }
        }
    }

    private static func stage() async throws -> (Stage, CardRoots, RootRollover) {
        let stage = try await Stage.withSigner(.isSilent)
        let card = CardRoots()
        stage.channel.whenSent { [unowned stage] _ async throws(SIMChannelError) in
            guard let message = stage.vault.lastMessage, let version = stage.vault.lastKeyVersion,
                let (answer, under, counter) = await card.answer(message, under: version)
            else { return }
            let packet = FakeVault.packet(answer, counter: counter, keyVersion: under)
            _ = await stage.exchange.receive(packet, from: stage.card.msisdn)
        }
        let rollover = RootRollover(
            prefix: Sample.homePrefix,
            directory: stage.home,
            exchange: stage.exchange,
            answerTime: .seconds(1)
        )
        return (stage, card, rollover)
    }

    private static func states(_ stage: Stage) async throws -> [UInt8: KeysetState] {
        let records = try await stage.home.records(stage.card.iccid, until: .now + .seconds(5))
        let roots = records.filter { $0.domain == .wpki }.map { ($0.keyVersion, $0.state) }
        return Dictionary(uniqueKeysWithValues: roots)
    }

    /// Rolls while the clock of the exchange runs, so that silence ends.
    private static func roll(_ stage: Stage, _ rollover: RootRollover) async throws -> String {
        try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    stage.exchange.sweep(.now)
                    try await Task.sleep(for: .milliseconds(20))
                }
                return nil
            }
            group.addTask {
                do {
                    let done = try await rollover.roll(stage.card.msisdn, by: "test") { _ in }
                    return "\(done.active) for \(done.retired)"
                } catch let refusal as RootRollover.Refusal { return refusal.reason }
            }
            let outcome = try await group.next() ?? nil
            group.cancelAll()
            return outcome ?? "nothing"
        }
    }

    @Test("in two phases: the new one is stored before it is sent, and used once the card has answered under it")
    func whole() async throws {
        let (stage, card, rollover) = try await Self.stage()
        let before = try #require(stage.home.card(stage.card.msisdn))
        #expect(try await Self.roll(stage, rollover) == "2 for 1")
        #expect(try await Self.states(stage) == [1: .retired, 2: .active])
        #expect(await card.asked == ["new 2 under 1", "retire 1 under 2"])
        let notes = stage.chronicle.all
        let made = try #require(notes.lastIndex(of: "root 2 made"))
        #expect(notes[made...].first { $0 == "sent" } != nil && !notes[..<made].contains("sent"))
        // The new root counts anew, and nothing is sent under its old counter.
        let after = try #require(stage.home.card(stage.card.msisdn))
        #expect(after.frame == 1 && after.nextFrame == 0 && after.packet == before.packet + 2)
        #expect(try await Self.roll(stage, rollover) == "3 for 2")
        #expect(try await Self.states(stage) == [1: .retired, 2: .retired, 3: .active])
    }

    @Test("whose answer is lost: STATUS under the new one tells")
    func lostAnswer() async throws {
        let (stage, card, rollover) = try await Self.stage()
        await card.loseAnswer()
        #expect(try await Self.roll(stage, rollover) == "2 for 1")
        #expect(await card.asked == ["new 2 under 1", "status under 2", "retire 1 under 2"])
        #expect(stage.home.card(stage.card.msisdn)?.frame == 2)
    }

    @Test("of a card that is away stays pending, the old one is used, and doing it again ends it")
    func away() async throws {
        let (stage, card, rollover) = try await Self.stage()
        await card.deafen(true)
        let refusal = try await Self.roll(stage, rollover)
        #expect(refusal.contains("KVN 2 stays pending"))
        #expect(try await Self.states(stage) == [1: .active, 2: .pending])
        await card.deafen(false)
        #expect(try await Self.roll(stage, rollover) == "2 for 1")
        #expect(try await Self.states(stage) == [1: .retired, 2: .active])
        #expect(await card.asked.suffix(3) == ["status under 2", "new 2 under 1", "retire 1 under 2"])
    }

    @Test("of a card that got it unseen is found again")
    func foundAgain() async throws {
        let (stage, card, rollover) = try await Self.stage()
        await card.loseAnswer()
        // As a process leaves it that is killed between the sending and the answer.
        _ = try await stage.exchange.keys.propose(for: stage.card, by: "test")
        let current = try #require(try await stage.home.subscriber(stage.card.msisdn, until: .now + .seconds(5)))
        let root = try stage.vault.wrappedRoot(2, for: current.card)
        _ = await card.answer(.newRootKey(.random(), root), under: 1)
        #expect(try await Self.roll(stage, rollover) == "2 for 1")
        #expect(await card.asked == ["new 2 under 1", "status under 2", "retire 1 under 2"])
    }

    @Test("of a card that refuses is withdrawn, and its version is not used again")
    func refused() async throws {
        let (stage, card, rollover) = try await Self.stage()
        await card.refuse()
        #expect(try await Self.roll(stage, rollover).contains("refuses KVN 2"))
        #expect(try await Self.states(stage) == [1: .active, 2: .retired])
        #expect(try await Self.roll(stage, rollover).contains("refuses KVN 3"))
    }

    @Test("whose end the card did not confirm is ended by doing it again, without a third key")
    func unconfirmed() async throws {
        let (stage, card, rollover) = try await Self.stage()
        stage.channel.whenSent { [unowned stage] _ async throws(SIMChannelError) in
            guard let message = stage.vault.lastMessage, let version = stage.vault.lastKeyVersion else { return }
            if case .retire = message { await card.deafen(true) }
            guard let (answer, under, counter) = await card.answer(message, under: version) else { return }
            let packet = FakeVault.packet(answer, counter: counter, keyVersion: under)
            _ = await stage.exchange.receive(packet, from: stage.card.msisdn)
            if case .retire = message { await card.deafen(false) }
        }
        let refusal = try await Self.roll(stage, rollover)
        #expect(refusal.contains("did not say that KVN 1 is dead"))
        #expect(try await Self.states(stage) == [1: .accept, 2: .active])
        stage.channel.whenSent { [unowned stage] _ async throws(SIMChannelError) in
            await card.deafen(false)
            guard let message = stage.vault.lastMessage, let version = stage.vault.lastKeyVersion,
                let (answer, under, counter) = await card.answer(message, under: version)
            else { return }
            let packet = FakeVault.packet(answer, counter: counter, keyVersion: under)
            _ = await stage.exchange.receive(packet, from: stage.card.msisdn)
        }
        #expect(try await Self.roll(stage, rollover) == "2 for 1")
        #expect(try await Self.states(stage) == [1: .retired, 2: .active])
    }

    @Test("is seen where a transaction began with the card's keys of before")
    func keysOfBefore() async throws {
        let (stage, card, _) = try await Self.stage()
        await card.deafen(true)
        // A transaction of the card runs, begun with the keys as they were.
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        _ = try await stage.sign(request)
        _ = try await stage.exchange.keys.propose(for: stage.card, by: "test")
        let status = UpMessage(kind: .status, transaction: .random(), status: .ok)
        let packet = FakeVault.packet(status, counter: 1, keyVersion: 2)
        #expect(await stage.exchange.receive(packet, from: stage.card.msisdn))
        #expect(try await Self.states(stage) == [1: .accept, 2: .active])
    }

    @Test("waits for a signature that runs")
    func busy() async throws {
        let (stage, card, rollover) = try await Self.stage()
        await card.deafen(true)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        _ = try await stage.sign(request)
        #expect(try await Self.roll(stage, rollover).contains("Another request is running"))
        #expect(try await Self.states(stage) == [1: .active, 2: .pending])
    }

    @Test("of a number that nobody has is refused")
    func unknown() async throws {
        let (_, _, rollover) = try await Self.stage()
        let nobody = try #require(MSISDN("+358409999999"))
        await #expect(throws: RootRollover.Refusal.self) {
            _ = try await rollover.roll(nobody, by: "test") { _ in }
        }
    }
}
