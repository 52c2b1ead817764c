import Alauda
import Logging
import MSSCore
import OTA

/// The steps that a card's root keys take in storage; which one is next is ``KeyRollover``'s to say.
struct CardKeyLife: Sendable {
    let vault: any CardVault
    let store: any CardKeyStore
    let tally: any Tally
    let logger: Logger

    /// How long storage may take.
    private static var storageTime: Duration { .seconds(5) }

    /// A new root for a card, pending in storage before anything of it is sent.
    ///
    /// - Returns: Its KVN; `nil` if all have been used.
    func propose(for card: CardReference, by who: String) async throws -> UInt8? {
        let records = try await store.records(card.iccid, until: .now + Self.storageTime)
        guard let next = KeyRollover(records)?.next else { return nil }
        let record = try vault.newRoot(next, for: card)
        try await store.add(record, by: who, until: .now + Self.storageTime)
        return next
    }

    /// The first authentic frame under a pending root shows that the card has it: from now on it is the one in use.
    func heard(_ frame: AnswerFrame, from card: CardReference) async throws {
        guard let pending = card.security.root(.pending), pending.keyVersion == frame.keyVersion,
            let active = card.security.root(.active)
        else { return }
        // Nothing changes if another process saw it first.
        guard try await move([(active, .accept), (pending, .active)], by: nil) else { return }
        tally.count("home_keys_rolled")
        logger.notice(
            "a card uses its new root key",
            metadata: [
                "msisdn": "\(card.msisdn, as: .mobileUser)", "kvn": "\(frame.keyVersion, as: .open)",
            ]
        )
    }

    /// The card refused a pending root: it is used no more.
    func withdraw(_ card: CardReference, by who: String) async throws {
        guard let pending = card.security.root(.pending) else { return }
        _ = try await move([(pending, .retired)], by: who)
    }

    /// The card says that the root of before is dead.
    func retire(_ card: CardReference, by who: String) async throws {
        guard let old = card.security.root(.accept) else { return }
        _ = try await move([(old, .retired)], by: who)
    }

    private func move(_ moves: [(CardKeyRecord, KeysetState)], by who: String?) async throws -> Bool {
        let steps = try moves.compactMap { record, state in
            CardKeyStep(from: record, to: try vault.moved(record, to: state))
        }
        guard steps.count == moves.count else { return false }
        return try await store.take(steps, by: who, until: .now + Self.storageTime)
    }
}

extension KeyRollover {
    /// What storage says of a card's roots; `nil` if that cannot be.
    init?(_ records: [CardKeyRecord]) {
        let states = records.filter { $0.domain == .wpki }.map { record -> (UInt8, State) in
            switch record.state {
            case .pending: (record.keyVersion, .pending)
            case .active: (record.keyVersion, .active)
            case .accept: (record.keyVersion, .accept)
            case .retired, .destroyed: (record.keyVersion, .retired)
            }
        }
        self.init(Dictionary(states) { first, _ in first })
    }
}
