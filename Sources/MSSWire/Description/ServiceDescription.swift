/// What toolkits make a client from: a WSDL of the operations that a listener serves, and the schemas that it imports.
///
/// Everything is written once; what differs from caller to caller is the address at which they reach the listener.
struct ServiceDescription: Sendable {
    /// A part of the description, as a query asks for it.
    enum Part: Sendable, Equatable {
        case wsdl
        /// A schema, by its file's name.
        case schema(String)

        /// - Returns: `nil` for a query that asks for nothing of the kind.
        init?(query: String?) {
            switch query {
            case "wsdl", "WSDL": self = .wsdl
            case let query? where query.hasPrefix("xsd="): self = .schema(String(query.dropFirst(4)))
            default: return nil
            }
        }
    }

    /// Where the listener's address stands in the texts as they are written here.
    static let base = "urn:mssp:base"

    private let wsdl: [Substring]
    private let schemas: [String: [Substring]]

    /// - Returns: `nil` where nothing is served that toolkits make clients for.
    init?(of operations: [WireOperation]) {
        let described = operations.filter { $0.portType != nil }
        guard !described.isEmpty else { return nil }
        wsdl = Self.pieces(WSDLWriter.write(described))
        schemas = WSDLWriter.schemas.mapValues { Self.pieces($0.text) }
    }

    /// A part as a caller who reaches the listener at `address` can use it; `nil` if there is no such schema.
    func octets(of part: Part, at address: PublicAddress) -> [UInt8]? {
        let pieces: [Substring]
        switch part {
        case .wsdl: pieces = wsdl
        case .schema(let name):
            guard let schema = schemas[name] else { return nil }
            pieces = schema
        }
        return Array(pieces.joined(separator: address.text).utf8)
    }

    private static func pieces(_ text: [UInt8]) -> [Substring] {
        String(decoding: text, as: UTF8.self).split(separator: base, omittingEmptySubsequences: false)
    }
}
