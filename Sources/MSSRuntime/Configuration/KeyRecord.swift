/// Where in a configuration something stands: `tls.certificate`, `providers[1].id`.
struct KeyPlace: Hashable, CustomStringConvertible {
    private let steps: [String]

    init(_ steps: [String]) {
        self.steps = steps
    }

    init(_ path: [any CodingKey]) {
        steps = path.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }
    }

    func appending(_ step: String) -> KeyPlace { KeyPlace(steps + [step]) }

    var description: String {
        steps.reduce(into: "") { text, step in
            text += text.isEmpty || step.hasPrefix("[") ? step : "." + step
        }
    }
}

/// Which keys of which table the types asked for, to find those that nobody knows.
final class KeyRecord {
    private struct Table {
        var present: Set<String>
        var known: Set<String>
        var asked: Set<String> = []
    }

    private var tables: [KeyPlace: Table] = [:]

    /// A type with keys of its own looks at a table; `known` are those of the present keys that it has.
    func open(_ path: KeyPlace, present: [String], known: [String]) {
        tables[path, default: Table(present: Set(present), known: [])].known.formUnion(known)
    }

    /// A type asked for a key, present or not.
    func asked(_ key: String, in path: KeyPlace) {
        tables[path]?.asked.insert(key)
    }

    /// The first key that no type knows, with the nearest one that was asked for and is not there.
    var firstUnknown: String? {
        let strange = tables.flatMap { path, table in
            table.present.subtracting(table.known).map { (path: path, key: $0, table: table) }
        }
        let first = strange.min { $0.path.appending($0.key).description < $1.path.appending($1.key).description }
        guard let first else { return nil }
        let nearest = Spelling.nearest(to: first.key, among: first.table.asked.subtracting(first.table.present))
        let advice = nearest.map { " (did you mean \($0)?)" } ?? ""
        return "unknown key \(first.path.appending(first.key))\(advice)"
    }
}

/// How far one word is from another.
enum Spelling {
    /// The word of `words` nearest to `word`, when it is near enough to be meant.
    static func nearest(to word: String, among words: some Sequence<String>) -> String? {
        let candidates = words.sorted().map { (word: $0, distance: distance(word, $0)) }
        guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, word.count / 3) ? best.word : nil
    }

    /// Levenshtein's distance; words of more than 64 characters are as far as they are long.
    private static func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one), Array(other))
        guard one.count <= 64, other.count <= 64 else { return max(one.count, other.count) }
        var row = Array(0...other.count)
        for (line, character) in one.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in other.indices {
                let replaced = diagonal + (character == other[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}
