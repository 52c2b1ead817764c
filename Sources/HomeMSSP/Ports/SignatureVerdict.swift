public import MSSCore

/// What is said of a signature that was made: 500 unless its provider asked for validation, else what came of that.
public struct SignatureVerdict: Sendable, Hashable {
    /// 500, 501, 502, 503 or 505.
    public var status: Status
    /// Why it is 500 though validation was asked: 423 where nothing proves that the certificate stands, 424 where the
    /// proof has expired; the validate service answers it.
    public var problem: MSSFault.Code?

    public init(_ status: Status, problem: MSSFault.Code? = nil) {
        self.status = status
        self.problem = problem
    }

    /// Signed; nobody asked whether its certificate stands.
    public static let signature = SignatureVerdict(.signature)
}
