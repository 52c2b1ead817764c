import AE
import MSSCore
import MSSRuntime

/// A home: the one of `[home]`, or a further one of `[[homes]]` (deploy/config/ae.toml).
struct HomeEntry: Decodable, Sendable {
    /// `https://`, host and port.
    var url: String
    /// Where the same home runs as well.
    var others: [String]?
    /// The one URI that its certificate must carry.
    var identity: String
    var credential: CredentialFiles
    /// Whether RoamingHeader goes with each message; no unless set.
    var roaming: Bool?
    /// The roots of its signing identities; those of `[providers]` unless set.
    var providersTrust: ConfiguredPath?
    /// What it is called here.
    var name: String?
    /// Its `prefix`: every MSSP_TransID of it begins so.
    var transactions: String?
    /// What its users' numbers begin with, as `+35840`.
    var numbers: [String]?
    /// What stands behind `@` in its users' UserIdentifier.
    var operators: [String]?

    private enum CodingKeys: String, CodingKey {
        case url, others, identity, credential, roaming, name, transactions, numbers, operators
        case providersTrust = "providers_trust"
    }

    /// Whether it says what leads to it, which means something beside other homes only.
    var hasWays: Bool { name != nil || transactions != nil || numbers != nil || operators != nil }
}

/// What `[home]` and `[[homes]]` say, checked against one another.
struct HomeEntries: Sendable {
    /// Series of metrics are made for each.
    private static let most = 32

    struct Named: Sendable {
        var name: String
        var entry: HomeEntry
        var ways: HomeLink.Ways
    }

    let all: [Named]
    var areSeveral: Bool { all.count > 1 }

    /// - Throws: ``StartError`` that names home and key.
    init(_ first: HomeEntry, _ further: [HomeEntry]) throws(StartError) {
        guard !further.isEmpty else {
            guard !first.hasWays else {
                throw StartError("home: name, transactions, numbers and operators are of use beside [[homes]] only")
            }
            all = [Named(name: "home", entry: first, ways: HomeLink.Ways())]
            return
        }
        guard further.count < Self.most else { throw StartError("homes: there may be \(Self.most) homes at most") }
        var all: [Named] = []
        for (index, entry) in ([first] + further).enumerated() {
            all.append(try Self.named(entry, index == 0 ? "home" : "homes[\(index - 1)]"))
        }
        self.all = all
        try Self.check(all.map(\.name), "have the name")
        try Self.check(all.map(\.entry.identity), "have the identity")
        try Self.check(all.compactMap { $0.ways.transactions?.description }, "have the transactions")
        try Self.check(all.flatMap { $0.ways.numbers.map(\.description) }, "have the numbers")
        try Self.check(all.flatMap(\.ways.operators), "have the operator")
    }

    private static func named(_ entry: HomeEntry, _ place: String) throws(StartError) -> Named {
        guard let name = entry.name, TransactionID.Prefix(name.prefix(6)) != nil, name.utf8.count <= 16,
            name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
        else {
            throw StartError(
                "\(place).name: beside other homes each needs one: a letter, then letters and digits, 16 at most"
            )
        }
        guard let transactions = entry.transactions.flatMap({ TransactionID.Prefix($0) }) else {
            throw StartError("\(place).transactions: beside other homes each needs it: the `prefix` of its home.toml")
        }
        var ways = HomeLink.Ways(transactions: transactions)
        for text in entry.numbers ?? [] {
            guard let prefix = NumberPrefix(text) else {
                throw StartError("\(place).numbers: \(text) is no beginning of a number; write it as +35840")
            }
            ways.numbers.append(prefix)
        }
        for text in entry.operators ?? [] {
            guard (1...128).contains(text.utf8.count), !text.contains("@") else {
                throw StartError("\(place).operators: write what stands behind the @ alone")
            }
            ways.operators.append(text.lowercased())
        }
        return Named(name: name, entry: entry, ways: ways)
    }

    private static func check(_ values: [String], _ what: String) throws(StartError) {
        var seen: Set<String> = []
        for value in values where !seen.insert(value).inserted {
            throw StartError("home, homes: two \(what) \(value)")
        }
    }
}
