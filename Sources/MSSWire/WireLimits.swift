/// What a listener takes at most; beyond it a caller is refused, and the next one served.
public struct WireLimits: Sendable, Equatable {
    /// Octets of a request's body.
    public var bodyOctets = 131_072
    /// Octets of a request's header fields together.
    public var headerOctets = 16_384
    /// Header fields of a request.
    public var headers = 64
    /// From the acceptance of a connection, or the first octet of a further request, to the end of a request's head.
    public var headTime: Duration = .seconds(10)
    /// From a request's head to the end of its body.
    public var bodyTime: Duration = .seconds(10)
    /// A connection on which nothing comes is closed; providers keep theirs for five minutes (FiCom 2.1).
    public var idleTime: Duration = .seconds(310)
    /// Connections at a time; further ones wait in the listener's queue.
    public var connections = 12_000
    /// Connections at a time of one caller, by its certificate; further ones are answered with 503 and closed.
    public var connectionsOfCaller = 4_000
    /// Requests at a time.
    public var requests = 2_000
    /// The longest a call may last.
    public var callTime: Duration = .seconds(310)
    /// A service ends its own waits at a call's deadline; what it still does so long afterwards is cancelled.
    public var overtime: Duration = .seconds(10)

    public init() {}
}

/// The section `[limits]` of a service's configuration: each key replaces one of the limits.
extension WireLimits: Decodable {
    private enum CodingKeys: String, CodingKey {
        case headers, connections, requests
        case bodyOctets = "body_octets"
        case headerOctets = "header_octets"
        case headTime = "head_seconds"
        case bodyTime = "body_seconds"
        case idleTime = "idle_seconds"
        case callTime = "call_seconds"
        case connectionsOfCaller = "connections_of_caller"
    }

    /// - Throws: `DecodingError` that names the key whose number is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys, _ range: ClosedRange<Int>) throws -> Int? {
            guard let number = try container.decodeIfPresent(Int.self, forKey: key) else { return nil }
            guard range.contains(number) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key,
                    in: container,
                    debugDescription: "must be \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return number
        }
        func seconds(_ key: CodingKeys, _ range: ClosedRange<Int>) throws -> Duration? {
            try number(key, range).map { .seconds($0) }
        }
        let usual = WireLimits()
        // What the parsers of SOAP and JSON take is the most.
        bodyOctets = try number(.bodyOctets, 1_024...131_072) ?? usual.bodyOctets
        headerOctets = try number(.headerOctets, 1_024...65_536) ?? usual.headerOctets
        headers = try number(.headers, 8...256) ?? usual.headers
        headTime = try seconds(.headTime, 1...120) ?? usual.headTime
        bodyTime = try seconds(.bodyTime, 1...120) ?? usual.bodyTime
        idleTime = try seconds(.idleTime, 1...3_600) ?? usual.idleTime
        callTime = try seconds(.callTime, 1...3_600) ?? usual.callTime
        connections = try number(.connections, 1...1_000_000) ?? usual.connections
        connectionsOfCaller = try number(.connectionsOfCaller, 1...1_000_000) ?? usual.connectionsOfCaller
        requests = try number(.requests, 1...1_000_000) ?? usual.requests
    }
}
