import HomeMSSP
import MSSCore
import OTA
import SIMLink

/// The message centres, as the home asks for them.
struct ShortMessageChannel: SIMChannel {
    let messageCentres: MessageCentres

    func send(
        _ command: consuming SealedCommand,
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMChannelError) {
        try await send(command, to: msisdn, until: deadline, as: nil)
    }

    func send(
        _ command: consuming SealedCommand,
        for transaction: CardTransaction,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMChannelError) {
        try await send(command, to: transaction.msisdn, until: deadline, as: transaction.id.description)
    }

    private func send(
        _ command: consuming SealedCommand,
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant,
        as transaction: String?
    ) async throws(SIMChannelError) {
        do throws(SIMLinkError) {
            try await messageCentres.send(command, to: msisdn, until: deadline, as: transaction)
        } catch {
            switch error {
            case .notSent(let reason): throw .notSent(reason)
            case .refused(let reason): throw .refused(reason)
            case .unknownOutcome: throw .unknownOutcome
            }
        }
    }
}
