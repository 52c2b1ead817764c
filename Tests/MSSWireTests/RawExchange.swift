import NIOCore
import NIOSSL

/// A conversation in HTTP/1 as a test spells it, over one connection.
final class RawExchange {
    struct Answer {
        var status: Int
        /// By their names in lower case.
        var headers: [String: String]
        var body: String
    }

    private let channel: any Channel
    private var incoming: AsyncStream<String>.AsyncIterator
    /// What came and was not yet read.
    private var rest = ""

    init(_ port: Int, _ tls: TLSConfiguration) async throws {
        channel = try await RawConnection.open(port, tls: tls)
        let (pieces, source) = AsyncStream<String>.makeStream()
        incoming = pieces.makeAsyncIterator()
        try await channel.pipeline.addHandler(Collector(source)).get()
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// The next answer, with the body that it announces unless it is one to HEAD; `nil` if the connection ends before
    /// it does.
    func answer(hasBody: Bool = true) async -> Answer? {
        var head = rest.firstRange(of: "\r\n\r\n")
        while head == nil {
            guard let piece = await incoming.next(isolation: #isolation) else { return nil }
            rest += piece
            head = rest.firstRange(of: "\r\n\r\n")
        }
        guard let head else { return nil }
        let lines = rest[..<head.lowerBound].split(separator: "\r\n")
        rest = String(rest[head.upperBound...])
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = hasBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
        while rest.utf8.count < length {
            guard let piece = await incoming.next(isolation: #isolation) else { return nil }
            rest += piece
        }
        let body = String(decoding: rest.utf8.prefix(length), as: UTF8.self)
        rest = String(decoding: rest.utf8.dropFirst(length), as: UTF8.self)
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Answer(status: status ?? 0, headers: headers, body: body)
    }

    /// Whether the other side has ended the connection and said nothing more; waits for it.
    func isOver() async -> Bool {
        while let piece = await incoming.next(isolation: #isolation) { rest += piece }
        return rest.isEmpty
    }

    func close() async throws { try? await channel.close() }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let source: AsyncStream<String>.Continuation

        init(_ source: AsyncStream<String>.Continuation) {
            self.source = source
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            source.yield(String(buffer: Self.unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) {
            source.finish()
            context.fireChannelInactive()
        }
    }
}
