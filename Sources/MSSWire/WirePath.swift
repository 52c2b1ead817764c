import MSSCore

/// What a path stands for; no other path exists.
enum WirePath: Sendable, Equatable {
    /// One operation, known before the body is read.
    case one(WireOperation)
    /// Every operation: the body tells which.
    case common
    /// The same in JSON: one operation, or whichever the message names.
    case json(WireOperation?)
    /// The description of the JSON interface.
    case openAPI

    /// The paths at which the body tells the operation, the first of them in what this platform writes.
    static let commonPaths = ["/soap/services", "/soap"]

    private static let all: [String: WirePath] = {
        var all = Dictionary(uniqueKeysWithValues: commonPaths.map { ($0, WirePath.common) })
        for operation in WireOperation.allCases {
            for path in operation.paths { all[path] = .one(operation) }
        }
        return all
    }()

    private static let rest: [String: WirePath] = {
        var paths: [String: WirePath] = ["/rest/service": .json(nil), "/rest/openapi.json": .openAPI]
        for (name, operation) in JSONReader.operations { paths["/rest/service/" + name] = .json(operation) }
        return paths
    }()

    /// - Returns: `nil` for a path that differs in a single octet; nothing is redirected, clients do not follow.
    init?(_ path: String, offersJSON: Bool = false) {
        guard let known = Self.all[path] ?? (offersJSON ? Self.rest[path] : nil) else { return nil }
        self = known
    }

    /// What a call's body may be said to be.
    var contentTypes: Set<String> {
        switch self {
        case .one, .common: ["application/soap+xml", "text/xml", "application/xml"]
        case .json, .openAPI: ["application/json"]
        }
    }

    /// The operations that can be called here.
    var operations: [WireOperation] {
        switch self {
        case .one(let operation), .json(let operation?): [operation]
        case .common: WireOperation.allCases
        case .json(nil), .openAPI: Array(JSONReader.operations.values)
        }
    }
}

extension WireOperation {
    /// Where it is called: the platform's own path, then those that deployed clients have in their configuration.
    var paths: [String] { ["/soap/services/" + port] + foreignPaths }

    private var foreignPaths: [String] {
        switch self {
        // Valimo's, and FiCom 2.1's examples.
        case .signature: ["/MSSP/services/MSS_Signature", "/MSS_Signature"]
        case .status: ["/MSSP/services/MSS_StatusPort"]
        // Swisscom's.
        case .profile: ["/soap/services/MSS_ProfilePort"]
        case .receipt, .registration, .directory, .notifications, .handshake, .cancel, .fit: []
        }
    }
}
