import Foundation
import HomeMSSP
import KeyVault
import MSSCore
import MSSRuntime
import Signatures

/// XML signatures over messages: providers' are verified by libxmlsec1, the home's are made by the platform's identity.
struct XMLMessages: MessageSignatures {
    let identity: PlatformIdentity

    func message(
        of envelope: [UInt8],
        by certificates: Set<[UInt8]>,
        at time: Date
    ) throws(MessageProblem) -> [UInt8] {
        // One that is no key any more was refused with its file.
        let keys = certificates.compactMap { try? MessageKey(certificate: $0) }
        do throws(MessageRefusal) { return try MessageSignature.message(of: envelope, by: keys, at: time) } catch {
            throw MessageProblem(label: error.reason.rawValue, sentence: error.description)
        }
    }

    func signer() async throws(MSSFault) -> @Sendable ([UInt8]) throws(MSSFault) -> [UInt8] {
        let record = try await identity.signing()
        return { [vault = identity.vault] (envelope) throws(MSSFault) -> [UInt8] in
            do { return try Self.signed(envelope, record, vault) } catch {
                throw MSSFault(
                    .internalError,
                    "The answer could not be signed. What was asked was done: MSS_StatusQuery tells it.",
                    cause: "\(error)"
                )
            }
        }
    }

    private static func signed(_ envelope: [UInt8], _ record: IdentityRecord, _ vault: Vault) throws -> [UInt8] {
        let answer = try AnswerSignature(
            to: envelope,
            id: "_" + TraceID.random().description,
            certificates: record.chain
        )
        return try answer.envelope(signed: vault.sign(answer.signedInfo, as: .message, by: record).value)
    }
}
