public import Logging
public import MSSCore
import NIOCore
import NIOPosix
import NIOSSL
public import OTA
import SMPP
import Synchronization

/// The way to cards and back: keeps a session with the SMSC, sends commands, takes answers in.
public final class MessageCentre: Sendable {
    private let settings: SMSCSettings
    private let receive: @Sendable (ResponsePacket, MSISDN) async -> Bool
    private let tally: any Tally
    private let logger: Logger
    private let current = Mutex<Session?>(nil)
    private let references = Mutex(References())
    /// Answers that may be on their way into the store at one time; more are put off.
    private static let mostStoring = 1_000

    /// Takes answers to `receive`, which stores them; its `false` has the message centre keep one and send it again.
    public init(
        settings: SMSCSettings,
        receive: @escaping @Sendable (ResponsePacket, MSISDN) async -> Bool,
        tally: any Tally,
        logger: Logger
    ) {
        self.settings = settings
        self.receive = receive
        self.tally = tally
        self.logger = logger
    }

    /// Whether commands can go out now.
    public var isBound: Bool { current.withLock { $0 }?.isBound ?? false }

    /// Sends all segments of a command; returns when the message centre has taken every one of them.
    ///
    /// - Throws: ``SIMLinkError/notSent(_:)`` if the card certainly does not get it whole;
    ///   ``SIMLinkError/unknownOutcome`` if a segment left and no answer came.
    public func send(
        _ command: consuming SealedCommand,
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) async throws(SIMLinkError) {
        let reference = references.withLock { $0.next(for: msisdn) }
        guard var left = try? command.segments(reference: reference) else {
            throw notSent("the command is too long for the card")
        }
        var pause = Duration.milliseconds(100)
        while true {
            guard let session = current.withLock({ $0 }), session.isBound else {
                throw notSent("no message centre is connected")
            }
            let outcomes = await session.submit(left.map { unit($0, to: msisdn, until: deadline) }, until: deadline)
            left = try again(left, outcomes)
            guard !left.isEmpty else { return }
            tally.count("simlink_submits_throttled")
            let moment = pause * Double.random(in: 0.8...1.2)
            guard .now + moment < deadline else { throw notSent("the message centre is overloaded") }
            do { try await Task.sleep(for: moment) } catch { throw notSent("the caller has gone") }
            pause = min(pause * 2, .seconds(2))
        }
    }

    /// The segments that the message centre asks to send later; throws for everything that cannot become good.
    private func again(_ segments: [[UInt8]], _ outcomes: [SubmitOutcome]) throws(SIMLinkError) -> [[UInt8]] {
        var left: [[UInt8]] = []
        for (segment, outcome) in zip(segments, outcomes) {
            // A card acts on a whole command only: one segment that is certainly missing decides.
            switch outcome {
            case .notSent: throw notSent("the link was lost, or the time was over, before it left")
            case .refused(let status) where status != .throttled && status != .queueFull:
                throw notSent("the message centre refused it: \(status)")
            case .refused: left.append(segment)
            case .accepted, .lost: continue
            }
        }
        guard !outcomes.contains(.lost) else {
            tally.count("simlink_submits_lost")
            throw .unknownOutcome
        }
        return left
    }

    private func notSent(_ reason: String) -> SIMLinkError {
        tally.count("simlink_submits_failed")
        return .notSent(reason)
    }

    private func unit(
        _ segment: [UInt8],
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) -> ShortMessageUnit {
        var unit = ShortMessageUnit(
            source: Address(
                typeOfNumber: settings.sourceTypeOfNumber,
                numberingPlan: settings.sourceNumberingPlan,
                digits: settings.sourceAddress
            ),
            destination: .international(msisdn.digits),
            esmClass: ESMClass.userDataHeader,
            protocolID: settings.protocolID,
            dataCoding: settings.dataCoding,
            shortMessage: segment
        )
        unit.validityPeriod = Self.relativeTime(deadline - .now)
        return unit
    }

    /// A relative time of SMPP 3.4 §7.1.1.2: a prompt must not come after its request is over.
    static func relativeTime(_ duration: Duration) -> String {
        let seconds = max(0, min(86_398, duration.components.seconds)) + 1
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "000000" + parts.joined() + "000R"
    }
}

extension MessageCentre {
    /// Keeps the session until it is cancelled; a lost one is bound anew, with growing pauses.
    public func run() async {
        var pause = Duration.milliseconds(200)
        while !Task.isCancelled {
            let session = Session(settings, tally: tally)
            let wasBound = await serve(session)
            current.withLock { $0 = nil }
            guard !Task.isCancelled else { return }
            logger.warning(
                "no session with the message centre; trying again",
                metadata: ["reason": "\(session.closeReason ?? "it cannot be reached", as: .system)"]
            )
            tally.count("simlink_sessions_lost")
            pause = wasBound ? .milliseconds(200) : min(pause * 2, .seconds(15))
            try? await Task.sleep(for: pause * Double.random(in: 0.8...1.2))
        }
    }

    /// - Returns: Whether the session was bound.
    private func serve(_ session: Session) async -> Bool {
        do {
            let channel = try await connect()
            try await channel.executeThenClose { inbound, outbound in
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        await Self.write(session, outbound)
                        session.leave("the service stops")
                        // What is still to be said, an unbind last, leaves before the connection is closed.
                        channel.channel.writeAndFlush(ByteBuffer(bytes: session.takeOutput()), promise: nil)
                        channel.channel.close(promise: nil)
                    }
                    group.addTask {
                        await Self.tick(session)
                        // A writer that waits for a dead link would never come to close it; a cancelled one does.
                        if !Task.isCancelled { channel.channel.close(promise: nil) }
                    }
                    group.addTask { await self.takeIn(session) }
                    await self.read(session, inbound)
                    session.leave("the connection is gone")
                    group.cancelAll()
                }
            }
        } catch {
            session.close("it cannot be reached")
        }
        return session.wasBound
    }

    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let context = try settings.tls.map { try NIOSSLContext(configuration: $0) }
        let host = settings.host
        // SNI holds names only; without it the certificate has to name the address.
        let name = (try? SocketAddress(ipAddress: host, port: settings.port)) == nil ? host : nil
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: settings.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: name)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }

    private func read(_ session: Session, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async {
        do {
            for try await buffer in inbound {
                session.read(buffer.readableBytesView)
                if session.closeReason != nil { return }
                if session.isBound { install(session) }
            }
        } catch { return }
    }

    private func install(_ session: Session) {
        let isNew = current.withLock { current in
            defer { current = session }
            return current !== session
        }
        guard isNew else { return }
        tally.count("simlink_sessions_bound")
        logger.info("bound to the message centre")
    }

    private static func write(_ session: Session, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async {
        for await _ in session.writes {
            let octets = session.takeOutput()
            guard !octets.isEmpty else { continue }
            do { try await outbound.write(ByteBuffer(bytes: octets)) } catch {
                session.close("the connection broke")
                return
            }
        }
    }

    /// Looks at the clock until the session has ended.
    private static func tick(_ session: Session) async {
        while session.closeReason == nil {
            do { try await Task.sleep(for: .milliseconds(250)) } catch { return }
            session.tick()
        }
        try? await Task.sleep(for: .milliseconds(500))
    }

    /// Takes the uplink in; a slow store holds up its own answer and no other.
    private func takeIn(_ session: Session) async {
        var uplink = Uplink(patience: settings.reassemblyTime, mostPartials: settings.mostPartials)
        var storing = 0
        await withDiscardingTaskGroup { group in
            for await event in session.events {
                switch event {
                case .tick(let now):
                    for sequence in uplink.overdue(now) {
                        tally.count("simlink_parts_overdue")
                        session.acknowledge(sequence, .temporaryApplicationError)
                    }
                case .stored(let answer, let isStored):
                    storing -= 1
                    acknowledge(uplink.stored(answer, isStored, now: .now), isStored, session)
                case .delivered(let sequence, let message):
                    for action in uplink.delivered(sequence, message, now: .now, refused: refused) {
                        switch action {
                        case .acknowledge(let sequences, let status):
                            for sequence in sequences { session.acknowledge(sequence, status) }
                        case .receive(let answer):
                            guard storing < Self.mostStoring else {
                                tally.count("simlink_uplinks", [("outcome", "postponed")])
                                acknowledge(uplink.stored(answer, false, now: .now), false, session)
                                continue
                            }
                            storing += 1
                            group.addTask { await self.store(answer, session) }
                        }
                    }
                }
            }
        }
    }

    private func acknowledge(_ sequences: [UInt32], _ isStored: Bool, _ session: Session) {
        for sequence in sequences { session.acknowledge(sequence, isStored ? .ok : .temporaryApplicationError) }
    }

    private func refused(_ reason: String) {
        tally.count("simlink_uplinks_refused", [("reason", reason)])
        logger.info("a short message is no card's answer", metadata: ["reason": "\(reason, as: .open)"])
    }

    private func store(_ answer: Uplink.Answer, _ session: Session) async {
        let isStored = await receive(answer.packet, answer.msisdn)
        tally.count("simlink_uplinks", [("outcome", isStored ? "stored" : "postponed")])
        session.stored(answer, isStored)
    }
}
