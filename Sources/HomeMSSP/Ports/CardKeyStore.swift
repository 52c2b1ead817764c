public import MSSCore
public import OTA

/// Keeps the life of cards' keys; each step is committed with its audit entry.
public protocol CardKeyStore: Sendable {
    /// All key sets of a card, those too that are retired or destroyed.
    func records(_ iccid: ICCID, until deadline: ContinuousClock.Instant) async throws(StoreError) -> [CardKeyRecord]

    /// Keeps a new key set of a card, pending; a card has one at a time in each domain. A new root's counter begins.
    ///
    /// - Parameters:
    ///   - record: Sealed as pending.
    ///   - who: Who had it made, for the audit.
    ///   - deadline: Until when storage is waited for.
    /// - Throws: ``StoreError/exists(_:)`` if one is pending already, or the key version was used before.
    func add(
        _ record: CardKeyRecord,
        by who: String?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError)

    /// Takes all steps or none, in their order: what was active must have left before its successor comes.
    ///
    /// A root that becomes active brings its own counter of frames along, in the same commit.
    ///
    /// - Returns: `false`, and nothing changed, if a key set was not in the state that its step begins with, or was
    ///   changed meanwhile.
    func take(
        _ steps: [CardKeyStep],
        by who: String?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool
}

/// One key set that goes from one state to the next.
public struct CardKeyStep: Sendable {
    public var from: CardKeyRecord
    public var to: CardKeyRecord

    /// `nil` unless both are the same key set and the step is one that there is.
    public init?(from: CardKeyRecord, to: CardKeyRecord) {
        guard from.iccid == to.iccid, from.domain == to.domain, from.keyVersion == to.keyVersion,
            from.state.may(become: to.state)
        else { return nil }
        self.from = from
        self.to = to
    }
}
