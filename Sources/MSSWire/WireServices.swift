public import MSSCore

/// What a listener serves: the operations whose service is here.
public struct WireServices: Sendable {
    var signatures: (any SignatureService)?
    var registrations: (any RegistrationService)?
    var providers: (any ProviderService)?

    public init(
        signatures: (any SignatureService)? = nil,
        registrations: (any RegistrationService)? = nil,
        providers: (any ProviderService)? = nil
    ) {
        self.signatures = signatures
        self.registrations = registrations
        self.providers = providers
    }

    /// An answer in octets, and what the message centre, the card and the person took of its time.
    struct Answer {
        var octets: [UInt8]
        var simTime: Duration?
    }

    func serves(_ operation: WireOperation) -> Bool {
        switch operation {
        case .signature, .status: signatures != nil
        case .registration: registrations != nil
        case .directory: providers != nil
        }
    }

    /// Decodes, calls, encodes.
    func answer(_ request: SOAPRequest, _ call: Call) async throws(MSSFault) -> Answer {
        let shape = request.shape
        switch request.operation {
        case .signature:
            guard let signatures else { break }
            let response = try await signatures.signature(try SignatureCodec.decodeRequest(request), call)
            return Answer(octets: SignatureCodec.encodeResponse(response, shape), simTime: response.simTime)
        case .status:
            guard let signatures else { break }
            let response = try await signatures.status(try StatusCodec.decodeRequest(request), call)
            return Answer(octets: StatusCodec.encodeResponse(response, shape))
        case .registration:
            guard let registrations else { break }
            let registration = try RegistrationCodec.decodeRequest(request)
            let response = try await registrations.register(registration, call)
            return Answer(
                octets: RegistrationCodec.encodeResponse(response, to: registration.operation.name, shape)
            )
        case .directory:
            guard let providers else { break }
            try request.validate()
            return Answer(octets: DirectoryCodec.encodeResponse(try await providers.directory(call), shape))
        }
        throw MSSFault(.wrongParam, "This service does not offer the operation.")
    }
}
