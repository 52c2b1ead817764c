import MSSCore
import SMPP
import Synchronization
import Testing

@testable import SIMLink

@Suite("A receipt for another process of the home")
struct ReceiptNoticeTests {
    private func receipt(_ text: String) throws -> MessageReceipt {
        try #require(MessageReceipt(Fixtures.uplink(Array(text.utf8), esmClass: ESMClass.deliveryReceipt)))
    }

    private func desk(
        _ told: Told,
        _ tally: CountingTally
    ) -> ReceiptDesk {
        ReceiptDesk(
            undelivered: { command, _ in told.add(command.transaction) },
            elsewhere: { told.add($0.text) },
            tally: tally
        )
    }

    private final class Told: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    @Test("goes on as a line of text, and decides the command where it is known, once")
    func relayed() async throws {
        let (here, there) = (Told(), Told())
        let tally = CountingTally()
        let (sender, receiver) = (desk(here, tally), desk(there, tally))
        let msisdn = try Fixtures.msisdn()
        let settings = try Fixtures.settings()
        let ticket = sender.open("t", segments: 1, to: msisdn, until: .now + .seconds(60))
        await sender.note(.accepted(MessageID("7F"), sequence: 1), segment: 0, of: ticket, by: settings.name)
        await receiver.take(try receipt("id:7F stat:UNDELIV err:27"), to: msisdn, from: settings)
        let line = try #require(there.all.first)
        let notice = try #require(ReceiptNotice(line))
        #expect(notice.text == line)
        // The process that was given it knows no such command, however often it is told.
        await receiver.take(notice)
        #expect(there.all.count == 1)
        await sender.take(notice)
        await sender.take(notice)
        #expect(here.all == ["t"])
        #expect(tally.counted("simlink_receipts_from_elsewhere") == 1)
    }

    @Test("is not sent on when it says nothing of a failure, or of no message of a number")
    func useless() throws {
        let msisdn = try Fixtures.msisdn()
        #expect(ReceiptNotice(try receipt("id:7F stat:DELIVRD"), to: msisdn, from: "one") == nil)
        #expect(ReceiptNotice(try receipt("id:7F stat:ENROUTE"), to: msisdn, from: "one") == nil)
        #expect(ReceiptNotice(try receipt("stat:UNDELIV"), to: msisdn, from: "one") == nil)
        #expect(ReceiptNotice(try receipt("id:7F stat:UNDELIV"), to: nil, from: "one") == nil)
    }

    @Test("keeps the network's error")
    func networkError() throws {
        let receipt = MessageReceipt(
            of: try #require(MessageID("00ab")),
            state: .expired,
            networkError: NetworkError(network: 3, code: 300)
        )
        let notice = try #require(ReceiptNotice(receipt, to: try Fixtures.msisdn(), from: "a centre"))
        #expect(ReceiptNotice(notice.text) == notice)
        #expect(notice.text.hasPrefix("3 3/300 +"))
    }

    @Test("is read from no other text")
    func hostile() throws {
        let msisdn = try Fixtures.msisdn()
        let good = "5 - \(msisdn) 7f one"
        #expect(ReceiptNotice(good) != nil)
        for length in 0..<good.count - 3 { #expect(ReceiptNotice(String(good.prefix(length))) == nil) }
        for bad in [
            "2 - \(msisdn) 7f one", "9 - \(msisdn) 7f one", "x - \(msisdn) 7f one", "5 3 \(msisdn) 7f one",
            "5 3/x \(msisdn) 7f one", "5 300/1 \(msisdn) 7f one", "5 - 12 7f one", "5 - \(msisdn) \u{e9} one",
            "5 - \(msisdn) 7f " + String(repeating: "x", count: 600), "99999999999 - \(msisdn) 7f one",
        ] {
            #expect(ReceiptNotice(bad) == nil, "\(bad)")
        }
    }
}
