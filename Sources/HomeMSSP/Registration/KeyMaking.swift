import Alauda
import MSSCore

/// Which key a person may have made, and what the card is told.
enum KeyMaking {
    /// Whether the card proved the key already, so that only its certificate is missing.
    ///
    /// - Throws: 407 where the key may not be made: the person's state forbids it, they have it, or one of another
    ///   algorithm was proven before.
    static func isProven(_ activation: MobileUserActivation, of subscriber: Subscriber) throws(MSSFault) -> Bool {
        let use = activation.keyUse
        guard try isProven(use, of: subscriber) else { return false }
        guard subscriber.key(use)?.algorithm == activation.algorithm.onCard else {
            throw refusal("The card has proven a key of another algorithm for this use: ask for that one.")
        }
        return true
    }

    private static func isProven(_ use: KeyUse, of subscriber: Subscriber) throws(MSSFault) -> Bool {
        switch subscriber.user.state {
        case .inactive: throw refusal("The mobile user was deactivated.")
        case .active where use == .authentication: throw refusal("The mobile user is active already.")
        case .active:
            guard let key = subscriber.key(use) else { return false }
            guard key.certificate == nil else { throw refusal("The mobile user has a key for this use already.") }
            return true
        case .created, .activating, .proven:
            guard use == .authentication else {
                throw refusal("The mobile user is not active: the key for authentication comes first.")
            }
            return subscriber.user.state == .proven
        }
    }

    static func command(_ transaction: WPKITransaction, _ activation: MobileUserActivation) -> GenerateCommand {
        let policy = activation.keyUse.policy
        return GenerateCommand(
            transaction: transaction,
            key: activation.keyUse.reference,
            algorithm: activation.algorithm.onCard,
            code: activation.verifyCode.digits,
            pinPolicy: .standard,
            keyPolicy: policy.isEmpty ? nil : policy
        )
    }

    private static func refusal(_ detail: String) -> MSSFault {
        MSSFault(.registrationNotOK, detail, specifier: 4071)
    }
}
