import NIOCore
import NIOPosix
import SMPP
import Simulation
import Testing

/// A tiny client of a message centre: one connection, one unit after another.
final class ESME {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var frames = Frames()
    private var sequence: UInt32 = 0
    private var setAside: [PDU] = []

    private init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// Connects, lets `body` talk, and hangs up without a word.
    static func connected(to port: Int, _ body: (ESME) async throws -> Void) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await body(ESME(inbound, outbound))
        }
    }

    /// The same, bound.
    static func bound(to port: Int, _ body: (ESME) async throws -> Void) async throws {
        try await connected(to: port) { esme in
            #expect(try await esme.ask(.bindTransceiver(Bind(systemID: "home", password: "secret"))).status == .ok)
            try await body(esme)
        }
    }

    func send(_ octets: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: octets))
    }

    func send(_ unit: PDU) async throws {
        try await send(try unit.octets())
    }

    /// Sends a request; the sequence number it got.
    @discardableResult
    func send(_ body: PDU.Body) async throws -> UInt32 {
        sequence += 1
        try await send(PDU(body, sequence: sequence))
        return sequence
    }

    /// Sends a request and waits for its answer; a delivery may come before it and is set aside.
    func ask(_ body: PDU.Body) async throws -> PDU {
        let sequence = try await send(body)
        while true {
            let unit = try #require(try await read())
            if unit.isResponse, unit.sequence == sequence { return unit }
            setAside.append(unit)
        }
    }

    /// The next unit; `nil` when the message centre has hung up.
    func next() async throws -> PDU? {
        setAside.isEmpty ? try await read() : setAside.removeFirst()
    }

    private func read() async throws -> PDU? {
        while true {
            if let frame = try frames.next() { return try PDU(frame) }
            guard let buffer = try await received() else { return nil }
            frames.append(buffer.readableBytesView)
        }
    }

    /// `nil` at the end; a link that was cut while octets were under way ends with a reset.
    private func received() async throws -> ByteBuffer? {
        do { return try await inbound.next(isolation: #isolation) } catch let error as IOError
            where error.errnoCode == ECONNRESET
        { return nil }
    }

    /// The next delivery, acknowledged if `status` is given.
    func delivery(status: CommandStatus? = .ok) async throws -> ShortMessageUnit {
        let unit = try #require(try await next())
        guard case .deliver(let message) = unit.body else {
            throw SMPPError.fieldTooLong("not a delivery: \(unit.body)")
        }
        if let status { try await send(PDU(.deliverResponse, sequence: unit.sequence, status: status)) }
        return message
    }
}
