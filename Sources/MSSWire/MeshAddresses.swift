import Synchronization

/// The addresses of one service that runs several times: each call begins with the next one, and one that could not be
/// reached comes last for a while.
final class MeshAddresses: Sendable {
    /// How long an address rests that could not be reached.
    static let rest: Duration = .seconds(5)

    private struct State {
        var next = 0
        var restsUntil: [ContinuousClock.Instant?]
    }

    private let urls: [String]
    private let state: Mutex<State>

    /// - Parameter urls: At least one.
    init(_ urls: [String]) {
        self.urls = urls
        state = Mutex(State(restsUntil: urls.map { _ in nil }))
    }

    /// All addresses, in the order in which one call tries them.
    func order(_ now: ContinuousClock.Instant = .now) -> [String] {
        let (first, resting) = state.withLock { state in
            defer { state.next = (state.next + 1) % max(1, urls.count) }
            return (state.next, state.restsUntil.map { $0.map { $0 > now } ?? false })
        }
        let turned = urls.indices.map { (first + $0) % urls.count }
        return (turned.filter { !resting[$0] } + turned.filter { resting[$0] }).map { urls[$0] }
    }

    /// Takes whether an address could be reached.
    func note(_ url: String, isReached: Bool, _ now: ContinuousClock.Instant = .now) {
        guard let index = urls.firstIndex(of: url) else { return }
        state.withLock { $0.restsUntil[index] = isReached ? nil : now + Self.rest }
    }
}
