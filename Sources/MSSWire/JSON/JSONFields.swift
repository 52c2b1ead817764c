import MSSCore

/// A JSON value as it came, of the kinds that messages are made of.
enum JSONTree: Decodable {
    case text(String)
    /// A whole number; clients write most of theirs as strings.
    case number(Int)
    case list([JSONTree])
    case object([String: JSONTree])
    case null
    /// True, false, another number: what no member of a message is.
    case other

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if value.decodeNil() {
            self = .null
        } else if let members = try? value.decode([String: JSONTree].self) {
            self = .object(members)
        } else if let list = try? value.decode([JSONTree].self) {
            self = .list(list)
        } else if let number = try? value.decode(Int.self) {
            self = .number(number)
        } else {
            self = .other
        }
    }
}

/// An object of a message, whose members are asked for by name: `null` is as if it were not there, and what nobody asks
/// for is passed over.
struct JSONFields {
    private let members: [String: JSONTree]
    /// Where it stands; of names that this platform knows alone.
    private let path: String

    /// No members.
    static let empty = JSONFields(members: [:], path: "")

    private init(members: [String: JSONTree], path: String) {
        self.members = members
        self.path = path
    }

    /// - Throws: 101 if it is no object.
    init(_ value: JSONTree, _ path: String) throws(MSSFault) {
        guard case .object(let members) = value else { throw Self.wrongType(path) }
        self.init(members: members, path: path)
    }

    /// A string.
    func text(_ name: String) throws(MSSFault) -> String? {
        switch members[name] {
        case nil, .null: return nil
        case .text(let text): return text
        default: throw Self.wrongType(place(name))
        }
    }

    /// A whole number, or a string where one should be; as it would be written in one.
    func number(_ name: String) throws(MSSFault) -> String? {
        if case .number(let number) = members[name] { return String(number) }
        return try text(name)
    }

    func object(_ name: String) throws(MSSFault) -> JSONFields? {
        guard let value = present(name) else { return nil }
        return try JSONFields(value, place(name))
    }

    /// An array of objects; none if it is missing.
    func objects(_ name: String) throws(MSSFault) -> [JSONFields] {
        guard let value = present(name) else { return [] }
        guard case .list(let list) = value else { throw Self.wrongType(place(name)) }
        var objects: [JSONFields] = []
        for (index, value) in list.enumerated() { objects.append(try JSONFields(value, place("\(name)/[\(index)]"))) }
        return objects
    }

    private func present(_ name: String) -> JSONTree? {
        if case .null = members[name] { nil } else { members[name] }
    }

    private func place(_ name: String) -> String { path + "/" + name }

    private static func wrongType(_ path: String) -> MSSFault {
        MSSFault(.wrongParam, "\(path) is of the wrong JSON type.")
    }
}
