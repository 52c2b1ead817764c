import Alauda

/// Which PINs a card takes for a new one.
enum PINRule {
    /// Digits, as many as the policy allows within the card's own 6–12, and not a trivial row of them.
    static func allows(_ pin: String, _ lengths: ClosedRange<Int>) -> Bool {
        let digits = pin.utf8.map { Int($0) - 0x30 }
        guard lengths.contains(digits.count), digits.allSatisfy({ (0...9).contains($0) }) else { return false }
        // One step all the way: repeated, ascending or descending digits, 0 after 9 included.
        let steps = Set(zip(digits, digits.dropFirst()).map { ($1 - $0 + 10) % 10 })
        return steps.count > 1 || steps.first.map { ![0, 1, 9].contains($0) } ?? false
    }
}
