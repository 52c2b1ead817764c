public import Logging
public import MSSCore

public import struct Foundation.Date

/// Where messages come in that providers have signed: who is let in is decided first, then whether it signed.
public struct SignedMessageDesk: MessageSecurity {
    private let providers: ProviderRegister
    private let signatures: any MessageSignatures
    private let tally: any Tally
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - providers: Who may ask, and with which certificates they sign.
    ///   - signatures: Verifies and signs.
    ///   - tally: Counts.
    ///   - logger: Is told of what is refused.
    ///   - now: The clock of certificates.
    public init(
        providers: ProviderRegister,
        signatures: any MessageSignatures,
        tally: any Tally,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.providers = providers
        self.signatures = signatures
        self.tally = tally
        self.logger = logger
        self.now = now
    }

    public func open(
        _ envelope: [UInt8],
        from provider: String,
        _ call: Call
    ) async throws(MSSFault) -> OpenedMessage {
        let known = try providers.admitSigned(provider, call)
        guard known.signsMessages else {
            throw MSSFault(
                .unauthorizedAccess,
                "This provider's entry at the home registers no certificate that signs messages.",
                specifier: 1046
            )
        }
        let message: [UInt8]
        do throws(MessageProblem) {
            message = try signatures.message(of: envelope, by: known.messageCertificates, at: now())
        } catch {
            tally.count("home_message_signatures", [("outcome", error.label)])
            logger.notice(
                "a provider's message is not signed as it must be",
                metadata: [
                    "ap_id": "\(known.id, as: .applicationProvider)", "entity": "\(call.peer, as: .open)",
                    "problem": "\(error.label, as: .open)", "trace": "\(call.trace, as: .open)",
                ]
            )
            throw MSSFault(.unauthorizedAccess, error.sentence, specifier: 1046)
        }
        tally.count("home_message_signatures", [("outcome", "ok")])
        // Found out before anything is begun: an answer that nobody can sign would be none.
        return OpenedMessage(
            message: message,
            wantsSpecifiers: known.wantsSpecifiers,
            seal: try await signatures.signer()
        )
    }
}
