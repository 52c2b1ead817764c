import Hummingbird

/// A request that HTTP alone answers.
struct WireRefused: Error {
    let status: HTTPResponse.Status
    /// The metric's label.
    let reason: String
    /// For the caller.
    let line: String
    /// The method that is allowed, where another is not.
    var allow: HTTPRequest.Method?

    /// Whether the caller may not keep the connection.
    var endsConnection = false

    init(_ status: HTTPResponse.Status, _ reason: String, _ line: String, allow: HTTPRequest.Method? = nil) {
        self.status = status
        self.reason = reason
        self.line = line
        self.allow = allow
    }

    static func tooManyConnections(_ most: Int) -> WireRefused {
        let line = "this certificate has \(most) connections open already: use them again, or close some"
        var refused = WireRefused(.serviceUnavailable, "connections", line)
        refused.endsConnection = true
        return refused
    }

    static func tooLong(_ most: Int) -> WireRefused {
        WireRefused(.contentTooLarge, "too_long", "a request has at most \(most) octets")
    }
}
