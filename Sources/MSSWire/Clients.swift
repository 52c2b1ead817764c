public import MSSCore

/// The home's signature service, reached over the wire.
///
/// A signature is asked for once: it is a prompt on a phone.
public struct SignatureClient: SignatureService {
    private let home: MeshConnection

    public init(to home: MeshConnection) {
        self.home = home
    }

    public func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
        let answer = try await home.send(.signature, call) { SignatureCodec.encodeRequest(request, $0) }
        var response = try SignatureCodec.decodeResponse(answer.message)
        response.simTime = answer.simTime
        return response
    }

    public func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
        let answer = try await home.send(.status, call) { StatusCodec.encodeRequest(request, $0) }
        return try StatusCodec.decodeResponse(answer.message)
    }
}

/// The home's registration service, reached over the wire.
public struct RegistrationClient: RegistrationService {
    private let home: MeshConnection

    public init(to home: MeshConnection) {
        self.home = home
    }

    public func register(
        _ request: RegistrationRequest,
        _ call: Call
    ) async throws(MSSFault) -> RegistrationResponse {
        let answer = try await home.send(.registration, call) { RegistrationCodec.encodeRequest(request, $0) }
        return try RegistrationCodec.decodeResponse(answer.message)
    }
}

/// The home's provider directory, reached over the wire.
public struct ProviderClient: ProviderService {
    private let home: MeshConnection

    public init(to home: MeshConnection) {
        self.home = home
    }

    public func directory(_ call: Call) async throws(MSSFault) -> ProviderDirectory {
        let answer = try await home.send(.directory, call) { DirectoryCodec.encodeRequest($0) }
        return try DirectoryCodec.decodeResponse(answer.message)
    }
}
