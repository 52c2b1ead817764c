import Alauda
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("What a provider may do with a running transaction")
struct WaitingTests {
    private static func begin(_ stage: Stage) async throws -> String {
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        return try await stage.sign(request).transactionID
    }

    private static func status(_ stage: Stage, _ id: String, wait: Int?) async throws(MSSFault) -> StatusResponse {
        let request = StatusRequest(header: Sample.header(), transactionID: id, wait: wait)
        return try await stage.signatures.status(
            request,
            Sample.call(through: Sample.ae, from: Sample.ap, for: .seconds(60))
        )
    }

    @Test("wait for its end: the answer comes within 100 ms of the card's")
    func waits() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let id = try await Self.begin(stage)
        let began = ContinuousClock.now
        async let answer = Self.status(stage, id, wait: 30)
        try await Task.sleep(for: .milliseconds(300))
        let answered = ContinuousClock.now
        await stage.receive(.ok, signature: FakeEvidence.rightSignature)
        #expect(try await answer.status == .signature)
        #expect(.now - answered < .milliseconds(100) && .now - began >= .milliseconds(300))
    }

    @Test("wait in vain: 504 when the seconds are over, and the transaction runs on")
    func inVain() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let id = try await Self.begin(stage)
        let began = ContinuousClock.now
        #expect(try await Self.status(stage, id, wait: 1).status == .outstandingTransaction)
        #expect((.seconds(1)...(.seconds(3))).contains(.now - began))
        #expect(try await Self.status(stage, id, wait: nil).status == .outstandingTransaction)
        await stage.receive(.ok, signature: FakeEvidence.rightSignature)
        #expect(try await Self.status(stage, id, wait: 1).status == .signature)
    }

    @Test("wait from several sides, and for what another process ended")
    func several() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let id = try await Self.begin(stage)
        let other = stage.process(2)
        try await withThrowingTaskGroup(of: Status.self) { group in
            for _ in 0..<5 { group.addTask { try await Self.status(stage, id, wait: 30).status } }
            try await Task.sleep(for: .milliseconds(200))
            await stage.receive(.ok, signature: FakeEvidence.rightSignature, at: other)
            // News of other processes come by the exchange's own ear.
            let ear = Task { await stage.exchange.run() }
            for try await status in group { #expect(status == .signature) }
            ear.cancel()
        }
    }

    @Test("take it back: a signature that comes nevertheless is destroyed")
    func cancelled() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let id = try await Self.begin(stage)
        let request = CancelRequest(header: Sample.header(), transactionID: id)
        let call = Sample.call(through: Sample.ae, from: Sample.ap)
        let foreign = Sample.call(through: Sample.ae, from: Stage.otherAP)
        var theirs = request
        theirs.header = Sample.header(ap: Stage.otherProvider.id)
        #expect(
            await fault { () async throws(MSSFault) in _ = try await stage.signatures.cancel(theirs, foreign) } == "101"
        )
        async let waiting = fault { () async throws(MSSFault) in _ = try await Self.status(stage, id, wait: 30) }
        try await Task.sleep(for: .milliseconds(100))
        _ = try await stage.signatures.cancel(request, call)
        #expect(await waiting == "406")
        await stage.receive(.ok, signature: FakeEvidence.rightSignature)
        #expect(await fault { () async throws(MSSFault) in _ = try await Self.status(stage, id, wait: nil) } == "406")
        #expect(stage.tally["home_late_signatures"] == 1)
        // Once it has ended there is nothing to take back.
        #expect(
            await fault { () async throws(MSSFault) in _ = try await stage.signatures.cancel(request, call) } == "101"
        )
    }

    @Test("ask whether a text fits: what fits is taken, and what does not is named")
    func fits() async throws {
        let stage = try await Stage.withSigner()
        let call = Sample.call(through: Sample.ae, from: Sample.ap)
        func fit(_ text: String, _ format: String? = nil) async throws(MSSFault) -> FitResponse.Fit {
            try await stage.signatures.fit(FitRequest(header: Sample.header(), text: text, format: format), call).fit
        }
        let short = try await fit("Sign this")
        #expect(short.fits && short.charset == .gsm && short.segments == 1 && short.offender == nil)
        let longest = String(repeating: "a", count: "Sign this".count + short.charactersLeft)
        #expect(try await fit(longest).charactersLeft == 0)
        #expect(try await fit(longest).fits)
        let over = try await fit(longest + "a")
        #expect(!over.fits && over.charactersLeft == -1)
        #expect(try await fit("Привет").charset == .ucs2)
        let hidden = try await fit("ab\u{202E}c")
        #expect(!hidden.fits && hidden.offender == FitResponse.Offender(codePoints: "U+202E", position: 3))
        #expect(
            await fault { () async throws(MSSFault) in _ = try await fit("x", "urn:mssp:format:1#ades") } == "101/1017"
        )
        #expect(stage.vault.lastMessage == nil)
    }
}
