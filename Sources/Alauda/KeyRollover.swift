/// Which of a card's root keys the home uses and accepts while one takes the place of another, in two phases:
/// NEW ROOT KEY brings the new one, its first valid frame makes it the active one, RETIRE KVN ends the old one.
public struct KeyRollover: Sendable, Equatable {
    /// What the home knows of a key version.
    public enum State: String, Sendable {
        /// On its way to the card: accepted, and tried by STATUS if the answer is lost.
        case pending
        /// The home seals under it.
        case active
        /// Still accepted, as a frame under it may be late; never sealed under.
        case accept
        /// Neither.
        case retired
    }

    /// Why an event is none for this state.
    public enum Refusal: Error, Sendable, Equatable {
        /// A new key version must be above every one before, and at most 254.
        case notAbove
        /// Another rollover goes on, and ends first.
        case underWay
        /// No such key version, or not in the state for it.
        case notExpected
    }

    private var states: [UInt8: State]

    /// A card with its first root, or with those that storage names.
    ///
    /// - Returns: `nil` unless exactly one is active and at most one pending, which is above the active one.
    public init?(_ states: [UInt8: State]) {
        let active = states.filter { $0.value == .active }.keys
        let pending = states.filter { $0.value == .pending }.keys
        guard active.count == 1, pending.count <= 1, let version = active.first, (0x01...0xFE).contains(version),
            pending.allSatisfy({ $0 > version && $0 <= 0xFE })
        else { return nil }
        self.states = states
    }

    public init?(active keyVersion: UInt8) {
        self.init([keyVersion: .active])
    }

    public subscript(keyVersion: UInt8) -> State? { states[keyVersion] }
    public var keyVersions: [UInt8] { states.keys.sorted() }
    /// What requests are sealed under.
    public var active: UInt8 { states.first { $0.value == .active }?.key ?? 0 }
    public var pending: UInt8? { states.first { $0.value == .pending }?.key }

    /// Whether an answer under it counts.
    public func accepts(_ keyVersion: UInt8) -> Bool { states[keyVersion].map { $0 != .retired } ?? false }

    /// The KVN that a new root gets; `nil` when all are used up.
    public var next: UInt8? {
        let highest = states.keys.max() ?? 0
        return highest < 0xFE ? highest + 1 : nil
    }

    /// NEW ROOT KEY is about to be sent.
    public mutating func propose(_ keyVersion: UInt8) throws(Refusal) {
        guard pending == nil else { throw .underWay }
        guard keyVersion > (states.keys.max() ?? 0), keyVersion <= 0xFE else { throw .notAbove }
        states[keyVersion] = .pending
    }

    /// The card refused the new root, or never got it and never will: NEW ROOT KEY is not to be answered any more.
    public mutating func withdraw(_ keyVersion: UInt8) throws(Refusal) {
        guard states[keyVersion] == .pending else { throw .notExpected }
        states[keyVersion] = .retired
    }

    /// A frame under this key version was valid: 87, or the answer to a STATUS under it.
    ///
    /// - Returns: Whether the new root is active from now on, so that RETIRE KVN can be sent for the old one.
    @discardableResult
    public mutating func received(under keyVersion: UInt8) throws(Refusal) -> Bool {
        guard accepts(keyVersion) else { throw .notExpected }
        guard states[keyVersion] == .pending else { return false }
        states[active] = .accept
        states[keyVersion] = .active
        return true
    }

    /// 88 came: the card has no such key any more.
    public mutating func retired(_ keyVersion: UInt8) throws(Refusal) {
        guard states[keyVersion] == .accept else { throw .notExpected }
        states[keyVersion] = .retired
    }
}
