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
    private let references = Mutex<UInt8>(UInt8.random(in: 0...255))

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
        let reference = references.withLock { reference in
            reference &+= 1
            return reference
        }
        guard let segments = try? command.segments(reference: reference) else {
            throw .notSent("the command is too long for the card")
        }
        var left = segments.map { unit($0, to: msisdn, until: deadline) }
        var pause = Duration.milliseconds(100)
        while true {
            guard let session = current.withLock({ $0 }), session.isBound else {
                throw .notSent("no message centre is connected")
            }
            let outcomes = await session.submit(left, until: deadline)
            left = try await again(left, outcomes)
            guard !left.isEmpty else { return }
            tally.count("simlink_throttled")
            guard .now + pause < deadline else { throw .notSent("the message centre is overloaded") }
            do { try await Task.sleep(for: pause) } catch { throw .notSent("the caller has gone") }
            pause = min(pause * 2, .seconds(2))
        }
    }

    /// The messages that the message centre asks to send later; throws for everything that cannot become good.
    private func again(
        _ units: [ShortMessageUnit],
        _ outcomes: [SubmitOutcome]
    ) async throws(SIMLinkError) -> [ShortMessageUnit] {
        if outcomes.contains(.lost) {
            tally.count("simlink_submits_lost")
            throw .unknownOutcome
        }
        if outcomes.contains(.notSent) { throw .notSent("the link was lost, or the time was over, before it left") }
        var left: [ShortMessageUnit] = []
        for (unit, outcome) in zip(units, outcomes) {
            guard case .refused(let status) = outcome else { continue }
            guard status == .throttled || status == .queueFull else {
                tally.count("simlink_submits_refused")
                throw .notSent("the message centre refused it: \(status)")
            }
            left.append(unit)
        }
        return left
    }

    private func unit(
        _ segment: [UInt8],
        to msisdn: MSISDN,
        until deadline: ContinuousClock.Instant
    ) -> ShortMessageUnit {
        var unit = ShortMessageUnit(
            source: .shortCode(settings.sourceAddress),
            destination: .international(msisdn.digits),
            esmClass: 0x40,
            protocolID: settings.protocolID,
            dataCoding: settings.dataCoding,
            shortMessage: segment
        )
        unit.validityPeriod = Self.relativeTime(deadline - .now)
        return unit
    }

    /// A relative time of SMPP 3.4 §7.1.1.2: a prompt must not come after its request is over.
    static func relativeTime(_ duration: Duration) -> String {
        let seconds = max(1, min(86_399, duration.components.seconds + 1))
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "000000" + parts.joined() + "000R"
    }
}

extension MessageCentre {
    /// Keeps the session until it is cancelled; a lost one is bound anew, with growing pauses.
    public func run() async {
        var pause = Duration.milliseconds(200)
        while !Task.isCancelled {
            let session = Session(settings)
            let wasBound = await serve(session)
            current.withLock { $0 = nil }
            guard !Task.isCancelled else { return }
            tally.count("simlink_sessions_lost")
            logger.warning(
                "no session with the message centre; trying again",
                metadata: ["reason": "\(session.closeReason ?? "it cannot be reached", as: .system)"]
            )
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
                        // What is still to be said, the unbind last, leaves before the connection is closed.
                        let last = session.takeOutput() + Self.unbind
                        channel.channel.writeAndFlush(ByteBuffer(bytes: last), promise: nil)
                        channel.channel.close(promise: nil)
                    }
                    group.addTask { await Self.tick(session) }
                    group.addTask { await self.takeIn(session) }
                    await self.read(session, inbound)
                    session.close("the connection is gone")
                    group.cancelAll()
                }
            }
        } catch {
            session.close("it cannot be reached")
        }
        return current.withLock { $0 } === session
    }

    private static let unbind = (try? PDU(.unbind, sequence: 0x7FFF_FFFF).octets()) ?? []

    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let context = try settings.tls.map { try NIOSSLContext(configuration: $0) }
        let host = settings.host
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: settings.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: host)
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
        if isNew { logger.info("bound to the message centre") }
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

    private static func tick(_ session: Session) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            session.tick()
        }
    }

    /// Takes the uplink in; a slow store holds up its own answer and no other.
    private func takeIn(_ session: Session) async {
        var uplink = Uplink(patience: settings.reassemblyTime)
        await withDiscardingTaskGroup { group in
            for await event in session.events {
                switch event {
                case .tick(let now):
                    for sequence in uplink.overdue(now) {
                        tally.count("simlink_parts_overdue")
                        session.acknowledge(sequence, .temporaryApplicationError)
                    }
                case .delivered(let sequence, let message):
                    let action = uplink.delivered(sequence, message, now: .now) { reason in
                        tally.count("simlink_uplinks_refused", [("reason", reason)])
                        logger.info("a short message is no card's answer", metadata: ["reason": "\(reason, as: .open)"])
                    }
                    switch action {
                    case .acknowledge(let sequences, let status):
                        for sequence in sequences { session.acknowledge(sequence, status) }
                    case .receive(let packet, let msisdn, let sequences):
                        group.addTask { await self.store(packet, msisdn, sequences, session) }
                    }
                }
            }
        }
    }

    private func store(
        _ packet: ResponsePacket,
        _ msisdn: MSISDN,
        _ sequences: [UInt32],
        _ session: Session
    ) async {
        let isStored = await receive(packet, msisdn)
        tally.count("simlink_uplinks", [("outcome", isStored ? "stored" : "postponed")])
        for sequence in sequences { session.acknowledge(sequence, isStored ? .ok : .temporaryApplicationError) }
    }
}
