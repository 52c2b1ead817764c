import NIOCore
import NIOPosix
import SMPP
import Synchronization

/// A short message service centre: SMPP 3.4 on one side, handsets on the other.
///
/// What handsets send is kept until an ESME has acknowledged it, over lost sessions too; what is for a handset is kept
/// until the handset has it or it is no longer valid. Both live in memory.
public final class SMSC: Sendable {
    /// Sessions at a time.
    static let mostSessions = 8
    /// Messages on their way to handsets.
    static let mostPending = 20_000
    /// TP-UD (3GPP TS 23.040 §9.2.3.24).
    static let longestUserData = 140

    /// A message on its way to a handset.
    struct Downlink: Sendable {
        var messageID: String
        var unit: ShortMessageUnit
        var end: ContinuousClock.Instant
        /// How long it takes to the handset.
        var delay: Duration = .zero
    }

    let settings: Settings
    let handsets: any Handsets
    let outbox = Outbox()
    /// What this message centre does wrong.
    public let faults: FaultPlan
    /// How long a short message takes, either way.
    let latency: LatencySource
    let overtakenDown = Mutex(Overtaken<Downlink>())
    let overtakenUp = Mutex(Overtaken<ShortMessageUnit>())
    private let sessions = Mutex<[SMSCSession]>([])
    private let turn = Mutex((spreads: false, last: 0))
    let pending = Mutex(0)
    let counted = Mutex(Counts())
    let downlinks: AsyncStream<Downlink>
    let downlinkInput: AsyncStream<Downlink>.Continuation

    public init(_ settings: Settings, handsets: any Handsets) {
        self.settings = settings
        self.handsets = handsets
        faults = FaultPlan(seed: settings.seed)
        latency = LatencySource(settings.latency, seed: settings.seed)
        (downlinks, downlinkInput) = AsyncStream.makeStream()
    }

    public var counts: Counts { counted.withLock { $0 } }

    /// Messages of handsets that no ESME has acknowledged, those under way excepted.
    public var waiting: Int { outbox.count }

    /// Serves until it is cancelled, once; `listening` is told the port.
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
        do {
            try await server.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    group.addTask { await self.keepTime() }
                    group.addTask { await self.carry() }
                    for try await connection in connections {
                        group.addTask { await self.serve(connection) }
                    }
                    group.cancelAll()
                }
            }
        } catch is CancellationError {}
    }

    /// Sends again what was not taken, and hangs up on those who say nothing.
    private func keepTime() async {
        while !Task.isCancelled {
            overtakenUp.withLock { $0.releaseOld() }.forEach { keep($0) }
            overtakenDown.withLock { $0.releaseOld() }.forEach { carry($0) }
            let expired = outbox.ripen()
            count(\.expired, expired)
            for session in sessions.withLock({ $0 }) {
                let unanswered = session.unanswered(for: settings.answerTime)
                count(\.sentAgain, unanswered.count)
                outbox.postpone(unanswered)
                guard session.isIdle() else { continue }
                count(\.idle)
                session.hangUp()
            }
            pump()
            do { try await Task.sleep(for: settings.tick) } catch { return }
        }
    }

    /// To the session that was bound first, or, where they are to be spread, to one after the other.
    func pump() {
        let bound = sessions.withLock { $0.filter(\.isBound) }
        guard !bound.isEmpty else { return }
        outbox.pump { entry in
            let first = turn.withLock { turn in
                guard turn.spreads else { return 0 }
                turn.last = (turn.last + 1) % bound.count
                return turn.last
            }
            return (bound[first...] + bound[..<first]).contains { $0.deliver(entry) }
        }
    }

    /// Whether each session gets its share of what handsets send.
    public func spread(_ spreads: Bool) { turn.withLock { $0.spreads = spreads } }

    /// Cuts every session's link, without a word.
    public func cutLinks() {
        for session in sessions.withLock({ $0 }) { session.hangUp() }
    }

    func count(_ what: WritableKeyPath<Counts, Int>, _ number: Int = 1) {
        guard number > 0 else { return }
        counted.withLock { $0[keyPath: what] += number }
    }
}

// MARK: - Sessions

extension SMSC {
    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        let channel = connection.channel
        let session = SMSCSession { channel.close(promise: nil) }
        let hasRoom = sessions.withLock { sessions in
            guard sessions.count < Self.mostSessions else { return false }
            sessions.append(session)
            return true
        }
        if !hasRoom { count(\.turnedAway) }
        try? await connection.executeThenClose { inbound, outbound in
            guard hasRoom else { return }
            await withDiscardingTaskGroup { group in
                group.addTask { await Self.write(session, outbound) }
                await self.read(session, inbound)
                // The writer ends by itself, with the last answer out.
                self.outbox.putBack(session.close())
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

    private func read(_ session: SMSCSession, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async {
        var frames = Frames()
        do {
            for try await buffer in inbound {
                session.heard()
                frames.append(buffer.readableBytesView)
                while let frame = try frames.next() {
                    guard let unit = try? PDU(frame) else {
                        count(\.junk)
                        session.write(
                            PDU(.genericNack, sequence: PDU.sequence(of: frame), status: .invalidCommandLength)
                        )
                        continue
                    }
                    guard take(unit, session) else { return }
                }
                pump()
            }
        } catch is SMPPError {
            count(\.junk)
            session.write(PDU(.genericNack, sequence: 0, status: .invalidCommandLength))
        } catch {
            // The connection is gone: what it had not acknowledged is sent to the next.
        }
    }

    /// - Returns: Whether the session goes on.
    private func take(_ unit: PDU, _ session: SMSCSession) -> Bool {
        func answer(_ body: PDU.Body, _ status: CommandStatus = .ok) {
            session.write(PDU(body, sequence: unit.sequence, status: status))
        }
        switch unit.body {
        case .bindTransceiver(let bind): return self.bind(bind, session, answer)
        case .enquireLink: answer(.enquireLinkResponse)
        case .unbind:
            answer(.unbindResponse)
            return false
        case .submit(let message): return self.submit(message, session, answer)
        case .deliverResponse, .genericNack:
            guard let entry = session.answered(unit.sequence) else { break }
            if unit.body == .deliverResponse, unit.status == .ok {
                count(\.acknowledged)
            } else {
                count(\.sentAgain)
                outbox.postpone([entry])
            }
        default:
            guard !unit.isResponse else { break }
            count(\.junk)
            answer(.genericNack, .invalidCommandID)
        }
        return true
    }

    private func bind(_ bind: Bind, _ session: SMSCSession, _ answer: (PDU.Body, CommandStatus) -> Void) -> Bool {
        guard !session.isBound else {
            answer(.bindTransceiverResponse(""), .alreadyBound)
            return true
        }
        // Both are compared before either is judged.
        let isSystem = Self.isSame(bind.systemID, settings.systemID)
        let isPassword = Self.isSame(bind.password, settings.password)
        guard isSystem, isPassword else {
            count(\.bindsRefused)
            answer(.bindTransceiverResponse(""), isSystem ? .invalidPassword : .invalidSystemID)
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
}
