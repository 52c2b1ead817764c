import MSSCore
import SMPP

/// A receipt that a message centre gave to another process of the home than the one that sent the command: one line of
/// text, for whatever carries it there.
///
/// As much a hint as the receipt itself, and no more.
public struct ReceiptNotice: Sendable, Equatable {
    let receipt: MessageReceipt
    let msisdn: MSISDN
    /// The message centre's name in the configuration, which all processes share.
    let centre: String

    /// `nil` for a receipt that could decide nothing: of no message, of no number, or of no failure.
    init?(_ receipt: MessageReceipt, to msisdn: MSISDN?, from centre: String) {
        guard receipt.isFinal, receipt.state?.isFailure == true, receipt.messageID != nil, let msisdn
        else { return nil }
        self.receipt = receipt
        self.msisdn = msisdn
        self.centre = centre
    }

    /// Reads what ``text`` wrote; `nil` for anything else.
    public init?(_ text: String) {
        let fields = text.utf8.count <= 512 ? text.split(separator: " ", maxSplits: 4) : []
        guard fields.count == 5, let number = UInt8(fields[0]), let state = MessageState(rawValue: number),
            let msisdn = MSISDN(String(fields[2])), let id = MessageID(fields[3])
        else { return nil }
        let error = fields[1].split(separator: "/").compactMap { UInt16($0) }
        let network = error.first.flatMap { UInt8(exactly: $0) }
        guard fields[1] == "-" || (error.count == 2 && network != nil) else { return nil }
        let receipt = MessageReceipt(
            of: id,
            state: state,
            networkError: network.map { NetworkError(network: $0, code: error[1]) }
        )
        self.init(receipt, to: msisdn, from: String(fields[4]))
    }

    /// State, network error, number, message and message centre, with a blank between them.
    public var text: String {
        let error = receipt.networkError.map { "\($0.network)/\($0.code)" } ?? "-"
        let state = receipt.state.map { "\($0.rawValue)" } ?? "-"
        return "\(state) \(error) \(msisdn) \(receipt.messageID.map(\.description) ?? "-") \(centre)"
    }
}
