import NIOCore
import NIOPosix
import SMPP
import Synchronization

/// A short message service centre: SMPP 3.4 on one side, handsets on the other.
public final class SMSC: Sendable {
    public struct Settings: Sendable {
        public var host: String
        public var port: Int
        public var systemID: String
        public var password: String

        public init(host: String, port: Int, systemID: String, password: String) {
            self.host = host
            self.port = port
            self.systemID = systemID
            self.password = password
        }
    }

    /// Sessions at a time.
    private static let mostSessions = 8
    /// Messages on their way to handsets.
    private static let mostPending = 20_000

    private let settings: Settings
    private let handsets: any Handsets
    private let outbox = Outbox()
    private let sessions = Mutex<[SMSCSession]>([])
    private let pending = Mutex(0)
    private let messageID = Mutex<UInt64>(0)

    public init(_ settings: Settings, handsets: any Handsets) {
        self.settings = settings
        self.handsets = handsets
    }

    /// Serves until it is cancelled; `listening` is told the port.
    ///
    /// - Throws: ``SimulationError`` if the port cannot be had.
    public func run(listening: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
        let server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
        do {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .bind(host: settings.host, port: settings.port) { channel in
                    channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
                }
        } catch { throw SimulationError("port \(settings.port) of \(settings.host) cannot be had: is it in use?") }
        listening(server.channel.localAddress?.port ?? settings.port)
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { await self.resend() }
                for try await connection in connections {
                    group.addTask { await self.serve(connection) }
                }
            }
        }
    }

    private func resend() async {
        while !Task.isCancelled {
            pump()
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func pump() {
        let bound = sessions.withLock { $0.filter(\.isBound) }
        outbox.pump { entry in bound.contains { $0.deliver(entry) } }
    }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        let session = SMSCSession()
        let hasRoom = sessions.withLock { sessions in
            guard sessions.count < Self.mostSessions else { return false }
            sessions.append(session)
            return true
        }
        try? await connection.executeThenClose { inbound, outbound in
            guard hasRoom else { return }
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await Self.write(session, outbound)
                    connection.channel.close(promise: nil)
                }
                await self.read(session, inbound, &group)
                self.outbox.putBack(session.close())
                group.cancelAll()
            }
        }
        sessions.withLock { $0.removeAll { $0 === session } }
    }

    private static func write(_ session: SMSCSession, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async {
        for await _ in session.writes {
            let octets = session.takeOutput()
            if !octets.isEmpty { try? await outbound.write(ByteBuffer(bytes: octets)) }
        }
        let last = session.takeOutput()
        if !last.isEmpty { try? await outbound.write(ByteBuffer(bytes: last)) }
    }

    private func read(
        _ session: SMSCSession,
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ group: inout DiscardingTaskGroup
    ) async {
        var frames = Frames()
        do {
            for try await buffer in inbound {
                frames.append(buffer.readableBytesView)
                while let frame = try frames.next() {
                    guard let unit = try? PDU(frame) else {
                        session.write(
                            PDU(.genericNack, sequence: PDU.sequence(of: frame), status: .invalidCommandLength)
                        )
                        continue
                    }
                    guard take(unit, session, &group) else { return }
                }
                pump()
            }
        } catch {
            session.write(PDU(.genericNack, sequence: 0, status: .invalidCommandLength))
        }
    }

    /// - Returns: Whether the session goes on.
    private func take(_ unit: PDU, _ session: SMSCSession, _ group: inout DiscardingTaskGroup) -> Bool {
        func answer(_ body: PDU.Body, _ status: CommandStatus = .ok) {
            session.write(PDU(body, sequence: unit.sequence, status: status))
        }
        switch unit.body {
        case .bindTransceiver(let bind): return self.bind(bind, session, answer)
        case .enquireLink: answer(.enquireLinkResponse)
        case .unbind:
            answer(.unbindResponse)
            return false
        case .submit(let message):
            guard session.isBound else {
                answer(.submitResponse(""), .invalidBindStatus)
                return true
            }
            guard begin() else {
                answer(.submitResponse(""), .queueFull)
                return true
            }
            answer(.submitResponse(nextMessageID()))
            group.addTask { await self.deliver(message) }
        case .deliverResponse, .genericNack:
            if let entry = session.answered(unit.sequence), unit.status != .ok { outbox.postpone(entry) }
        case .bindTransceiverResponse, .submitResponse, .enquireLinkResponse, .unbindResponse, .deliver, .other:
            if !unit.isResponse { answer(.genericNack, .invalidCommandID) }
        }
        return true
    }

    private func bind(_ bind: Bind, _ session: SMSCSession, _ answer: (PDU.Body, CommandStatus) -> Void) -> Bool {
        guard !session.isBound else {
            answer(.bindTransceiverResponse(""), .alreadyBound)
            return true
        }
        guard Self.isSame(bind.systemID, settings.systemID) else {
            answer(.bindTransceiverResponse(""), .invalidSystemID)
            return false
        }
        guard Self.isSame(bind.password, settings.password) else {
            answer(.bindTransceiverResponse(""), .invalidPassword)
            return false
        }
        answer(.bindTransceiverResponse("SIMULATOR"), .ok)
        session.bound()
        return true
    }

    /// Compares in a time that does not tell where they differ.
    private static func isSame(_ given: String, _ expected: String) -> Bool {
        given.utf8.count == expected.utf8.count && zip(given.utf8, expected.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func begin() -> Bool {
        pending.withLock { pending in
            guard pending < Self.mostPending else { return false }
            pending += 1
            return true
        }
    }

    private func nextMessageID() -> String {
        String(
            messageID.withLock { id in
                id += 1
                return id
            },
            radix: 16
        )
    }

    /// Brings a message to its handset, again and again while the phone is off and the message is valid.
    private func deliver(_ unit: ShortMessageUnit) async {
        defer { pending.withLock { $0 -= 1 } }
        let message = ShortMessage(
            source: unit.source.digits,
            destination: unit.destination.digits,
            protocolID: unit.protocolID,
            dataCoding: unit.dataCoding,
            hasUserDataHeader: unit.hasUserDataHeader,
            userData: unit.userData
        )
        let end = ContinuousClock.now + Self.validity(unit.validityPeriod)
        var pause = Duration.seconds(1)
        while await handsets.receive(message, submit: { self.submitted($0) }) == .unreachable {
            guard .now + pause < end else { return }
            do { try await Task.sleep(for: pause) } catch { return }
            pause = min(pause * 2, .seconds(10))
        }
    }

    private func submitted(_ message: ShortMessage) {
        outbox.add(
            ShortMessageUnit(
                source: .international(message.source),
                destination: .shortCode(message.destination),
                esmClass: message.hasUserDataHeader ? 0x40 : 0,
                protocolID: message.protocolID,
                dataCoding: message.dataCoding,
                shortMessage: message.userData
            )
        )
        pump()
    }

    /// A relative time of SMPP 3.4 §7.1.1.2, `YYMMDDhhmmss000R`; an hour without one.
    static func validity(_ text: String) -> Duration {
        let digits = text.utf8.map { Int($0) - 0x30 }
        guard text.hasSuffix("R"), digits.count == 16, digits.prefix(12).allSatisfy({ (0...9).contains($0) }) else {
            return .seconds(3600)
        }
        let parts: [Int] = (0..<6).map { (index: Int) -> Int in digits[2 * index] * 10 + digits[2 * index + 1] }
        let hours: Int = parts[2] * 24 + parts[3]
        let minutes: Int = hours * 60 + parts[4]
        return .seconds(minutes * 60 + parts[5])
    }
}
