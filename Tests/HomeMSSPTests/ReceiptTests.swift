import Alauda
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("A receipt")
struct ReceiptTests {
    /// With a signature, and a card that answers everything after it so.
    private static func signed(_ status: AppletStatus = .ok) async throws -> (stage: Stage, id: String) {
        let stage = try await Stage.withSigner()
        let id = try await stage.sign().transactionID
        stage.answers(status, from: 200)
        return (stage, id)
    }

    private static func words(_ work: () async throws(MSSFault) -> Void) async -> String {
        do throws(MSSFault) {
            try await work()
            return "none"
        } catch { return "\(error.code.rawValue) \(error.detail ?? "")" }
    }

    @Test(
        "is shown under the provider's name, and told as the user left it",
        arguments: [
            (AppletStatus.ok, ReceiptResponse.Reaction.confirmed), (.userCancelled, .cancelled), (.notMe, .cancelled),
            (.noUserResponse, .ignored),
        ]
    )
    func reactions(_ status: AppletStatus, _ reaction: ReceiptResponse.Reaction) async throws {
        let (stage, id) = try await Self.signed(status)
        let before = stage.chronicle.all.count
        let answer = try await stage.receipt(id, "Paid: 10 €")
        #expect(answer.reaction == reaction)
        #expect(stage.tally["home_mss_receipts reaction=\(reaction.rawValue)"] == 1)
        guard case .message(_, let text) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        #expect(text.text == "Test Bank\nPaid: 10 €")
        // The intent is committed before anything is sealed, and the end before it is told.
        #expect(Array(stage.chronicle.all.dropFirst(before).prefix(3)) == ["begin committed", "sealed", "sent"])
        #expect(stage.chronicle.all.last?.hasPrefix("end committed") == true)
    }

    @Test("is answered once it is on its way where nobody asks for more; the card's word ends it")
    func unasked() async throws {
        let stage = try await Stage.withSigner()
        let id = try await stage.sign().transactionID
        stage.setPhone(.isSilent)
        #expect(try await stage.receipt(id, waits: false).reaction == nil)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "406")
        await stage.receive(.ok, counter: 300)
        #expect(stage.chronicle.all.last == "end committed: card answered")
        stage.answers(.ok, from: 400)
        _ = try await stage.sign()
    }

    @Test("says in the user's language that the signature has arrived where the provider says nothing")
    func phrase() async throws {
        let (stage, id) = try await Self.signed()
        _ = try await stage.receipt(id, nil)
        guard case .message(_, let text) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        #expect(text.text == "Test Bank\nAllekirjoituksesi on vastaanotettu.")
    }

    @Test("comes once; one that certainly was not shown leaves the place to another")
    func once() async throws {
        let (stage, id) = try await Self.signed(.phoneBusy)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.receipt(id) } == "209/2093")
        stage.setPhone(.cannotBeReached)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.receipt(id) } == "209/2091")
        stage.answers(.ok, from: 300)
        _ = try await stage.receipt(id)
        let sent = stage.chronicle.all.count { $0 == "sent" }
        let second = await Self.words { () async throws(MSSFault) in _ = try await stage.receipt(id, "Another") }
        #expect(second == "101 Only one receipt per transaction is allowed, and this one has had its own.")
        #expect(stage.chronicle.all.count { $0 == "sent" } == sent)
    }

    @Test("of many at once is one")
    func race() async throws {
        let (stage, id) = try await Self.signed()
        let won = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 { group.addTask { (try? await stage.receipt(id)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
    }

    @Test("is for a provider's own transaction, through its acquiring entity, and for no other")
    func owner() async throws {
        let (stage, id) = try await Self.signed()
        let own = "101 There is no such transaction: MSSP_TransID is unknown."
        let other = await Self.words { () async throws(MSSFault) in
            _ = try await stage.receipt(id, from: Stage.otherAP, ap: Stage.otherProvider.id)
        }
        #expect(other == own)
        for unknown in ["h1", "test" + String(repeating: "a", count: 26)] {
            #expect(await Self.words { () async throws(MSSFault) in _ = try await stage.receipt(unknown) } == own)
        }
        let entity = PeerIdentity(uri: "urn:mssp:test:other-ae")
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.receipt(id, through: entity) } == "104")
        #expect(stage.tally["home_mss_receipts reaction=confirmed"] == 0)
    }

    @Test("comes after a signature, and not without one")
    func unsigned() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        let id = try await stage.sign(request).transactionID
        let running = await Self.words { () async throws(MSSFault) in _ = try await stage.receipt(id) }
        #expect(running == "101 The transaction still runs: its receipt comes after the signature.")
        await stage.receive(.userCancelled)
        let refused = await Self.words { () async throws(MSSFault) in _ = try await stage.receipt(id) }
        #expect(refused.hasPrefix("101 The transaction ended without a signature"))
    }

    @Test("goes to whoever signed: another number, or who has left, is nobody")
    func addressee() async throws {
        let (stage, id) = try await Self.signed()
        for (number, expected) in [("+358409999999", "105/1052"), ("", "105/1051"), ("12", "101")] {
            #expect(
                await fault { () async throws(MSSFault) in _ = try await stage.receipt(id, msisdn: number) } == expected
            )
        }
        _ = try await stage.register(.deactivateMobileUser(stage.card.msisdn))
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.receipt(id) } == "105/1052")
    }

    @Test(
        "holds what a phone shows beside the name, to the last character",
        arguments: [
            ("", "103 Message is empty."),
            ("a\u{202E}b", "107 Message holds a character that the phone cannot show: U+202E, character 2."),
            ("😀", "107 Message holds a character that the phone cannot show: U+1F600, character 1."),
        ]
    )
    func texts(_ text: String, _ words: String) async throws {
        let (stage, id) = try await Self.signed()
        #expect(await Self.words { () async throws(MSSFault) in _ = try await stage.receipt(id, text) } == words)
    }

    @Test("that is too long says how long it may be", arguments: ["a", "€", "Ж"])
    func length(_ character: String) async throws {
        let (stage, id) = try await Self.signed()
        let long = await Self.words { () async throws(MSSFault) in
            _ = try await stage.receipt(id, String(repeating: character, count: 700))
        }
        let most = try #require(long.split(separator: " ").last.flatMap { Int($0.dropLast()) }, "\(long)")
        // € counts twice.
        let count = character == "€" ? most / 2 : most
        #expect(
            await fault { () async throws(MSSFault) in
                _ = try await stage.receipt(id, String(repeating: character, count: count + 1))
            } == "103"
        )
        _ = try await stage.receipt(id, String(repeating: character, count: count))
    }

    @Test("of anything but text is refused")
    func types() async throws {
        let (stage, id) = try await Self.signed()
        let request = ReceiptRequest(
            header: Sample.header(),
            mobileUser: MobileUser(msisdn: stage.card.msisdn.description),
            transactionID: id,
            message: DataToBeSigned("AAAA", mimeType: "application/octet-stream", encoding: "base64")
        )
        let call = Sample.call(through: Sample.ae, from: Sample.ap)
        #expect(
            await fault { () async throws(MSSFault) in _ = try await stage.signatures.receipt(request, call) }
                == "107/1016"
        )
    }

    @Test("of a home that dies goes out again from another, octet by octet, and ends there")
    func adopted() async throws {
        let stage = try await Stage.withSigner()
        let id = try await stage.sign().transactionID
        stage.setPhone(.isSilent)
        _ = try await stage.receipt(id, waits: false)
        let first = stage.vault.lastMessage
        stage.home.leave(0)
        let other = stage.process(2)
        await other.attend()
        #expect(stage.tally["home_commands_resent"] == 1 && stage.vault.lastMessage == first)
        #expect(await stage.receive(.ok, counter: 300, at: other))
        #expect(stage.chronicle.all.last == "end committed: card answered")
        let second = await Self.words { () async throws(MSSFault) in _ = try await stage.receipt(id) }
        #expect(second.hasPrefix("101 Only one receipt"))
    }

    @Test("that no phone answers ends with its time, which is an answer too")
    func silence() async throws {
        let stage = try await Stage.withSigner()
        let id = try await stage.sign().transactionID
        stage.setPhone(.isSilent)
        let request = ReceiptRequest(
            header: Sample.header(),
            mobileUser: MobileUser(msisdn: stage.card.msisdn.description),
            transactionID: id,
            acknowledgement: ReceiptRequest.Acknowledgement(timeOut: 1)
        )
        async let answer = stage.signatures.receipt(
            request,
            Sample.call(through: Sample.ae, from: Sample.ap, for: .seconds(60))
        )
        try await Task.sleep(for: .milliseconds(1_050))
        stage.exchange.sweep(.now)
        #expect(try await answer.reaction == .unanswered)
    }
}
