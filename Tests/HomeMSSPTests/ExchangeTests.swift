import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import OTA
import Testing

@Suite("An exchange with a card")
struct ExchangeTests {
    @Test("that nobody answers ends as 208, committed before it is told; a late answer goes nowhere")
    func timeOut() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let code = await fault { () async throws(MSSFault) in _ = try await stage.sign(timeRunsOut: true) }
        #expect(code == "208/2081")
        #expect(stage.chronicle.all.last == "end committed: 208")
        let id = try #require(stage.home.lastTransaction)
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature))
        #expect(stage.chronicle.all.filter { $0.hasPrefix("end committed") }.last == "end committed: 208")
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.status(id) } == "208/2081")
        #expect(stage.tally["home_late_signatures"] == 1)
        guard case .message = stage.vault.lastMessage else { throw MSSFault(.internalError) }
    }

    @Test("takes no notice of an answer that the card did not make, and counts it")
    func forged() async throws {
        let stage = try await Stage.withSigner(.forges)
        // The signature in the forged answer would verify; the person cancelled.
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "401/4011")
        #expect(stage.tally["home_uplinks_refused reason=not_authentic"] == 1)
    }

    @Test("takes an answer once")
    func repeated() async throws {
        let stage = try await Stage.withSigner(.repeats)
        #expect(try await stage.sign().status == .signature)
        #expect(stage.chronicle.all.filter { $0 == "end committed: 500" }.count == 1)
        #expect(stage.tally["home_transactions_ended outcome=500"] == 1)
    }

    @Test("takes no answer to another command, and one that was overtaken once")
    func overtaken() async throws {
        let stage = try await Stage.withSigner(.signs)
        _ = try await stage.sign()
        let old = try #require(stage.vault.lastMessage)
        stage.setPhone(.isSilent)
        _ = try await stage.sign(Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer))
        for _ in 0..<2 {
            #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature, counter: 105, to: old))
        }
        #expect(stage.tally["home_uplinks_refused reason=other_transaction"] == 2)
        #expect(stage.tally["home_uplinks_duplicated"] == 1)
        let id = try #require(stage.home.lastTransaction)
        #expect(try await stage.status(id).status == .outstandingTransaction)
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature, counter: 101))
        #expect(try await stage.status(id).status == .signature)
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature, counter: 101))
        #expect(stage.tally["home_uplinks_duplicated"] == 2)
        #expect(stage.tally["home_transactions_ended outcome=500"] == 2)
        #expect(stage.tally["home_alarms alarm=card_cloned"] == 0)
    }

    @Test(
        "blocks a card when two have its keys: a used counter, or one far behind",
        arguments: [(UInt32(100), "used counter"), (68, "counter far behind")]
    )
    func cloned(_ counter: UInt32, _ reason: String) async throws {
        let stage = try await Stage.withSigner(.signs)
        _ = try await stage.sign()
        stage.setPhone(.isSilent)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        let id = try await stage.sign(request).transactionID
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature, counter: counter))
        #expect(stage.tally["home_alarms alarm=card_cloned"] == 1)
        #expect(stage.log.shown.contains { $0.hasPrefix("critical ALARM") && $0.contains(reason) })
        #expect(stage.log.unclassified.isEmpty)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.status(id) } == "403")
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "105/1052")
        // The card's own answer comes too late for the transaction that ended.
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature, counter: 101))
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.status(id) } == "403")
    }

    @Test("wakes who waits when the card is blocked")
    func clonedWhileWaiting() async throws {
        let stage = try await Stage.withSigner(.signs)
        _ = try await stage.sign()
        stage.channel.whenSent { _ in _ = await stage.receive(.ok, signature: FakeEvidence.rightSignature) }
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "403")
    }

    @Test("rings an alarm when a card reports bad frames, and ends nothing by it")
    func event() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        let id = try await stage.sign(request).transactionID
        let event = UpMessage(kind: .event, transaction: .none, status: .malformed)
        #expect(await stage.exchange.receive(FakeVault.packet(event, counter: 100), from: stage.card.msisdn))
        #expect(stage.tally["home_alarms alarm=card_refuses_frames"] == 1)
        #expect(try await stage.status(id).status == .outstandingTransaction)
    }

    @Test("leaves the answer with the message centre while storage is down")
    func storageDown() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        let id = try await stage.sign(request).transactionID
        stage.home.setDown(true)
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature) == false)
        #expect(stage.tally["home_uplinks_postponed"] == 1)
        stage.home.setDown(false)
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature))
        #expect(try await stage.status(id).signature == [0x30] + Array("Sign this".utf8))
    }

    @Test("begins nothing while storage is down")
    func nothingBegun() async throws {
        let stage = try await Stage.withSigner()
        stage.home.setDown(true)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "900")
        #expect(!stage.chronicle.all.contains("sent"))
        #expect(stage.tally["home_storage_unavailable"] == 1)
    }

    @Test("whose command does not leave ends as 209, and the card is free")
    func notSent() async throws {
        let stage = try await Stage.withSigner(.cannotBeReached)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "209/2091")
        #expect(stage.chronicle.all.last == "end committed: 209")
        #expect(stage.tally["home_commands_not_sent"] == 1)
        stage.setPhone(.signs)
        #expect(try await stage.sign().status == .signature)
    }

    @Test("whose command is refused for good ends as 209, and says that it is not to be delivered")
    func refusedForGood() async throws {
        let stage = try await Stage.withSigner()
        stage.channel.whenSent { _ async throws(SIMChannelError) in throw .refused("ESME_RINVDSTADR (0xB)") }
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "209/2092")
        #expect(stage.chronicle.all.last == "end committed: 209")
    }

    @Test("that receipts say no card gets ends before its time, and an answer after that goes nowhere")
    func undelivered() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        _ = try await stage.sign(Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer))
        let id = try #require(stage.home.lastTransaction)
        await stage.exchange.undelivered("another", of: stage.card.msisdn, reason: "expired")
        #expect(stage.chronicle.all.last == "sent")
        await stage.exchange.undelivered(id, of: stage.card.msisdn, reason: "expired")
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.status(id) } == "209/2092")
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature))
        await stage.exchange.undelivered(id, of: stage.card.msisdn, reason: "expired")
        // The late signature is destroyed and the person told, which is sent after the end.
        #expect(stage.chronicle.all.last { $0.hasPrefix("end committed") } == "end committed: 209")
        #expect(stage.tally["home_commands_undelivered"] == 1)
    }

    @Test("that receipts say no card gets ends at its time while storage is down")
    func undeliveredStorageDown() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        _ = try await stage.sign(Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer))
        let id = try #require(stage.home.lastTransaction)
        stage.home.setDown(true)
        await stage.exchange.undelivered(id, of: stage.card.msisdn, reason: "expired")
        stage.home.setDown(false)
        #expect(try await stage.status(id).status == .outstandingTransaction)
    }

    @Test("whose command cannot be sealed ends as 900, and nothing leaves")
    func notSealed() async throws {
        let stage = try await Stage.withSigner()
        stage.vault.refuseToSeal()
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "900")
        #expect(!stage.chronicle.all.contains("sent"))
        #expect(stage.chronicle.all.last == "end committed: 900")
        #expect(stage.tally["home_seal_failures"] == 1)
    }

    @Test("to a card whose permission for triple DES has ended is 209 with the reason, and nothing leaves")
    func legacyEnded() async throws {
        let stage = try await Stage.withSigner()
        stage.vault.endLegacy()
        let error = await #expect(throws: MSSFault.self) { try await stage.sign() }
        #expect(error?.code == .otaError && error?.detail?.contains("too old") == true)
        #expect(!stage.chronicle.all.contains("sent"))
        #expect(stage.chronicle.all.last == "end committed: 209")
    }

    @Test("waits for the card when nobody knows whether the command left")
    func uncertain() async throws {
        let stage = try await Stage.withSigner(.isUncertain)
        #expect(try await stage.sign().status == .signature)
        #expect(stage.tally["home_commands_unknown"] == 1)
    }

    @Test("takes an answer whose command another process sent")
    func otherProcess() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        let id = try await stage.sign(request).transactionID
        let second = CardExchange(
            vault: stage.vault,
            channel: stage.channel,
            directory: stage.home,
            ledger: stage.home,
            evidence: stage.evidence,
            keeper: stage.keeper,
            keys: stage.home,
            logger: stage.log.logger
        )
        let transaction = try #require(stage.vault.lastMessage).transaction
        let message = UpMessage(
            kind: .sign,
            transaction: transaction,
            status: .ok,
            signature: FakeEvidence.rightSignature
        )
        #expect(await second.receive(FakeVault.packet(message, counter: 100), from: stage.card.msisdn))
        #expect(try await stage.status(id).status == .signature)
    }

    @Test("is free of callers who go away: the answer is stored all the same")
    func callerGone() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await fault { () async throws(MSSFault) in _ = try await stage.sign() } }
            while !stage.chronicle.all.contains("sent") { await Task.yield() }
            group.cancelAll()
        }
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature))
        let id = try #require(stage.home.lastTransaction)
        #expect(try await stage.status(id).status == .signature)
    }

    @Test("in asynchronous mode answers at once, then 504, then the signature")
    func asynchronous() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        var request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        request.additionalServices = [AdditionalService(uri: AdditionalService.validate)]
        let first = try await stage.sign(request)
        #expect(first.status == .requestOK)
        #expect(first.signature == nil)
        #expect(TransactionID(first.transactionID)?.prefix == "test")
        #expect(try await stage.status(first.transactionID).status == .outstandingTransaction)
        await stage.receive(.ok, signature: FakeEvidence.rightSignature)
        let second = try await stage.status(first.transactionID)
        #expect(second.status == .validSignature)
        #expect(second.signature == [0x30] + Array("Sign this".utf8))
        #expect(second.mobileUser.msisdn == stage.card.msisdn.description)
    }

    @Test("tells another provider what it tells of a transaction that never was")
    func otherProvider() async throws {
        let stage = try await Stage.withSigner()
        let id = try await stage.sign().transactionID
        let never = TransactionID.random(prefix: Sample.homePrefix).description
        let asked = [id, never, "nonsense", "other" + never.dropFirst(4), ""]
        for id in asked {
            do throws(MSSFault) {
                _ = try await stage.status(id, from: Stage.otherAP, ap: Stage.otherProvider.id)
                Issue.record("another provider was told of \(id)")
            } catch {
                #expect(error.code == .wrongParam)
                #expect(error.detail == "There is no such transaction: MSSP_TransID is unknown.")
            }
        }
        #expect(try await stage.status(id).status == .signature)
    }
}
