import AsyncHTTPClient
import MSSCore
import NIOCore
import NIOPosix
import NIOSSL

/// Why a call to another service has no answer, and what is certain of the request.
struct MeshFailure: Error {
    /// The metric's label.
    enum Reason: String {
        /// The other service answered a fault; nothing failed here.
        case answered
        case deadline
        case cancelled
        case unreachable
        case wrongServer = "wrong_server"
        case busy
        case refused
        case connectionBroke = "connection_broke"
        case unreadableAnswer = "unreadable_answer"
    }

    let reason: Reason
    private(set) var fault: MSSFault

    /// Whether nobody who could carry the request out has seen it.
    var isUnreached: Bool { reason == .unreachable || reason == .wrongServer }

    /// Whether nothing was begun where the request came, so that another address of the service may have it: 780 says so.
    var mayGoElsewhere: Bool {
        isUnreached || reason == .busy || reason == .answered && fault.code == .unableToProvideServices
    }

    /// Whether a home found no fault with the request but with the way that it came.
    ///
    /// A home that does not understand RoamingHeader answers 108 where it went along.
    func isOfRoute(isTold: Bool) -> Bool {
        // What is signed is of the request: its way was found good before.
        guard fault.envelope == nil else { return false }
        return switch fault.code {
        case .roamingHeaderMissing, .identityIssuerMissing, .homeMSSPMissing, .inputMissing, .unableToRoute:
            reason == .answered
        case .incompatibleInterface: reason == .answered && isTold
        default: false
        }
    }

    /// The same with who says so, where nothing was begun; what is wrong with the way is nothing that a provider could mend.
    func placed(at role: MeshRole?, isTold: Bool) -> MeshFailure {
        var failure = self
        if isOfRoute(isTold: isTold) {
            failure.fault = MSSFault(
                .unableToProvideServices,
                "The user's home refuses the way that this platform's operator has set up to it (\(fault.code.rawValue));"
                    + " nothing was begun.",
                cause: "the home answered \(fault.code.rawValue): \(fault.detail ?? "")"
            )
            failure.fault.role = role
        } else if isUnreached || reason == .busy {
            failure.fault.role = role
        }
        return failure
    }

    init(answered fault: MSSFault) {
        reason = .answered
        self.fault = fault
    }

    init(_ reason: Reason, cause: String? = nil) {
        self.reason = reason
        fault = Self.fault(reason, cause)
    }

    /// An answer that is no SOAP: the other service's gate or its limits.
    init(status: UInt) {
        self.init(status == 503 ? .busy : .refused, cause: "the next service answered HTTP \(status)")
    }

    /// Only what happens before a connection is handed to the request proves that nothing was carried out.
    ///
    /// Whatever else breaks may have broken behind the other service's back.
    init(_ error: any Error) {
        switch error {
        case let failure as MeshFailure: self = failure
        case let refusal as PeerRefusal: self.init(.wrongServer, cause: refusal.reason)
        case is CancellationError: self.init(.cancelled)
        case let error as HTTPClientError: self.init(Self.reason(of: error), cause: error.shortDescription)
        case NIOSSLError.handshakeFailed: self.init(.unreachable, cause: "the TLS handshake failed")
        case is NIOConnectionError: self.init(.unreachable, cause: "no connection")
        case let error as IOError where error.errnoCode == 111: self.init(.unreachable, cause: "connection refused")
        default: self.init(.connectionBroke, cause: "\(type(of: error))")
        }
    }

    private static func reason(of error: HTTPClientError) -> Reason {
        switch error {
        case .deadlineExceeded: .deadline
        case .cancelled: .cancelled
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .alreadyShutdown: .unreachable
        default: .connectionBroke
        }
    }

    private static func fault(_ reason: Reason, _ cause: String?) -> MSSFault {
        switch reason {
        case .deadline:
            MSSFault(.expiredTransaction, "The request's time is over.", specifier: 2081, cause: cause)
        case .unreachable, .wrongServer:
            MSSFault(
                .unableToProvideServices,
                "The platform's next service cannot be reached; nothing was started. Try again later.",
                cause: cause
            )
        case .busy:
            MSSFault(
                .unableToProvideServices,
                "The platform has too much to do; nothing was started. Try again later.",
                cause: cause
            )
        case .refused, .answered: MSSFault(.internalError, cause: cause)
        case .cancelled, .connectionBroke, .unreadableAnswer:
            MSSFault(
                .internalError,
                "The request was sent and no answer came: it is not known whether it was carried out. "
                    + "MSS_StatusQuery tells where the transaction's id is known.",
                cause: cause ?? "an answer that cannot be read"
            )
        }
    }
}
