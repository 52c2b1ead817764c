import AsyncHTTPClient
import MSSCore
import MSSTestSupport
import NIOCore
import NIOHTTP1
import Testing

@testable import MSSWire

@Suite("A call at the listener")
struct ServerCallTests {
    private let pki: WirePKI

    init() throws {
        pki = try WirePKI()
    }

    private func caller(_ identity: PeerIdentity, under authority: TestAuthority) throws -> PlainCaller {
        let credential = try authority.issue(uris: [identity.uri], for: [.client])
        return try PlainCaller(try credential.material(trusting: pki.mesh), trusting: pki.mesh)
    }

    @Test("at the edge nobody's word counts on origin, time and trace")
    func edgeIgnoresMeshHeader() async throws {
        let edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        let trace = TraceID.random()
        let envelope = PlainCaller.envelope(origin: Sample.me, remaining: .seconds(1), trace: trace)
        let ap = try caller(Sample.ap, under: pki.providers)
        let answer = try await edge.run { try await ap.post($0, .signature, envelope) }
        #expect(answer.status == 200)
        let call = try #require(edge.service.calls.first)
        #expect(call.peer == Sample.ap)
        #expect(call.origin == nil)
        #expect(call.trace != trace)
        #expect(call.deadline > .now + .seconds(60))
    }

    @Test("faults have a second level for callers that want it, at the edge alone", arguments: [true, false])
    func twoLevels(_ wanted: Bool) async throws {
        let service = ScriptedService { _, _ throws(MSSFault) in throw MSSFault(.userCancel, specifier: 4011) }
        for profile in [TLSProfile.edge, .mesh] {
            let authority = profile == .edge ? pki.providers : pki.mesh
            var listener = ServerFixture(profile, try pki.listener(trusting: authority), service)
            listener.settings.hasTwoLevels = { $0 == Sample.ap && wanted }
            let ap = try caller(Sample.ap, under: authority)
            let text = try await listener.run { try await ap.post($0, .signature).text }
            #expect(text.contains("fi:_4011") == (wanted && profile == .edge), "\(text)")
        }
    }

    @Test("inside the mesh origin, time and trace are taken over, the time up to the listener's longest")
    func meshHeader() async throws {
        var home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        home.settings.limits.callTime = .seconds(30)
        let trace = TraceID.random()
        let ae = try caller(Sample.ae, under: pki.mesh)
        let short = PlainCaller.envelope(origin: Sample.ap, remaining: .seconds(20), trace: trace)
        let long = PlainCaller.envelope(origin: nil, remaining: .seconds(3000))
        try await home.run { port in
            _ = try await ae.post(port, .signature, short)
            _ = try await ae.post(port, .signature, long)
        }
        let calls = home.service.calls
        #expect(calls.map(\.peer) == [Sample.ae, Sample.ae])
        #expect(calls.map(\.origin) == [Sample.ap, nil])
        #expect(calls.first?.trace == trace)
        #expect(calls.allSatisfy { $0.deadline < .now + .seconds(30) })
    }

    @Test("a service that overruns its deadline is cancelled, and the caller gets 208")
    func overrun() async throws {
        let service = ScriptedService { request, _ throws(MSSFault) in
            do { try await Task.sleep(for: .seconds(60)) } catch { throw MSSFault(.internalError) }
            return ScriptedService.signed(request)
        }
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers), service)
        edge.settings.limits.callTime = .milliseconds(100)
        edge.settings.limits.overtime = .milliseconds(100)
        let ap = try caller(Sample.ap, under: pki.providers)
        let answer = try await edge.run { try await ap.post($0) }
        #expect(answer.status == 500)
        #expect(answer.text.contains("mss:_208"))
        #expect(edge.tally.count(of: "wire_calls_overrun") == 1)
    }

    @Test("a caller that goes away has its call cancelled")
    func disconnect() async throws {
        let (begun, began) = AsyncStream<Void>.makeStream()
        let (cancelled, ended) = AsyncStream<Bool>.makeStream()
        let service = ScriptedService { request, _ throws(MSSFault) in
            began.yield()
            try? await Task.sleep(for: .seconds(60))
            ended.yield(Task.isCancelled)
            return ScriptedService.signed(request)
        }
        let edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers), service)
        let ap = try caller(Sample.ap, under: pki.providers)
        try await edge.run { port in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await ap.post(port) }
                for await _ in begun { break }
                group.cancelAll()
            }
            var outcome = cancelled.makeAsyncIterator()
            #expect(await outcome.next() == true)
        }
        #expect(edge.tally.count(of: "wire_callers_gone") == 1)
    }

    @Test("one that was gone before its call began has it ended at once, and is counted once")
    func goneBefore() {
        let connection = WireConnection()
        let tally = RecordedTally()
        let note = { tally.count("gone") }
        connection.callerHasGone(note)
        #expect(tally.count(of: "gone") == 0)
        connection.begin({ tally.count("ended") }, note: note)
        connection.callerHasGone(note)
        #expect(tally.count(of: "gone") == 1)
        #expect(tally.count(of: "ended") == 1)
    }

    @Test("a listener that is asked to stop takes nobody new and lets running calls end")
    func gracefulStop() async throws {
        let (begun, began) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let service = ScriptedService { request, _ in
            began.yield()
            for await _ in released { break }
            return ScriptedService.signed(request)
        }
        let edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers), service)
        let ap = try caller(Sample.ap, under: pki.providers)
        try await edge.runStoppable { port, stop in
            async let first = ap.post(port)
            for await _ in begun { break }
            await stop()
            // The listener is closed in a task of its own.
            while (try? await RawConnection.open(port, tls: nil).close()) != nil { await Task.yield() }
            release.yield()
            let answer = try await first
            #expect(answer.status == 200)
        }
    }

    @Test("the SIM side's time is told only where it is configured")
    func timing() async throws {
        let ap = try caller(Sample.ap, under: pki.providers)
        for exposes in [false, true] {
            var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
            edge.settings.exposesTiming = exposes
            let answer = try await edge.run { try await ap.post($0) }
            #expect(answer.headers.first(name: "Server-Timing") == (exposes ? "sim;dur=1500.000" : nil))
        }
    }

    @Test("its time is read back as it was written, and nothing else is read")
    func timingText() {
        for microseconds in [0, 1, 999, 1000, 1_234_567, 86_399_999_999] {
            let time = Duration.microseconds(microseconds)
            #expect(ServerTiming.duration(ServerTiming.text(time)) == time)
        }
        for text in [
            "", "sim;dur=", "sim;dur=x", "sim;dur=-1", "sim;dur=nan", "sim;dur=inf", "sim;dur=1e300", "db;dur=1",
        ] {
            #expect(ServerTiming.duration(text) == nil)
        }
    }

    @Test("nothing of a person, of a text or of a password is logged, and every value has its class")
    func logs() async throws {
        let text = "Pay 4711 to Aino"
        let service = ScriptedService { request, _ throws(MSSFault) in
            guard request.messagingMode == .synch else { throw MSSFault(.unknownClient, cause: "the store said no") }
            return ScriptedService.signed(request)
        }
        let edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers), service)
        let ap = try caller(Sample.ap, under: pki.providers)
        let stranger = try PlainCaller(nil, trusting: pki.mesh)
        func envelope(_ mode: MessagingMode) -> [UInt8] {
            let plain = PlainCaller.envelope(Sample.signature(text, mode: mode))
            return Array(
                String(decoding: plain, as: UTF8.self).replacing("AP_PWD=\"\"", with: "AP_PWD=\"hunter2\"").utf8
            )
        }
        let answers = try await edge.run { port in
            _ = try? await stranger.post(port)
            return [
                try await ap.post(port, .signature, envelope(.synch)),
                try await ap.post(port, .signature, envelope(.asynchClientServer)),
                try await ap.post(port, .signature, Array(envelope(.synch).dropLast(40))),
                try await ap.post(port, .status, envelope(.synch)),
            ]
        }
        #expect(answers.map(\.status) == [200, 500, 500, 500])
        let log = edge.log.lines.joined(separator: "\n")
        for secret in ["401234567", "4711", "Aino", "hunter2", "unclassified"] { #expect(!log.contains(secret)) }
        #expect(log.contains("outcome=ok#open"))
        #expect(log.contains("peer=\(Sample.ap.uri)#applicationProvider"))
        #expect(log.contains("cause=the store said no#system"))
        #expect(edge.log.lines.count == 4)
        #expect(edge.tally.count(of: "wire_requests{operation=MSS_Signature,outcome=ok}") == 1)
        #expect(edge.tally.count(of: "wire_requests{operation=MSS_Signature,outcome=105}") == 1)
        #expect(edge.tally.count(of: "wire_requests{operation=MSS_Signature,outcome=101}") == 1)
        #expect(edge.tally.count(of: "wire_request{operation=MSS_Signature}") == 3)
    }
}
