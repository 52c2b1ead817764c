import Logging
import MSSCore
import OTA
import SMPP
import Synchronization

/// Takes what message centres deliver, and says how each message is to be answered: only what is stored, or of no use,
/// is taken; everything else comes again.
final class Intake: Sendable {
    /// Messages that may be on their way into the store at one time; more are put off.
    private static let mostStoring = 1_000

    private let parts: any PartStore
    private let receipts: ReceiptDesk
    private let receive: @Sendable (ResponsePacket, MSISDN) async -> Bool
    private let tally: any Tally
    private let logger: Logger
    private let storing = Mutex(0)

    init(
        parts: any PartStore,
        receipts: ReceiptDesk,
        receive: @escaping @Sendable (ResponsePacket, MSISDN) async -> Bool,
        tally: any Tally,
        logger: Logger
    ) {
        self.parts = parts
        self.receipts = receipts
        self.receive = receive
        self.tally = tally
        self.logger = logger
    }

    /// - Returns: command_status of the answer to the message centre.
    func take(_ message: ShortMessageUnit, from centre: SMSCSettings) async -> CommandStatus {
        switch Uplink(message) {
        case .receipt(let receipt, let msisdn):
            await receipts.take(receipt, to: msisdn, from: centre)
            return .ok
        case .nothing(let reason):
            if let reason { refused(reason, centre) }
            return .ok
        case .answer(let packet, let msisdn):
            return await stored(centre) { await self.receive(packet, msisdn) }
        case .part(let part):
            return await stored(centre) { await self.store(part, centre) }
        }
    }

    private func store(_ part: AnswerPart, _ centre: SMSCSettings) async -> Bool {
        let known: [AnswerPart]
        do throws(PartStoreError) { known = try await parts.put(part) } catch {
            logger.error(
                "part of an answer could not be stored; the message centre keeps it",
                metadata: ["cause": "\(error.reason, as: .system)"]
            )
            return false
        }
        switch Uplink.assemble(known) {
        case .incomplete: return true
        case .whole(let packet): return await receive(packet, part.source)
        case .malformed:
            refused("no_response_packet", centre)
            return true
        }
    }

    private func stored(_ centre: SMSCSettings, _ store: () async -> Bool) async -> CommandStatus {
        let hasRoom = storing.withLock { storing in
            guard storing < Self.mostStoring else { return false }
            storing += 1
            return true
        }
        guard hasRoom else { return answer(false, centre) }
        defer { storing.withLock { $0 -= 1 } }
        return answer(await store(), centre)
    }

    private func answer(_ isStored: Bool, _ centre: SMSCSettings) -> CommandStatus {
        tally.count("simlink_uplinks", [("outcome", isStored ? "stored" : "postponed")] + centre.label)
        return isStored ? .ok : .temporaryApplicationError
    }

    private func refused(_ reason: String, _ centre: SMSCSettings) {
        tally.count("simlink_uplinks_refused", [("reason", reason)] + centre.label)
        logger.info("a short message is no card's answer", metadata: ["reason": "\(reason, as: .open)"])
    }
}
