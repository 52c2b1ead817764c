import AsyncHTTPClient
public import MSSCore
import NIOCore
import NIOHTTP1
import NIOSSL

/// Carries notifications to providers over https: to the address that was looked at, following nobody elsewhere.
///
/// Each has a connection of its own; they are few, and nothing of one provider's is left for another.
public struct NotificationClient: NotificationChannel {
    static let longestAnswer = 65_536
    private static let connectTime = TimeAmount.seconds(5)

    private let lookup: AddressLookup
    private let tls: PerCredential<TLSConfiguration>

    /// - Parameters:
    ///   - trust: PEM of the roots under which providers' servers stand; `nil` for those of the system.
    ///   - credential: What is shown to a provider that asks for a certificate.
    ///   - rules: Where notifications may go.
    /// - Throws: ``TLSMaterialError`` for roots that are none.
    public init(trust: [UInt8]?, showing credential: TLSCredential, rules: AddressRules) throws(TLSMaterialError) {
        var roots: [NIOSSLCertificate]?
        if let trust {
            roots = try? NIOSSLCertificate.fromPEMBytes(trust)
            guard roots?.isEmpty == false else {
                throw TLSMaterialError(part: .trust, reason: "holds no PEM certificate")
            }
        }
        tls = PerCredential(credential) { [roots] in TLSProfile.outward($0, roots: roots) }
        lookup = AddressLookup(rules: rules)
    }

    /// MSS_Notification as its provider gets it, without a signature.
    public static func envelope(_ notification: StatusNotification) -> [UInt8] {
        NotificationCodec.encode(notification)
    }

    public func deliver(
        _ notification: StatusNotification,
        to target: NotificationTarget,
        until deadline: ContinuousClock.Instant
    ) async throws(NotificationFailure) {
        let address = try await lookup.address(of: target.host, until: deadline)
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls.value,
            redirectConfiguration: .disallow,
            timeout: .init(connect: Self.connectTime),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        // The home hands it out again; a target that is not there is told at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        // The certificate is still looked at for the name.
        if address != target.host { configuration.dnsOverride = [target.host: address] }
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let answered: Result<[UInt8], NotificationFailure>
        do {
            answered = .success(try await post(notification, to: target, http, until: deadline))
        } catch { answered = .failure(error) }
        try? await http.shutdown()
        guard NotificationCodec.acknowledges(try answered.get(), notification.transactionID) else {
            throw NotificationFailure(.unacknowledged, "the answer is no MSS_ReceiptReq for the transaction")
        }
    }

    private func post(
        _ notification: StatusNotification,
        to target: NotificationTarget,
        _ http: HTTPClient,
        until deadline: ContinuousClock.Instant
    ) async throws(NotificationFailure) -> [UInt8] {
        var request = HTTPClientRequest(url: target.url)
        request.method = .POST
        request.headers = ["Content-Type": notification.soap.contentType]
        request.body = .bytes(ByteBuffer(bytes: notification.envelope ?? Self.envelope(notification)))
        let answer: HTTPClientResponse
        do { answer = try await http.execute(request, deadline: .now() + TimeAmount(deadline - .now)) } catch {
            throw NotificationFailure(.unreachable, "no answer: \(type(of: error))")
        }
        guard answer.status == .ok else {
            throw NotificationFailure(.unacknowledged, "the answer's HTTP status is \(answer.status.code)")
        }
        do { return Array(try await answer.body.collect(upTo: Self.longestAnswer).readableBytesView) } catch {
            throw NotificationFailure(.unacknowledged, "the answer is too long, or broke off")
        }
    }
}
