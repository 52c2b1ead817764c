public import Foundation
public import Logging
public import MSSCore

/// What personIdentity answers: the attributes that may be told and are known, signed.
public struct PersonAnswers: Sendable {
    private let identity: String
    private let signer: any PersonIdentitySigner
    private let evidence: any SignatureEvidence
    private let tally: any Tally
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - identity: This home's name.
    ///   - signer: Signs.
    ///   - evidence: Reads certificates.
    ///   - tally: Counts.
    ///   - logger: Is told when nothing could be signed.
    ///   - now: The clock of the answer.
    public init(
        identity: String,
        signer: any PersonIdentitySigner,
        evidence: any SignatureEvidence,
        tally: any Tally,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.identity = identity
        self.signer = signer
        self.evidence = evidence
        self.tally = tally
        self.logger = logger
        self.now = now
    }

    /// - Throws: 780 while no identity signs: nobody is asked for a signature whose answer could not be had.
    func check() async throws(MSSFault) { try await signer.check() }

    /// - Parameters:
    ///   - question: As it was kept.
    ///   - task: Which signature it goes with.
    ///   - transaction: The signature's.
    ///   - subscriber: The signer.
    /// - Returns: The signed Response; 780 where it cannot be signed now: the signature itself is told all the same.
    func content(
        _ question: PersonQuestion,
        _ task: SignatureTask,
        _ transaction: TransactionID,
        of subscriber: Subscriber
    ) async -> ServiceResponse.Content {
        let values = values(question, task, of: subscriber)
        let isAll = values.count == question.attributes.count && !question.isReduced && !values.isEmpty
        let extent: PersonIdentity.Extent = isAll ? .ok : values.isEmpty ? .failure : .partialFailure
        do throws(MSSFault) {
            let response = try await signer.response(
                PersonIdentity(
                    id: question.id,
                    issuer: identity,
                    audience: task.provider,
                    transaction: transaction,
                    extent: extent,
                    values: values,
                    issued: now()
                )
            )
            tally.count("home_person_identities", [("outcome", extent.rawValue)])
            return .personIdentity(response)
        } catch {
            tally.count("home_person_identities", [("outcome", "unsigned")])
            logger.error(
                "what was asked of a signer could not be signed",
                metadata: [
                    "transaction": "\(transaction, as: .open)", "cause": "\(error.cause ?? "", as: .system)",
                ]
            )
            return .status(.unableToProvideServices)
        }
    }

    /// What is known: of the certificate that signed, and where that has no name of the person's, as they were registered.
    private func values(
        _ question: PersonQuestion,
        _ task: SignatureTask,
        of subscriber: Subscriber
    ) -> [PersonIdentity.Value] {
        guard let certificate = subscriber.key(task.key)?.certificate, question.isSigner(certificate) else { return [] }
        let certified = evidence.person(of: certificate)
        return question.attributes.compactMap { attribute in
            let text: String? =
                switch attribute {
                case .subject: certified?.subject
                case .validUntil: certified?.validUntil.formatted(.iso8601)
                case .givenName: certified?.givenName ?? subscriber.user.givenName
                case .surName: certified?.surName ?? subscriber.user.surName
                case .hetu, .satu, .address, .age, .ageClass, .email, .gender: nil
                }
            return text.flatMap { $0.isEmpty ? nil : PersonIdentity.Value(attribute, $0) }
        }
    }
}
