public import MSSCore

/// Of providers who sign their messages: the same is asked of them, and the home finds out whether they signed.
extension AcquiringEntity: SignedMessageService {
    public func takesSigned(from provider: String) -> Bool {
        homes.homes.contains { home in
            home.relay != nil && (try? home.providers.provider(provider))??.signsMessages ?? false
        }
    }

    public func pass(_ message: SignedMessage, _ call: Call) async throws(MSSFault) -> SignedAnswer {
        var apInfo = message.apInfo
        let (subject, operation) = Self.kind(of: message.content)
        let (home, provider) = try admit(&apInfo, call, about: subject, isSigned: true)
        guard let relay = home.relay else { throw MSSFault(.wrongParam, "Signed messages are not offered here.") }
        return try await counted(provider, operation, message.content.header) { () throws(MSSFault) in
            try await pass(message, of: provider, to: relay, call)
        }
    }

    private func pass(
        _ message: SignedMessage,
        of provider: ApplicationProvider,
        to relay: any SignedMessageRelay,
        _ call: Call
    ) async throws(MSSFault) -> SignedAnswer {
        switch message.content {
        case .signature(let request):
            try check(request, of: provider)
            try meter.begin(provider)
            defer { meter.end(provider) }
            return try await relay.pass(message, call.onBehalfOfPeer())
        case .profile(let request): try provider.check(request.mobileUser)
        case .receipt(let request): if let text = request.message { try provider.check(prefixOf: text.content) }
        case .status, .cancel, .fit: break
        }
        return try await relay.pass(message, call.onBehalfOfPeer())
    }

    /// By what its home is found, and what it is counted as.
    private static func kind(of content: SignedMessage.Content) -> (HomeRoutes.Subject, Operation) {
        switch content {
        case .signature(let request): (.person(request.mobileUser), .signature)
        case .profile(let request): (.person(request.mobileUser), .profile)
        case .status(let request): (.transaction(request.transactionID, request.header.msspInfo.msspID), .status)
        case .receipt(let request): (.transaction(request.transactionID, request.header.msspInfo.msspID), .receipt)
        case .cancel(let request): (.transaction(request.transactionID, request.header.msspInfo.msspID), .cancel)
        case .fit(let request): (.anybody(request.header.msspInfo.msspID), .fit)
        }
    }
}
