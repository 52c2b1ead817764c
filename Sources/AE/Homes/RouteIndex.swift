import MSSCore

/// What leads to homes, ready to be looked up in; homes are told by their place.
struct RouteIndex: Sendable {
    private var transactions: [String: Int] = [:]
    private var numbers: [NumberPrefix: Int] = [:]
    private var operators: [String: Int] = [:]
    /// Lengths of prefixes, the longest first.
    private let lengths: [Int]

    init(_ homes: [HomeLink]) {
        for (place, home) in homes.enumerated() {
            if let prefix = home.ways.transactions { transactions[prefix.description] = place }
            for prefix in home.ways.numbers { numbers[prefix] = place }
            for name in home.ways.operators { operators[name] = place }
        }
        lengths = Set(numbers.keys.map(\.length)).sorted(by: >)
    }

    func home(ofTransaction text: String) -> Int? {
        // A sandbox's ids have no randomness, and a hyphen behind the home's prefix.
        let prefix = TransactionID(text)?.prefix ?? text.firstIndex(of: "-").map { text[..<$0] }
        return prefix.flatMap { transactions[String($0)] }
    }

    /// By the longest prefix.
    func home(ofNumber number: UInt64) -> Int? {
        let length = String(number).utf8.count
        for known in lengths where known <= length {
            var digits = number
            for _ in known..<length { digits /= 10 }
            if let place = numbers[NumberPrefix(digits: digits, length: known)] { return place }
        }
        return nil
    }

    /// By what stands behind the last `@`.
    func home(ofIdentifier identifier: String) -> Int? {
        guard let at = identifier.lastIndex(of: "@") else { return nil }
        return operators[identifier[identifier.index(after: at)...].lowercased()]
    }
}
