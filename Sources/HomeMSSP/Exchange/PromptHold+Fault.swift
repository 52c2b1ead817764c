import MSSCore

import struct Foundation.Date

extension PromptHold {
    /// What a provider is told: the whole time, so that asking before it is of no use.
    func fault(at now: Date) -> MSSFault {
        let seconds = max(1, Int(min(until.timeIntervalSince(now), 86_400).rounded(.up)))
        return MSSFault(
            .signatureProcess,
            "\(sentence); ask again in \(seconds) s\(remedy).",
            specifier: specifier,
            retryAfter: seconds
        )
    }

    private var remedy: String { reason == .wrongCode ? "" : ", or with the user's no-spam code" }

    private var sentence: String {
        switch reason {
        case .unanswered: "The user left too many requests of this provider unanswered within an hour"
        case .refused: "The user refused this provider's last request"
        case .wrongCode: "Too many of this provider's no-spam codes for the user were wrong within an hour"
        case .unansweredOfAll: "The user left too many requests unanswered within an hour, this provider's among them"
        }
    }

    private var specifier: Int {
        switch reason {
        case .unanswered: 4061
        case .refused: 4062
        case .unansweredOfAll: 4063
        case .wrongCode: 4064
        }
    }
}

extension MSSFault {
    /// The person's word that somebody else began what their phone asks.
    static let notMe = MSSFault(.userCancel, "The user says: I did not start this.", specifier: 4014)

    var isNotMe: Bool { code == .userCancel && specifier == 4014 }
}
