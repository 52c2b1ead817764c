import MSSCore
import OTA
import SMPP

/// What a message that a message centre delivers is to the home.
enum Uplink: Equatable {
    /// A whole answer of a card, in one message.
    case answer(ResponsePacket, MSISDN)
    case part(AnswerPart)
    /// What became of a message of ours, and to whom it went.
    case receipt(MessageReceipt, MSISDN?)
    /// Of no use, for a constant reason; `nil` where that is as it should be.
    case nothing(String?)

    init(_ message: ShortMessageUnit) {
        if let receipt = MessageReceipt(message) {
            self = .receipt(receipt, MSISDN(message.source.digits))
        } else if message.isReceipt {
            self = .nothing(nil)
        } else if let msisdn = MSISDN(message.source.digits), let userData = UserData(of: message) {
            self = Self.answer(userData, msisdn)
        } else {
            self = .nothing("no_answer_of_a_card")
        }
    }

    private static func answer(_ userData: UserData, _ msisdn: MSISDN) -> Uplink {
        guard let part = userData.part else {
            let packet = packet(userData.packetIdentifier, userData.octets)
            return packet.map { .answer($0, msisdn) } ?? .nothing("no_response_packet")
        }
        guard userData.octets.count <= AnswerPart.longest else { return .nothing("no_answer_of_a_card") }
        return .part(
            AnswerPart(
                source: msisdn,
                reference: part.reference,
                total: part.total,
                index: part.index,
                identifier: userData.packetIdentifier,
                octets: userData.octets
            )
        )
    }

    private static func packet(_ identifier: UInt8?, _ octets: [UInt8]) -> ResponsePacket? {
        identifier == Segmentation.response ? try? ResponsePacket(octets) : nil
    }
}

extension Uplink {
    /// What the stored parts of an answer make.
    enum Assembly: Equatable {
        case incomplete
        case whole(ResponsePacket)
        /// All parts are there, and together they are no response packet.
        case malformed
    }

    /// Puts the stored parts of an answer together.
    static func assemble(_ parts: [AnswerPart]) -> Assembly {
        guard let total = parts.first?.total, parts.allSatisfy({ $0.total == total }) else { return .incomplete }
        let byIndex = Dictionary(parts.map { ($0.index, $0) }) { first, _ in first }
        let ordered = (1...max(1, total)).compactMap { byIndex[$0] }
        guard ordered.count == total else { return .incomplete }
        let identifier = ordered.compactMap(\.identifier).last
        return packet(identifier, ordered.flatMap(\.octets)).map { .whole($0) } ?? .malformed
    }
}

extension UserData {
    /// The user data of a handset's message with its header, wherever the message centre put either.
    ///
    /// `nil` if it has no header, and so is no packet. A message centre that speaks of parts by sar_* parameters
    /// (SMPP 3.4 §5.3.2.22–24) has taken the concatenation out of the header: it is put back. A response's header is
    /// read without UDHI too, since a card cannot ask for the bit in a delivery report (3GPP TS 31.115 §4).
    init?(of message: ShortMessageUnit) {
        let octets = message.userData
        let isMarked = message.hasUserDataHeader || octets.starts(with: [2, Segmentation.response, 0])
        guard let concatenation = Self.concatenation(message) else {
            guard isMarked, let userData = try? UserData(octets) else { return nil }
            self = userData
            return
        }
        var header: ArraySlice<UInt8> = []
        var rest = octets[...]
        if isMarked {
            guard let length = rest.popFirst().map({ Int($0) }), length <= rest.count else { return nil }
            header = rest.prefix(length)
            rest = rest.dropFirst(length)
        }
        guard header.count + concatenation.count <= 255 else { return nil }
        let whole = [UInt8(header.count + concatenation.count)] + concatenation + header + rest
        guard let userData = try? UserData(whole) else { return nil }
        self = userData
    }

    private static func concatenation(_ message: ShortMessageUnit) -> [UInt8]? {
        let parameters = message.parameters
        guard let reference = parameters.value(of: OptionalParameter.sarReference, length: 2),
            let total = parameters.value(of: OptionalParameter.sarTotalSegments, length: 1),
            let index = parameters.value(of: OptionalParameter.sarSegment, length: 1)
        else { return nil }
        return [8, 4] + reference + total + index
    }
}
