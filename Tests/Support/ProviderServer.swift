import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A provider's own server, as notifications find it: TLS and HTTP/1.1 on this machine's loopback.
public final class ProviderServer: Sendable {
    /// What came.
    public struct Request: Sendable {
        public var path: String
        public var body: String
        /// Content-Type.
        public var type = ""

        public var transactionID: String? { between("MSSP_TransID=\"", "\"") }

        /// The text between two others.
        public func between(_ before: String, _ after: String) -> String? {
            guard let start = body.range(of: before)?.upperBound,
                let end = body.range(of: after, range: start..<body.endIndex)?.lowerBound
            else { return nil }
            return String(body[start..<end])
        }
    }

    /// What is answered.
    public struct Answer: Sendable {
        public var status: UInt
        public var headers: [(String, String)]
        public var body: String

        public init(_ status: UInt = 200, headers: [(String, String)] = [], body: String = "") {
            self.status = status
            self.headers = headers
            self.body = body
        }

        /// MSS_ReceiptReq for a transaction.
        public static func receipt(_ id: String) -> Answer {
            Answer(
                body: """
                    <s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><MSS_NotificationResponse>\
                    <m:MSS_ReceiptReq xmlns:m="http://uri.etsi.org/TS102204/v1.1.2#" MajorVersion="1" MinorVersion="1" \
                    MSSP_TransID="\(id)"/></MSS_NotificationResponse></s:Body></s:Envelope>
                    """
            )
        }
    }

    public let port: Int
    private let channel: any Channel
    private let received: Received

    fileprivate final class Received: Sendable {
        let requests = Mutex<[Request]>([])
    }

    /// Everything that came until now.
    public var requests: [Request] { received.requests.withLock { $0 } }

    /// Listens at once.
    ///
    /// - Parameters:
    ///   - certificate: PEM.
    ///   - key: PEM.
    ///   - port: 0 for any that is free.
    ///   - answer: To each request; how many came before it is told.
    /// - Throws: When the certificate or the key is none, or the port is taken.
    public init(
        certificate: [UInt8],
        key: [UInt8],
        port: Int = 0,
        answer: @escaping @Sendable (_ request: Request, _ before: Int) -> Answer
    ) async throws {
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
        )
        let context = try NIOSSLContext(configuration: configuration)
        let received = Received()
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(ProviderHandler(received, answer))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.received = received
        self.port = channel.localAddress?.port ?? 0
    }

    public func close() async { try? await channel.close() }
}

private final class ProviderHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let received: ProviderServer.Received
    private let answer: @Sendable (ProviderServer.Request, Int) -> ProviderServer.Answer
    private var request = ProviderServer.Request(path: "", body: "")

    init(
        _ received: ProviderServer.Received,
        _ answer: @escaping @Sendable (ProviderServer.Request, Int) -> ProviderServer.Answer
    ) {
        self.received = received
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let type = head.headers.first(name: "content-type") ?? ""
            request = ProviderServer.Request(path: head.uri, body: "", type: type)
        case .body(let part): request.body += String(buffer: part)
        case .end:
            let request = request
            let before = received.requests.withLock { requests in
                requests.append(request)
                return requests.count - 1
            }
            let answer = answer(request, before)
            var headers = HTTPHeaders(answer.headers)
            headers.add(name: "content-length", value: String(answer.body.utf8.count))
            let head = HTTPResponseHead(
                version: .http1_1,
                status: .init(statusCode: Int(answer.status)),
                headers: headers
            )
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
