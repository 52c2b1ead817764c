import Logging
import MSSCore

/// Log values sorted by whose asset they are, and what of each may be shown.
struct ClassifiedMetadata {
    /// Shown in place of a value that nobody classified.
    static let unclassified = "‹unclassified›"

    private enum Group: Int {
        case open, mobileUser, registration, applicationProvider, system, unclassified

        var name: StaticString {
            switch self {
            case .open: "open"
            case .mobileUser: "mobileUser"
            case .registration: "registration"
            case .applicationProvider: "applicationProvider"
            case .system: "system"
            case .unclassified: "unclassified"
            }
        }
    }

    private struct Entry {
        let group: Group
        let key: String
        let text: String
    }

    private var entries: [Entry] = []

    init(_ metadata: Logger.Metadata, pseudonyms: Pseudonyms) {
        entries.reserveCapacity(metadata.count)
        for (key, value) in metadata { add(key, value, pseudonyms) }
        entries.sort { ($0.group.rawValue, $0.key) < ($1.group.rawValue, $1.key) }
    }

    private mutating func add(_ key: String, _ value: Logger.MetadataValue, _ pseudonyms: Pseudonyms) {
        // A dictionary or an array has no class of its own, and swift-log's interpolation makes neither.
        guard case .stringConvertible(let convertible) = value, let asset = value.attributes[Asset.self] else {
            return entries.append(Entry(group: .unclassified, key: key, text: Self.unclassified))
        }
        let text = convertible.description
        switch asset {
        case .open: entries.append(Entry(group: .open, key: key, text: text))
        case .mobileUser: entries.append(Entry(group: .mobileUser, key: key, text: pseudonyms.name(for: text)))
        case .registration: entries.append(Entry(group: .registration, key: key, text: text))
        case .applicationProvider: entries.append(Entry(group: .applicationProvider, key: key, text: text))
        case .system: entries.append(Entry(group: .system, key: key, text: text))
        }
    }

    /// Appends one member for each class that has values: `,"open":{"code":"105"}`.
    func write(to line: inout JSONLine) {
        var group: Group?
        for entry in entries {
            if entry.group != group {
                line.raw(group == nil ? ",\"" : "},\"")
                line.raw(entry.group.name)
                line.raw("\":{")
            } else {
                line.raw(",")
            }
            group = entry.group
            line.text(entry.key)
            line.raw(":")
            line.text(entry.text)
        }
        if group != nil { line.raw("}") }
    }
}
