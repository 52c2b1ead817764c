/// Where a key set of a card is in its life: pending → active → accept → retired → destroyed.
///
/// An event in, an action out: what a state may become stands here, and storage and vault ask.
public enum KeysetState: String, Sendable, CaseIterable {
    /// The card may have it already; the home has no word of it yet.
    case pending
    /// The one that commands go out under: one of each domain.
    case active
    /// Its successor is active; answers that are still on their way under it are taken.
    case accept
    /// Nothing is sealed or opened under it; its octets are kept for what an audit may ask.
    case retired
    /// Its octets are gone, its check value stays.
    case destroyed

    /// Whether a key set may go from this state to another; to itself it never does.
    public func may(become next: KeysetState) -> Bool {
        switch (self, next) {
        case (.pending, .active), (.pending, .retired), (.active, .accept), (.active, .retired), (.accept, .retired),
            (.retired, .destroyed):
            true
        default: false
        }
    }

    /// Whether commands may be sealed under it; under a pending one only those that ask the card whether it has it.
    public var seals: Bool { self == .active || self == .pending }
    /// Whether what comes from the card may be opened under it.
    public var opens: Bool { self == .active || self == .pending || self == .accept }
}
