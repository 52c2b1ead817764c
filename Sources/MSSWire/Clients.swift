public import MSSCore

/// The home's signature service, reached over the wire.
///
/// A signature is asked for once: it is a prompt on a phone.
public struct SignatureClient: SignatureService {
    private let home: MeshConnection

    /// Calls over `home`.
    public init(to home: MeshConnection) {
        self.home = home
    }

    public func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
        let (answer, simTime) = try await home.send(
            .signature,
            call,
            encode: { SignatureCodec.encodeRequest(request, $0) },
            decode: SignatureCodec.decodeResponse
        )
        var response = answer
        response.simTime = simTime
        return response
    }

    public func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
        try await home.send(
            .status,
            call,
            mayRepeat: true,
            encode: { StatusCodec.encodeRequest(request, $0) },
            decode: StatusCodec.decodeResponse
        ).response
    }

    /// Asked for once: a receipt is shown once.
    public func receipt(_ request: ReceiptRequest, _ call: Call) async throws(MSSFault) -> ReceiptResponse {
        try await home.send(
            .receipt,
            call,
            encode: { ReceiptCodec.encodeRequest(request, $0) },
            decode: ReceiptCodec.decodeResponse
        ).response
    }

    public func cancel(_ request: CancelRequest, _ call: Call) async throws(MSSFault) -> CancelResponse {
        try await home.send(
            .cancel,
            call,
            encode: { OwnCodec.encodeRequest(request, $0) },
            decode: OwnCodec.decodeCancelResponse
        ).response
    }

    public func fit(_ request: FitRequest, _ call: Call) async throws(MSSFault) -> FitResponse {
        try await home.send(
            .fit,
            call,
            mayRepeat: true,
            encode: { OwnCodec.encodeRequest(request, $0) },
            decode: OwnCodec.decodeFitResponse
        ).response
    }

    public func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse {
        try await home.send(
            .profile,
            call,
            mayRepeat: true,
            encode: { ProfileCodec.encodeRequest(request, $0) },
            decode: ProfileCodec.decodeResponse
        ).response
    }
}

/// The home's registration service, reached over the wire.
public struct RegistrationClient: RegistrationService {
    private let home: MeshConnection

    /// Calls over `home`.
    public init(to home: MeshConnection) {
        self.home = home
    }

    public func register(
        _ request: RegistrationRequest,
        _ call: Call
    ) async throws(MSSFault) -> RegistrationResponse {
        try await home.send(
            .registration,
            call,
            mayRepeat: request.operation.name == .getMobileUser,
            encode: { RegistrationCodec.encodeRequest(request, $0) },
            decode: RegistrationCodec.decodeResponse
        ).response
    }
}

/// The home's provider directory, reached over the wire.
public struct ProviderClient: ProviderService {
    private let home: MeshConnection

    /// Calls over `home`.
    public init(to home: MeshConnection) {
        self.home = home
    }

    public func directory(_ call: Call) async throws(MSSFault) -> SignedDirectory {
        try await home.send(
            .directory,
            call,
            mayRepeat: true,
            encode: { DirectoryCodec.encodeRequest($0) },
            decode: DirectoryCodec.decodeResponse
        ).response
    }
}

/// What providers have still to be told, asked of the home over the wire; one that is lost on the way is handed out again.
extension ProviderClient: NotificationService {
    public func notifications(
        _ lease: NotificationLease,
        _ call: Call
    ) async throws(MSSFault) -> [StatusNotification] {
        try await home.send(
            .notifications,
            call,
            encode: { NotificationCodec.encodeRequest(lease, $0) },
            decode: NotificationCodec.decodeResponse
        ).response
    }
}
