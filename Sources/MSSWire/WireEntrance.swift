import MSSCore

/// Where a request comes in: what its path says of form and operation.
enum WireEntrance: Sendable {
    case soap(WireOperation)
    /// `nil` is the path of every operation: the message names it.
    case json(WireOperation?)
    /// The description of the JSON interface.
    case description

    private static let ports = Dictionary(
        uniqueKeysWithValues: WireOperation.allCases.map { ("/soap/services/" + $0.port, WireEntrance.soap($0)) }
    )
    private static let rest: [String: WireEntrance] = {
        var paths: [String: WireEntrance] = ["/rest/service": .json(nil), "/rest/openapi.json": .description]
        for (name, operation) in JSONReader.operations { paths["/rest/service/" + name] = .json(operation) }
        return paths
    }()

    /// - Returns: `nil` where there is nothing.
    static func at(_ path: String, offersJSON: Bool) -> WireEntrance? {
        ports[path] ?? (offersJSON ? rest[path] : nil)
    }

    /// The only method here.
    var method: String {
        switch self {
        case .soap, .json: "POST"
        case .description: "GET"
        }
    }

    var contentTypes: Set<String> {
        switch self {
        case .soap: ["application/soap+xml", "text/xml", "application/xml"]
        case .json: ["application/json"]
        case .description: []
        }
    }

    /// The operation's name for metrics and log, as far as the path tells it.
    var operation: WireOperation? {
        switch self {
        case .soap(let operation): operation
        case .json(let operation): operation
        case .description: nil
        }
    }

    /// What the gate must grant before the body is read: any of them.
    var operations: [WireOperation] {
        switch self {
        case .soap(let operation), .json(let operation?): [operation]
        case .json(nil), .description: Array(JSONReader.operations.values)
        }
    }
}
