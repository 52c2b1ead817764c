import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@Suite("The evidence of a signature")
struct EvidenceTests {
    @Test("is stored with its end: what was asked in its one form, what the card was sent, when, and what came of it")
    func stored() async throws {
        let stage = try await Stage.withSigner()
        let request = Sample.signature(msisdn: stage.card.msisdn.description)
        let before = Date()
        let answer = try await stage.sign(request)
        let kept = try #require(stage.keeper.all.first)
        #expect(stage.keeper.all.count == 1 && stage.home.evidence(answer.transactionID)?.sealed == answer.signature)
        #expect(kept.octets == answer.signature && kept.status == answer.status && kept.key.certificate == [2])
        #expect(kept.transaction.id.description == answer.transactionID)
        #expect(before <= kept.transaction.asked && kept.transaction.asked <= kept.answered)
        let command = try DownMessage(decoding: try #require(kept.transaction.command))
        guard case .sign(let sign) = command else { throw WrongCommand() }
        #expect(Pages(sign).pages.map(\.text.text) == [Sample.provider.displayName, request.dataToBeSigned.content])
        // Every part of the request, each with its length: a part that is not there is told from an empty one.
        var rest = kept.task.request[...]
        var parts: [String?] = []
        while !rest.isEmpty {
            let count = rest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(8)
            guard count != .max else {
                parts.append(nil)
                continue
            }
            let length = try #require(Int(exactly: count))
            parts.append(String(decoding: rest.prefix(length), as: UTF8.self))
            rest = rest.dropFirst(length)
        }
        #expect(parts.prefix(3) == ["1.1", stage.card.msisdn.description, request.dataToBeSigned.content])
        #expect(parts.contains(request.messagingMode.rawValue) && parts.contains(nil))
    }

    private struct WrongCommand: Error {}

    @Test("does not exist of what is no signature")
    func none() async throws {
        for phone in [Stage.Phone.answers(.userCancelled), .signsWrongly, .cannotBeReached] {
            let stage = try await Stage.withSigner(phone)
            #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } != nil)
            #expect(stage.keeper.all.isEmpty)
        }
    }

    @Test("that cannot be kept has the answer wait: nobody is told, and it ends well once it can be")
    func refused() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        stage.keeper.refuse("the vault is sealed")
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        let id = try await stage.sign(request).transactionID
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature) == false)
        #expect(try await stage.status(id).status == .outstandingTransaction)
        #expect(stage.tally["home_evidence_failures"] == 1 && stage.home.evidence(id) == nil)
        stage.keeper.refuse(nil)
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature))
        #expect(try await stage.status(id).status == .signature)
        #expect(stage.home.evidence(id) != nil)
    }

    @Test("says when the message centre took the command, not when sending it began")
    func taken() async throws {
        let stage = try await Stage.withSigner()
        let sending = Mutex(Date.distantFuture)
        stage.channel.whenSent { _ in sending.withLock { $0 = Date() } }
        try await signLater(stage)
        let sent = try #require(stage.keeper.all.first?.sent)
        #expect(sending.withLock { $0 } <= sent && sent <= (stage.keeper.all.first?.answered ?? .distantPast))
    }

    @Test("does not say when the command was taken if the message centre did not, or not before the answer")
    func unknown() async throws {
        let stage = try await Stage.withSigner()
        stage.channel.whenSent { _ async throws(SIMChannelError) in throw .unknownOutcome }
        try await signLater(stage)
        #expect(stage.keeper.all.count == 1 && stage.keeper.all.first?.sent == nil)
        let quick = try await Stage.withSigner(.signs)
        _ = try await quick.sign()
        #expect(quick.keeper.all.count == 1 && quick.keeper.all.first?.sent == nil)
    }

    /// Has a person sign once the sending is over.
    private func signLater(_ stage: Stage) async throws {
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        _ = try await stage.sign(request)
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature))
    }

    @Test("made by another process than the one that sent the command says nothing of when it was taken")
    func otherProcess() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        _ = try await stage.sign(request)
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature, at: stage.process(2)))
        let kept = try #require(stage.keeper.all.first)
        #expect(kept.sent == nil && !kept.task.request.isEmpty)
    }
}
