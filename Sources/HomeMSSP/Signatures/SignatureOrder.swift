import Alauda
import MSSCore

import struct Foundation.Date

/// A signature request that was found servable: who is asked, to sign what, until when.
struct SignatureOrder {
    var subscriber: Subscriber
    var key: SubscriberKey
    var provider: ApplicationProvider
    var text: CardText
    var heading: CardText
    /// The octets signed: the text as it was sent, in UTF-8 or the GSM alphabet; or the digest that was brought.
    var content: [UInt8]
    var manner = SigningManner.text
    /// HASH: what the card signs in the place of what it shows.
    var digests: [[UInt8]] = []
    /// Of several documents each, the message's own first.
    var documents: [TaskDocument] = []
    /// When the answer stops being of use, on the clock that waits and on the one that is stored.
    var deadline: ContinuousClock.Instant
    var deadlineDate: Date
    var answered: AnsweredServices = []
    var person: PersonQuestion?
    /// Whether the request had the person's no-spam code.
    var isExpected = false

    /// What the card is told: show the heading and the text, then sign the text's UTF-8 or the octets that it is shown by,
    /// by themselves or with signed attributes, or the digest of what it does not show.
    func command(_ transaction: WPKITransaction) -> DownMessage {
        // Attributes of a digest that is given are in it.
        let added = digests.isEmpty ? manner.form.attributes : nil
        return .sign(
            SignCommand(
                transaction: transaction,
                key: key.reference,
                algorithm: key.algorithm,
                head: heading,
                text: text,
                form: form,
                mid: added.flatMap { $0.mid.isEmpty ? nil : $0.mid },
                extra: added.flatMap { $0.extra.isEmpty ? nil : $0.extra },
                timeLimit: timeLimit,
                digests: digests
            )
        )
    }

    private var form: SignatureForm {
        guard digests.isEmpty else { return [] }
        var form: SignatureForm = manner.form.attributes == nil ? [] : [.signedAttributes]
        if manner.kind == .utf8 { form.insert(.utf8) }
        return form
    }

    /// TMO in units of ten seconds, rounded up: the prompt goes from the phone when nobody waits for it any more.
    private var timeLimit: UInt8 {
        let seconds = max(1, (deadline - .now).components.seconds + 1)
        return UInt8(clamping: (seconds + 9) / 10)
    }
}

/// The checks of a request that need no storage (mss-protocol: who detects what, home's part).
enum RequestRules {
    /// How long a request lives if it names no time, and at most.
    static let defaultTime: Duration = .seconds(300)

    /// What MSS_Format asks for; where it leaves that open the first kind of the provider's entry, and for a digest the
    /// one that has no content.
    static func kind(
        _ request: SignatureRequest,
        for provider: ApplicationProvider
    ) throws(MSSFault) -> SignatureKind {
        try kind(request.format, bringsDigest: request.bringsDigest, for: provider)
    }

    static func kind(
        _ format: String?,
        bringsDigest: Bool,
        for provider: ApplicationProvider
    ) throws(MSSFault) -> SignatureKind {
        guard let format, !SignatureKind.anyCMS.contains(format) else {
            return bringsDigest ? .cmsDetached : provider.signatures.first ?? .cms
        }
        guard let kind = SignatureKind(format: format) else {
            throw MSSFault(.wrongParam, "MSS_Format is not offered; use #PKCS7 or #CMS-Signature.", specifier: 1017)
        }
        try provider.check(format: format)
        guard !(bringsDigest && kind.isAdvanced) else {
            throw MSSFault(
                .wrongParam,
                "MSS_Format asks for \(kind.rawValue), which is not made of a digest; use #PKCS7 or cms-detached.",
                specifier: 1017
            )
        }
        return kind
    }

    /// - Throws: 101/1017 where a document's format wants RSASSA-PSS of a key that makes no such signature.
    static func check(formatsOf request: SignatureRequest, for key: SubscriberKey) throws(MSSFault) {
        let formats = [request.format] + request.furtherDocuments.map(\.format)
        guard key.algorithm == .rsaPSS || !formats.contains(SignatureKind.pssFormat) else {
            throw MSSFault(
                .wrongParam,
                "MSS_Format asks for RSASSA-PSS, and the user's key is of another algorithm; leave #rsa-pss out.",
                specifier: 1017
            )
        }
    }

    /// The text as the card will show it; it is refused rather than changed.
    static func text(
        _ data: DataToBeSigned,
        for provider: ApplicationProvider,
        as kind: SignatureKind
    ) throws(MSSFault) -> CardText {
        let added = kind.longestAttributes
        let text = try ShownText.check(try plain(data, "DataToBeSigned"), for: provider, adding: added)
        let content = Self.content(of: text, data, for: provider)
        try SigningRules.check(content, form: kind.manner(adding: added).form)
        return text
    }

    /// What is signed of a text that is shown: its UTF-8, or the octets of the phone's alphabet where the provider's rules
    /// have those.
    static func content(
        of text: CardText,
        _ data: DataToBeSigned,
        for provider: ApplicationProvider
    ) -> SigningContent {
        provider.rules.signsGSM ? .gsm(text.octets) : .utf8(Array(data.content.utf8))
    }

    /// Text in UTF-8, under its element's name.
    static func plain(_ data: DataToBeSigned, _ name: String) throws(MSSFault) -> String {
        guard data.mimeType.map({ $0.lowercased() == "text/plain" }) ?? true,
            data.encoding.map({ $0.uppercased() == "UTF-8" }) ?? true
        else {
            throw MSSFault(
                .inappropriateData,
                "\(name) must be MimeType text/plain with Encoding UTF-8.",
                specifier: 1016
            )
        }
        return data.content
    }

    /// How long the request lives: TimeOut, ValidityDate and the caller's own patience, whichever ends first.
    static func time(_ request: SignatureRequest, now: Date, patience: Duration) throws(MSSFault) -> Duration {
        var time = min(request.timeOut.map { Duration.seconds(min($0, 86_400)) } ?? defaultTime, defaultTime)
        if let date = request.validityDate {
            time = min(time, .seconds(date.timeIntervalSince(now)))
        }
        time = min(time, patience)
        guard time > .zero else {
            throw MSSFault(.expiredTransaction, "The request's time was over when it came.", specifier: 2081)
        }
        return time
    }
}
