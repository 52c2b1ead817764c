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

    /// A request, decoded.
    enum Message: Sendable {
        case signature(SignatureRequest)
        case status(StatusRequest)
        case registration(RegistrationRequest)
        case directory
    }

    /// An answer in octets, and what the message centre, the card and the person took of its time.
    struct Answer: Sendable {
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

    static func decode(_ request: SOAPRequest) throws(MSSFault) -> Message {
        switch request.operation {
        case .signature: return .signature(try SignatureCodec.decodeRequest(request))
        case .status: return .status(try StatusCodec.decodeRequest(request))
        case .registration: return .registration(try RegistrationCodec.decodeRequest(request))
        case .directory:
            try request.validate()
            return .directory
        }
    }

    /// Calls the service and writes its answer in the request's form.
    func answer(_ message: Message, _ call: Call, _ form: WireForm) async throws(MSSFault) -> Answer {
        switch message {
        case .signature(let request):
            guard let signatures else { break }
            let response = try await signatures.signature(request, call)
            return Answer(octets: form.write(response), simTime: response.simTime)
        case .status(let request):
            guard let signatures else { break }
            return Answer(octets: form.write(try await signatures.status(request, call)))
        case .registration(let request):
            guard let registrations else { break }
            let response = try await registrations.register(request, call)
            return Answer(octets: RegistrationCodec.encodeResponse(response, to: request.operation.name, form.shape))
        case .directory:
            guard let providers else { break }
            return Answer(octets: DirectoryCodec.encodeResponse(try await providers.directory(call), form.shape))
        }
        throw MSSFault(.wrongParam, "This service does not offer the operation.")
    }
}
