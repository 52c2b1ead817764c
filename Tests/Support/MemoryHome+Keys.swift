public import HomeMSSP
public import MSSCore
public import OTA

extension MemoryHome: CardKeyStore {
    public func records(
        _ iccid: ICCID,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [CardKeyRecord] {
        try use { state throws(StoreError) in
            guard let card = state.cards.values.first(where: { $0.reference.iccid == iccid }) else { return [] }
            return card.reference.security.records + card.past
        }
    }

    public func add(
        _ record: CardKeyRecord,
        by who: String?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) {
        try use { state throws(StoreError) in
            try state.change(record.iccid) { card throws(StoreError) in
                let all = card.reference.security.records + card.past
                let isKnown = all.contains { $0.domain == record.domain && $0.keyVersion == record.keyVersion }
                guard !isKnown, card.reference.security.root(.pending) == nil else { throw .exists("a key") }
                card.reference.security.records.append(record)
                card.nextFrame = 0
            }
        }
    }

    public func take(
        _ steps: [CardKeyStep],
        by who: String?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        try use { state throws(StoreError) in
            guard let iccid = steps.first?.from.iccid else { return false }
            return try state.change(iccid) { card throws(StoreError) in
                var new = card
                for step in steps {
                    guard let place = new.reference.security.records.firstIndex(of: step.from) else { return false }
                    new.reference.security.records[place] = step.to
                    guard step.to.domain == .wpki, step.to.state == .active else { continue }
                    (new.frame, new.nextFrame, new.frameKey) = (new.nextFrame, 0, step.to.keyVersion)
                }
                let records = new.reference.security.records
                new.reference.security.records = records.filter { $0.state.opens }
                new.past += records.filter { !$0.state.opens }
                card = new
                return true
            }
        }
    }
}

extension LedgerRules {
    fileprivate mutating func change<Value>(
        _ iccid: String,
        _ work: (inout Card) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        guard let msisdn = cards.first(where: { $0.value.reference.iccid.description == iccid })?.key,
            var card = cards[msisdn]
        else { throw .conflict("no such card") }
        let value = try work(&card)
        cards[msisdn] = card
        return value
    }
}
