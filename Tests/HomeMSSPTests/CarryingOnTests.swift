import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import OTA
import Testing

@Suite("A home that carries on")
struct CarryingOnTests {
    @Test("answers a repeated request with its first transaction: nobody is asked twice")
    func repeated() async throws {
        let stage = try await Stage.withSigner()
        let request = Sample.signature(msisdn: stage.card.msisdn.description)
        let first = try await stage.sign(request)
        let second = try await stage.sign(request)
        #expect(second.transactionID == first.transactionID)
        #expect(second.signature == first.signature)
        #expect(stage.chronicle.all.count { $0 == "sent" } == 1)
        #expect(stage.home.deliveries(first.transactionID) == 1)
        var other = request
        other.dataToBeSigned = DataToBeSigned("Pay Eve", mimeType: "text/plain", encoding: "UTF-8")
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(other) } == "101")
        #expect(stage.chronicle.all.count { $0 == "sent" } == 1)
    }

    @Test("tells a repeated request what came of the first, though the certificate was revoked meanwhile")
    func repeatedLater() async throws {
        let stage = try await Stage.withSigner()
        let request = Sample.signature(msisdn: stage.card.msisdn.description)
        let first = try await stage.sign(request)
        stage.evidence.refuse(with: MSSFault(.errorCertificate))
        #expect(try await stage.sign(request).transactionID == first.transactionID)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "425")
    }

    @Test("wakes a caller who waits at one process for what comes in at another")
    func woken() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let second = stage.process(2)
        try await withThrowingTaskGroup(of: SignatureResponse?.self) { group in
            group.addTask {
                await stage.exchange.run()
                return nil
            }
            group.addTask { try await stage.sign() }
            while !stage.chronicle.all.contains("sent") { await Task.yield() }
            #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature, at: second))
            let response = try await group.next() ?? nil
            #expect(response?.status == .signature)
            group.cancelAll()
        }
    }

    @Test("sends the same octets again, then asks for the answer, for a process that is gone")
    func adopted() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        let id = try await stage.sign(request).transactionID
        let command = stage.vault.lastMessage
        let counter = stage.home.card(stage.card.msisdn)?.packet
        stage.home.leave(0)
        let second = stage.process(2)
        await second.attend()
        #expect(stage.vault.lastMessage == command)
        #expect(stage.home.card(stage.card.msisdn)?.packet == counter)
        #expect(stage.chronicle.all.count { $0 == "sent" } == 2)
        #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature, at: second))
        #expect(try await stage.status(id).status == .signature)
    }

    @Test("ends what a provider takes back, for good: a late signature is destroyed and the person is told")
    func cancelled() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        let response = try await stage.sign(request)
        let id = try #require(TransactionID(response.transactionID))
        let command = try #require(stage.vault.lastMessage)
        let stranger = ResultReader(provider: Stage.otherProvider.id, acquiringEntity: Sample.ae)
        let reader = ResultReader(provider: Sample.apID, acquiringEntity: Sample.ae)
        #expect(await fault { () async throws(MSSFault) in try await stage.exchange.cancel(id, by: stranger) } == "101")
        try await stage.exchange.cancel(id, by: reader)
        #expect(await fault { () async throws(MSSFault) in try await stage.exchange.cancel(id, by: reader) } == "101")
        for _ in 0..<2 { #expect(await stage.receive(.ok, signature: FakeEvidence.rightSignature, to: command)) }
        #expect(
            await fault { () async throws(MSSFault) in _ = try await stage.status(response.transactionID) } == "406"
        )
        #expect(stage.tally["home_late_signatures"] == 1)
        guard case .message(let txn, _) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        #expect(txn == command.transaction)
    }

    @Test("asks a card for its status after three silences, once, and believes its answer alone")
    func recovery() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        for _ in 0..<4 {
            let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer, timeOut: 1)
            _ = try await stage.sign(request)
            try await Task.sleep(for: .milliseconds(1_050))
            await stage.exchange.attend()
            if stage.tally["home_recoveries_begun"] == 1 { break }
        }
        guard case .status(let txn) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        let frame = try #require(stage.home.card(stage.card.msisdn)).frame
        #expect(frame == 1028)
        let answer = UpMessage(kind: .status, transaction: txn, status: .ok)
        #expect(await stage.exchange.receive(FakeVault.packet(answer, counter: 200), from: stage.card.msisdn))
        #expect(stage.chronicle.all.last == "end committed: card answered")
        #expect(stage.home.card(stage.card.msisdn)?.silent == 0)
    }

    @Test("tells results no longer than they are readable")
    func readable() async throws {
        let stage = try await Stage.withSigner()
        let request = Sample.signature(msisdn: stage.card.msisdn.description)
        let id = try await stage.sign(request).transactionID
        #expect(try await stage.status(id).status == .signature)
        stage.home.setReadable(0)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.status(id) } == "101")
        #expect(stage.chronicle.all.count { $0 == "sent" } == 1)
    }
}
