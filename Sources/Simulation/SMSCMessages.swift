import SMPP
import Synchronization

/// Messages on their way, down and up, and the accidents that they have.
extension SMSC {
    /// Why a message is not taken.
    private struct Refusal: Error {
        /// ESME_RINVMSGLEN and ESME_RINVEXPIRY, which the codec has no names for (SMPP 3.4 §5.1.3).
        static let length = Refusal(status: CommandStatus(rawValue: 0x01))
        static let expiry = Refusal(status: CommandStatus(rawValue: 0x62))

        var status: CommandStatus
    }

    /// Takes a message for a handset, or has an accident with it.
    ///
    /// - Returns: Whether the session goes on.
    func submit(
        _ unit: ShortMessageUnit,
        _ session: SMSCSession,
        _ answer: (PDU.Body, CommandStatus) -> Void
    ) -> Bool {
        // A session that may not submit learns of no fault.
        let fault = session.isBound ? faults.strike(.submit) : nil
        let refusal: CommandStatus? =
            switch fault {
            case .throttle: .throttled
            case .queueFull: .queueFull
            case .reject(let status): CommandStatus(rawValue: status)
            default: nil
            }
        if fault == .drop {
            session.hangUp()
            return false
        }
        let result: Result<Downlink, Refusal> =
            if let refusal { .failure(Refusal(status: refusal)) } else { take(unit, session) }
        switch result {
        case .success(let downlink):
            // The answer first: an ESME does not know the message before, and nor its receipt.
            if fault == .dropAfter { session.hangUp() }
            if fault != .dropAfter, fault != .unanswered { answer(.submitResponse(downlink.messageID), .ok) }
            send(downlink)
            return fault != .dropAfter
        case .failure(let refusal):
            count(\.refused)
            answer(.submitResponse(""), refusal.status)
            return true
        }
    }

    /// Takes a message for a handset, if it is as it must be.
    private func take(_ unit: ShortMessageUnit, _ session: SMSCSession) -> Result<Downlink, Refusal> {
        guard session.isBound else { return .failure(Refusal(status: .invalidBindStatus)) }
        guard unit.userData.count <= Self.longestUserData else { return .failure(.length) }
        guard let validity = ValidityPeriod.duration(unit.validityPeriod) else { return .failure(.expiry) }
        guard !unit.destination.digits.isEmpty else { return .failure(Refusal(status: .invalidDestination)) }
        guard pending.withLock({ $0 < Self.mostPending }) else { return .failure(Refusal(status: .queueFull)) }
        let number = counted.withLock { counts in
            counts.submitted += 1
            return counts.submitted
        }
        let id = String(number, radix: 16)
        return .success(Downlink(messageID: id, unit: unit, end: .now + validity, delay: latency.draw()))
    }

    /// Puts a message on its way to the handset, where it may have an accident.
    private func send(_ downlink: Downlink) {
        switch faults.strike(.down) {
        case .lost: return
        case .reordered: return overtakenDown.withLock { $0.hold(downlink) }
        case .late(_, let time):
            var late = downlink
            late.delay += .milliseconds(time)
            carry(late)
        case .doubled:
            var copy = downlink
            copy.unit.registeredDelivery = 0
            carry(downlink)
            carry(copy)
        default: carry(downlink)
        }
        overtakenDown.withLock { $0.release() }.forEach { carry($0) }
    }

    func carry(_ downlink: Downlink) {
        pending.withLock { $0 += 1 }
        downlinkInput.yield(downlink)
    }

    /// Brings messages to their handsets, whatever becomes of the session that they came by.
    func carry() async {
        await withDiscardingTaskGroup { group in
            for await downlink in downlinks {
                group.addTask { await self.deliver(downlink) }
            }
        }
    }

    /// Brings a message to its handset, again and again while the phone is off and the message is valid.
    private func deliver(_ downlink: Downlink) async {
        defer { pending.withLock { $0 -= 1 } }
        let unit = downlink.unit
        let source = unit.source.digits.isEmpty ? settings.uplinkAddress : unit.source.digits
        let message = ShortMessage(
            source: source,
            destination: String(unit.destination.digits.drop { $0 == "+" }),
            protocolID: unit.protocolID,
            dataCoding: unit.dataCoding,
            hasUserDataHeader: unit.hasUserDataHeader,
            userData: unit.userData
        )
        if downlink.delay > .zero {
            let rest = ContinuousClock.now.duration(to: downlink.end)
            do { try await Task.sleep(for: min(downlink.delay, rest)) } catch { return }
        }
        var pause = Duration.seconds(1)
        while ContinuousClock.now < downlink.end {
            switch await handsets.receive(message, submit: { self.submitted($0) }) {
            case .delivered: return report(.delivered, downlink)
            case .unknownNumber, .undeliverable:
                count(\.undeliverable)
                return report(.undeliverable, downlink)
            case .expired:
                count(\.expired)
                return report(.expired, downlink)
            case .unreachable:
                let rest = ContinuousClock.now.duration(to: downlink.end)
                do { try await Task.sleep(for: min(pause, rest)) } catch { return }
                pause = min(pause * 2, .seconds(10))
            }
        }
        count(\.expired)
        report(.expired, downlink)
    }

    private func report(_ state: DeliveryReceipt.State, _ downlink: Downlink) {
        let receipt = DeliveryReceipt(messageID: downlink.messageID, message: downlink.unit, state: state)
        if receipt.isWanted { send(receipt.unit) }
    }

    func submitted(_ message: ShortMessage) {
        let isShortCode = message.destination.utf8.count < 8
        send(
            ShortMessageUnit(
                source: .international(message.source),
                destination: isShortCode ? .shortCode(message.destination) : .international(message.destination),
                esmClass: message.hasUserDataHeader ? 0x40 : 0,
                protocolID: message.protocolID,
                dataCoding: message.dataCoding,
                shortMessage: message.userData
            )
        )
    }

    /// Puts a message on its way to an ESME, where it may have an accident.
    private func send(_ unit: ShortMessageUnit) {
        switch faults.strike(.up) {
        case .lost: return
        case .reordered: return overtakenUp.withLock { $0.hold(unit) }
        case .late(_, let time): keep(unit, after: .milliseconds(time))
        case .doubled:
            keep(unit)
            keep(unit)
        default: keep(unit)
        }
        overtakenUp.withLock { $0.release() }.forEach { keep($0) }
    }

    func keep(_ unit: ShortMessageUnit, after delay: Duration = .zero) {
        if !outbox.add(unit, after: delay + latency.draw()) { count(\.dropped) }
        pump()
    }
}
