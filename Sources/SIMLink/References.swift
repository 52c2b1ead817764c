import MSSCore

/// Numbers that tell the segments of one command from those of the last one to the same card
/// (3GPP TS 23.040 §9.2.3.24.1).
struct References {
    /// Cards that are remembered; then all begin anew, at random.
    private static let mostCards = 50_000

    private var last: [MSISDN: UInt8] = [:]

    /// One more than the last for this card; the first is random, as a restart must not repeat what a card waits for.
    mutating func next(for msisdn: MSISDN) -> UInt8 {
        if last.count >= Self.mostCards, last[msisdn] == nil { last.removeAll() }
        let next = last[msisdn].map { $0 &+ 1 } ?? UInt8.random(in: 0...255)
        last[msisdn] = next
        return next
    }
}
