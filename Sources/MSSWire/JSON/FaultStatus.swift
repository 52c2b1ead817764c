import Hummingbird
import MSSCore

/// The status of HTTP that says most of a fault (RFC 9110 §15), for providers that asked for it.
struct FaultStatus {
    let status: HTTPResponse.Status
    var code: Int { status.code }
    /// Seconds, with 429 and 503.
    var retryAfter: Int?

    /// Where nobody knows how long it takes.
    private static let someSeconds = 5

    /// - Parameters:
    ///   - fault: What is told.
    ///   - operation: What was asked for, as far as that was found.
    ///   - isStranger: Nobody registered the caller.
    ///   - hasRead: The message was well-formed: the fault is the service's.
    init(_ fault: MSSFault, _ operation: WireOperation?, isStranger: Bool = false, hasRead: Bool = true) {
        switch fault.code {
        case .wrongParam, .missingParam:
            // The one parameter that a service itself finds wrong in these is the transaction's id; of others it says so.
            let isOfTransaction =
                operation == .status || operation == .cancel || fault.detail == MSSFault.unknownTransaction.detail
            status = !hasRead ? .badRequest : isOfTransaction ? .notFound : .unprocessableContent
        case .incompatibleInterface: status = .badRequest
        // Between members of the mesh alone; a provider hears of them as 780.
        case .roamingHeaderMissing, .identityIssuerMissing, .homeMSSPMissing, .inputMissing: status = .badRequest
        case .unauthorizedAccess: status = isStranger ? .unauthorized : .forbidden
        case .unknownClient, .noKeyFound: status = .notFound
        case .wrongDataLength, .inappropriateData, .unsupportedProfile: status = .unprocessableContent
        // One request at a time is the user's measure.
        case .signatureProcess:
            status = .tooManyRequests
            retryAfter = fault.retryAfter ?? Self.someSeconds
        case .internalError: status = .internalServerError
        case .unableToProvideServices where fault.specifier == 7801:
            status = .tooManyRequests
            retryAfter = fault.retryAfter ?? Self.someSeconds
        case .otaError, .crlProblem, .crlExpired, .unableToProvideServices, .unableToRoute, .unableToIssueIdentity,
            .unableToVerify:
            // The phone that is off is the user's matter; a message centre that is down, the platform's.
            let isLater = fault.meaning.retry == .later
            status = isLater ? .serviceUnavailable : .conflict
            if isLater { retryAfter = fault.retryAfter ?? Self.someSeconds }
        case .expiredTransaction, .routingExpired, .userCancel, .pinBlocked, .cardBlocked, .registrationNotOK,
            .noCertificateFound, .noURLFound, .errorCertificate, .geofencingViolation:
            status = .conflict
        }
    }
}
