/// A table while a document is read: what may still be added to it depends on how it came to be.
final class TOMLTable {
    /// How a table was made.
    enum Origin {
        /// By the header of a table within it; a header of its own may follow.
        case implied
        /// By its own header.
        case header
        /// By a dotted key.
        case dotted
    }

    enum Entry {
        case table(TOMLTable)
        case tables(TOMLTableList)
        case value(ConfigurationValue)
    }

    var origin: Origin
    private var entries: [String: Entry] = [:]

    init(_ origin: Origin) {
        self.origin = origin
    }

    /// The table for the header `[path]` in this one; `nil` when the document has it already.
    func opened(_ path: [String]) -> TOMLTable? {
        guard let parent = parent(of: path), let name = path.last else { return nil }
        switch parent.entries[name] {
        case nil:
            let table = TOMLTable(.header)
            parent.entries[name] = .table(table)
            return table
        case .table(let table) where table.origin == .implied:
            table.origin = .header
            return table
        default: return nil
        }
    }

    /// The next table of the array for the header `[[path]]`; `nil` when the name is something else already.
    func appended(_ path: [String]) -> TOMLTable? {
        guard let parent = parent(of: path), let name = path.last else { return nil }
        let table = TOMLTable(.header)
        switch parent.entries[name] {
        case nil: parent.entries[name] = .tables(TOMLTableList(table))
        case .tables(let list): list.tables.append(table)
        default: return nil
        }
        return table
    }

    /// Sets `path`, which may be dotted; `false` when it is there already.
    func set(_ path: [String], _ value: ConfigurationValue) -> Bool {
        var table = self
        for name in path.dropLast() {
            switch table.entries[name] {
            case nil:
                let inner = TOMLTable(.dotted)
                table.entries[name] = .table(inner)
                table = inner
            case .table(let inner) where inner.origin == .dotted: table = inner
            default: return false
            }
        }
        guard let name = path.last, table.entries[name] == nil else { return false }
        table.entries[name] = .value(value)
        return true
    }

    private func parent(of path: [String]) -> TOMLTable? {
        var table = self
        for name in path.dropLast() {
            switch table.entries[name] {
            case nil:
                let inner = TOMLTable(.implied)
                table.entries[name] = .table(inner)
                table = inner
            case .table(let inner): table = inner
            case .tables(let list): table = list.last
            case .value: return nil
            }
        }
        return table
    }

    /// What was read.
    var value: ConfigurationValue {
        .table(
            entries.mapValues { entry in
                switch entry {
                case .table(let table): table.value
                case .tables(let list): .array(list.tables.map(\.value))
                case .value(let value): value
                }
            }
        )
    }
}

/// The tables of one `[[name]]`, at least one.
final class TOMLTableList {
    var tables: [TOMLTable]
    private let first: TOMLTable

    init(_ first: TOMLTable) {
        self.first = first
        tables = [first]
    }

    var last: TOMLTable { tables.last ?? first }
}
