import MSSCore

/// What a path stands for; no other path exists.
enum WirePath: Sendable, Equatable {
    /// One operation, known before the body is read.
    case one(WireOperation)
    /// Every operation: the body tells which.
    case common

    /// The paths at which the body tells the operation, the first of them in what this platform writes.
    static let commonPaths = ["/soap/services", "/soap"]

    private static let all: [String: WirePath] = {
        var all = Dictionary(uniqueKeysWithValues: commonPaths.map { ($0, WirePath.common) })
        for operation in WireOperation.allCases {
            for path in operation.paths { all[path] = .one(operation) }
        }
        return all
    }()

    /// - Returns: `nil` for a path that differs in a single octet; nothing is redirected, clients do not follow.
    init?(_ path: String) {
        guard let known = Self.all[path] else { return nil }
        self = known
    }

    /// The operations that can be called here.
    var operations: [WireOperation] {
        switch self {
        case .one(let operation): [operation]
        case .common: WireOperation.allCases
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
        case .registration, .directory, .handshake, .cancel, .fit: []
        }
    }
}
