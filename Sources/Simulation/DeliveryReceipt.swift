import Foundation
import SMPP

/// What became of a message, told to the ESME that asked (SMPP 3.4 §5.2.17, §5.2.28, appendix B).
struct DeliveryReceipt {
    /// message_state and the word that stands for it in the text.
    enum State: UInt8 {
        case delivered = 2
        case expired = 3
        case undeliverable = 5

        var word: String {
            switch self {
            case .delivered: "DELIVRD"
            case .expired: "EXPIRED"
            case .undeliverable: "UNDELIV"
            }
        }
    }

    var messageID: String
    var message: ShortMessageUnit
    var state: State

    /// Whether the sender wants to hear of it: always, or of failures alone.
    var isWanted: Bool {
        switch message.registeredDelivery & 0x03 {
        case 1: true
        case 2: state != .delivered
        default: false
        }
    }

    var unit: ShortMessageUnit {
        let delivered = state == .delivered ? "001" : "000"
        let date = Self.date()
        let text =
            "id:\(messageID) sub:001 dlvrd:\(delivered) submit date:\(date) done date:\(date) "
            + "stat:\(state.word) err:000 text:"
        var unit = ShortMessageUnit(
            source: message.destination,
            destination: message.source,
            esmClass: 0x04,
            protocolID: 0,
            dataCoding: 0,
            shortMessage: Array(text.utf8)
        )
        unit.parameters = [
            OptionalParameter(tag: OptionalParameter.receiptedMessageID, value: Array(messageID.utf8) + [0]),
            OptionalParameter(tag: OptionalParameter.messageState, value: [state.rawValue]),
        ]
        return unit
    }

    /// YYMMDDhhmm in UTC.
    private static func date() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        return [parts.tm_year % 100, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined()
    }
}
