import HomeMSSP
import MSSCore
import OTA
import SIMLink
import Synchronization

/// Where the message centre brings what cards send: the exchange, which is made after it and with it.
final class CardAnswers: Sendable {
    private let exchange = Mutex<CardExchange?>(nil)

    func go(to exchange: CardExchange) {
        self.exchange.withLock { $0 = exchange }
    }

    /// `false` has the message centre keep the answer.
    func receive(_ packet: ResponsePacket, from msisdn: MSISDN) async -> Bool {
        guard let exchange = exchange.withLock({ $0 }) else { return false }
        return await exchange.receive(packet, from: msisdn)
    }

    /// Word that no card gets a command.
    func undelivered(_ command: UndeliveredCommand, to msisdn: MSISDN) async {
        await exchange.withLock { $0 }?.undelivered(command.transaction, of: msisdn, reason: command.reason)
    }
}
