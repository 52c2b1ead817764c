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
    /// The octets signed: the text as it was sent, in UTF-8; or the digest that was brought.
    var content: [UInt8]
    var manner = SigningManner.text
    /// HASH: what the card signs in the place of what it shows.
    var digest: [UInt8]?
    /// When the answer stops being of use, on the clock that waits and on the one that is stored.
    var deadline: ContinuousClock.Instant
    var deadlineDate: Date

    /// What the card is told: show the heading and the text, then sign the text's UTF-8 with signed attributes (CMS-A),
    /// or the digest of what it does not show.
    func command(_ transaction: WPKITransaction) -> DownMessage {
        .sign(
            SignCommand(
                transaction: transaction,
                key: key.reference,
                algorithm: key.algorithm,
                head: heading,
                text: text,
                form: digest == nil ? [.signedAttributes, .utf8] : [],
                timeLimit: timeLimit,
                digests: digest.map { [$0] } ?? []
            )
        )
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

    static let formats: Set<String> = [
        "http://uri.etsi.org/TS102204/v1.1.2#PKCS7", "http://uri.etsi.org/TS102204/v1.1.2#CMS-Signature",
    ]
    /// Services that only inform: a client that sends them is served without them.
    static let ignoredServices: Set<String> = [
        "http://mss.ficom.fi/TS102204/v1.0.0#userLang", "http://mid.swisscom.ch/as#subscriberInfo",
    ]

    static func check(_ request: SignatureRequest) throws(MSSFault) {
        guard request.messagingMode != .asynchServerServer else {
            throw MSSFault(
                .wrongParam,
                "MessagingMode asynchServerServer is not offered; use synch or asynchClientServer.",
                specifier: 1013
            )
        }
        if let format = request.format, !formats.contains(format) {
            throw MSSFault(.wrongParam, "MSS_Format is not offered; use #PKCS7 or #CMS-Signature.", specifier: 1017)
        }
        for service in request.additionalServices
        where service.uri != AdditionalService.validate && !ignoredServices.contains(service.uri) {
            throw MSSFault(.wrongParam, "AdditionalServices names a service that is not offered.", specifier: 1014)
        }
    }

    /// The text as the card will show it; it is refused rather than changed.
    static func text(_ data: DataToBeSigned, for provider: ApplicationProvider) throws(MSSFault) -> CardText {
        let text = try ShownText.check(try plain(data, "DataToBeSigned"), for: provider)
        try SigningRules.check(.utf8(Array(data.content.utf8)), form: .standard)
        return text
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
