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

    init(_ status: HTTPResponse.Status, _ reason: String, _ line: String, allow: HTTPRequest.Method? = nil) {
        self.status = status
        self.reason = reason
        self.line = line
        self.allow = allow
    }

    static func tooLong(_ most: Int) -> WireRefused {
        WireRefused(.contentTooLarge, "too_long", "a request has at most \(most) octets")
    }
}
