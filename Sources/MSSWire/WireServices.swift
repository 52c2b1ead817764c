public import MSSCore

/// What a listener serves: the operations whose service is here.
public struct WireServices: Sendable {
    var signatures: (any SignatureService)?
    var registrations: (any RegistrationService)?
    var providers: (any ProviderService)?
    var notifications: (any NotificationService)?
    var handshakes: (any HandshakeService)?
    /// Passes signed messages on; at the edge.
    var signed: (any SignedMessageService)?
    /// Opens them; at the home.
    var security: (any MessageSecurity)?
    /// MSS_Registration as a look-up, where it registers nothing.
    var certificates: (any CertificateService)?
    /// Tells who calls what it is known as; without it nobody is told.
    var callers: (any CallerDirectory)?

    public init(
        signatures: (any SignatureService)? = nil,
        registrations: (any RegistrationService)? = nil,
        providers: (any ProviderService)? = nil,
        notifications: (any NotificationService)? = nil,
        handshakes: (any HandshakeService)? = nil,
        signed: (any SignedMessageService)? = nil,
        security: (any MessageSecurity)? = nil,
        certificates: (any CertificateService)? = nil,
        callers: (any CallerDirectory)? = nil
    ) {
        self.signatures = signatures
        self.registrations = registrations
        self.providers = providers
        self.notifications = notifications
        self.handshakes = handshakes
        self.signed = signed
        self.security = security
        self.certificates = certificates
        self.callers = callers
    }

    /// A request, decoded.
    enum Message: Sendable {
        case signature(SignatureRequest)
        case status(StatusRequest)
        case receipt(ReceiptRequest)
        case profile(ProfileRequest)
        case cancel(CancelRequest)
        case fit(FitRequest)
        case registration(RegistrationRequest)
        case certificate(CertificateRequest)
        case directory
        case notifications(NotificationLease)
        case handshake(HandshakeRequest)
        case signed(SignedMessage)
    }

    /// An answer in octets, and what the message centre, the card and the person took of its time.
    struct Answer: Sendable {
        var octets: [UInt8]
        var simTime: Duration?
    }

    func serves(_ operation: WireOperation) -> Bool {
        switch operation {
        case .signature, .status, .receipt, .profile, .cancel, .fit: signatures != nil
        case .handshake: handshakes != nil
        case .registration: registrations != nil || certificates != nil
        case .directory: providers != nil
        case .notifications: notifications != nil
        }
    }

    static func decode(_ request: SOAPRequest) throws(MSSFault) -> Message {
        switch request.operation {
        case .signature: return .signature(try SignatureCodec.decodeRequest(request))
        case .status: return .status(try StatusCodec.decodeRequest(request))
        case .receipt: return .receipt(try ReceiptCodec.decodeRequest(request))
        case .profile: return .profile(try ProfileCodec.decodeRequest(request))
        case .cancel: return .cancel(try OwnCodec.decodeCancelRequest(request))
        case .fit: return .fit(try OwnCodec.decodeFitRequest(request))
        case .handshake: return .handshake(try HandshakeCodec.decodeRequest(request))
        case .registration where CertificateCodec.isLookUp(request.message):
            return .certificate(try CertificateCodec.decodeRequest(request))
        case .registration: return .registration(try RegistrationCodec.decodeRequest(request))
        case .directory:
            try request.validate()
            return .directory
        case .notifications: return .notifications(try NotificationCodec.decodeRequest(request))
        }
    }

    /// Calls the service and writes its answer in the request's form.
    func answer(_ message: Message, _ call: Call, _ form: WireForm) async throws(MSSFault) -> Answer {
        switch message {
        case .signature(let request):
            let response = try await served(signatures).signature(request, call)
            return Answer(octets: form.write(response), simTime: response.simTime)
        case .status(let request):
            return Answer(octets: form.write(try await served(signatures).status(request, call)))
        case .receipt(let request):
            return Answer(octets: form.write(try await served(signatures).receipt(request, call)))
        case .profile(let request):
            return Answer(octets: form.write(try await served(signatures).profile(request, call)))
        case .cancel(let request):
            return Answer(octets: form.write(try await served(signatures).cancel(request, call)))
        case .fit(let request):
            return Answer(octets: form.write(try await served(signatures).fit(request, call)))
        case .handshake(let request):
            let response = try await served(handshakes).handshake(request, call)
            return Answer(octets: HandshakeCodec.encodeResponse(response, form.shape))
        case .signed(let message):
            let response = try await served(signed).pass(message, call)
            return Answer(octets: response.envelope, simTime: response.simTime)
        case .registration(let request):
            let response = try await served(registrations).register(request, call)
            return Answer(octets: RegistrationCodec.encodeResponse(response, to: request.operation.name, form.shape))
        case .certificate(let request):
            // Where one can register, something to register is missing.
            guard let certificates else { throw HeaderCodec.missing("RegistrationInput") }
            let response = try await certificates.certificate(request, call)
            return Answer(octets: CertificateCodec.encodeResponse(response, form.shape))
        case .notifications(let lease):
            let due = try await served(notifications).notifications(lease, call)
            return Answer(octets: NotificationCodec.encodeResponse(due, form.shape))
        case .directory:
            let response = try await served(providers).directory(call)
            return Answer(octets: DirectoryCodec.encodeResponse(response, form.shape))
        }
    }

    private func served<Service>(_ service: Service?) throws(MSSFault) -> Service {
        guard let service else { throw MSSFault(.wrongParam, "This service does not offer the operation.") }
        return service
    }
}
