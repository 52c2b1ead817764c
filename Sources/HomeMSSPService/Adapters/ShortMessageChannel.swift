import HomeMSSP
import MSSCore
import OTA
import SIMLink

/// The message centre, as the home asks for it.
struct ShortMessageChannel: SIMChannel {
    let messageCentre: MessageCentre

    func send(
        _ command: consuming SealedCommand,
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMChannelError) {
        do throws(SIMLinkError) {
            try await messageCentre.send(command, to: msisdn, until: deadline)
        } catch {
            switch error {
            case .notSent(let reason): throw .notSent(reason)
            case .unknownOutcome: throw .unknownOutcome
            }
        }
    }
}
