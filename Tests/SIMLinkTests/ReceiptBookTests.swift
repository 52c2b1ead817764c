import MSSCore
import SMPP
import Testing

@testable import SIMLink

@Suite("The receipt book")
struct ReceiptBookTests {
    private let now = ContinuousClock.now
    private var end: ContinuousClock.Instant { now + .seconds(60) }

    private func receipt(_ id: String, _ state: String = "UNDELIV") throws -> MessageReceipt {
        let message = Fixtures.uplink(Array("id:\(id) stat:\(state) err:27".utf8), esmClass: ESMClass.deliveryReceipt)
        return try #require(MessageReceipt(message))
    }

    private func taken(_ id: String) -> SubmitOutcome { .accepted(MessageID(id), sequence: 1) }

    private func decided(_ reason: String = "undeliverable") throws -> ReceiptBook.Reading {
        .decided(.init(transaction: "t", msisdn: try Fixtures.msisdn(), reason: reason))
    }

    /// A book with a command of one segment that was taken under this id.
    private func book(_ id: String) throws -> ReceiptBook {
        var book = ReceiptBook()
        let ticket = book.open("t", segments: 1, to: try Fixtures.msisdn(), until: end)
        #expect(book.note(taken(id), segment: 0, of: ticket, by: "one", now: now) == nil)
        return book
    }

    @Test("a failed message decides its command, once", arguments: ["UNDELIV", "EXPIRED", "REJECTD"])
    func failed(state: String) throws {
        var book = try book("7F")
        let msisdn = try Fixtures.msisdn()
        let first = book.take(try receipt("7F", state), to: msisdn, from: "one", now: now)
        guard case .decided = first else {
            Issue.record("\(state) is \(first)")
            return
        }
        #expect(book.take(try receipt("7F", state), to: msisdn, from: "one", now: now) == .unknown)
        #expect(book.count == 0)
    }

    @Test("ids are found in hexadecimal and in decimal, either way round")
    func notations() throws {
        for (submitted, named) in [("7F", "127"), ("127", "7f"), ("0000000127", "127"), ("abc-1", "ABC-1")] {
            var book = try book(submitted)
            let reading = book.take(try receipt(named), to: try Fixtures.msisdn(), from: "one", now: now)
            #expect(reading == (try decided()), "\(submitted) \(named)")
        }
    }

    @Test("an id as it is written comes before its other reading")
    func exactFirst() throws {
        var book = ReceiptBook()
        let msisdn = try Fixtures.msisdn()
        for (transaction, id) in [("hex", "10"), ("t", "16")] {
            let ticket = book.open(transaction, segments: 1, to: msisdn, until: end)
            _ = book.note(taken(id), segment: 0, of: ticket, by: "one", now: now)
        }
        #expect(book.take(try receipt("16"), to: msisdn, from: "one", now: now) == (try decided()))
    }

    @Test("another centre, another number and another id are another message")
    func others() throws {
        var book = try book("7F")
        #expect(book.take(try receipt("7F"), to: try Fixtures.msisdn(), from: "two", now: now) == .unknown)
        let stranger = try Fixtures.msisdn("358407654321")
        #expect(book.take(try receipt("7F"), to: stranger, from: "one", now: now) == .unknown)
        #expect(book.take(try receipt("80"), to: try Fixtures.msisdn(), from: "one", now: now) == .unknown)
        #expect(book.take(try receipt("7F"), to: nil, from: "one", now: now) == (try decided()))
    }

    @Test("success, and words that are not the last, decide nothing", arguments: ["DELIVRD", "DELETED"])
    func noFailure(state: String) throws {
        var book = try book("7F")
        #expect(book.take(try receipt("7F", "ENROUTE"), to: nil, from: "one", now: now) == .unknown)
        #expect(book.take(try receipt("7F", "UNKNOWN"), to: nil, from: "one", now: now) == .unknown)
        #expect(book.take(try receipt("7F", state), to: nil, from: "one", now: now) == .noted)
    }

    @Test("one lost segment of several decides; one of two copies does not, and a copy of unknown fate never")
    func copies() throws {
        let msisdn = try Fixtures.msisdn()
        var book = ReceiptBook()
        let parts = book.open("t", segments: 2, to: msisdn, until: end)
        _ = book.note(taken("1"), segment: 0, of: parts, by: "one", now: now)
        _ = book.note(taken("2"), segment: 1, of: parts, by: "one", now: now)
        #expect(book.take(try receipt("2"), to: nil, from: "one", now: now) == (try decided()))
        let twice = book.open("t", segments: 1, to: msisdn, until: end)
        _ = book.note(taken("3"), segment: 0, of: twice, by: "one", now: now)
        _ = book.note(taken("4"), segment: 0, of: twice, by: "two", now: now)
        #expect(book.take(try receipt("3"), to: nil, from: "one", now: now) == .noted)
        #expect(book.take(try receipt("4"), to: nil, from: "two", now: now) == (try decided()))
        let unknown = book.open("t", segments: 1, to: msisdn, until: end)
        _ = book.note(.lost, segment: 0, of: unknown, by: "one", now: now)
        _ = book.note(taken("5"), segment: 0, of: unknown, by: "two", now: now)
        #expect(book.take(try receipt("5"), to: nil, from: "two", now: now) == .noted)
    }

    @Test("a receipt may come before the answer to its submission, for ten seconds")
    func early() throws {
        var book = ReceiptBook()
        let msisdn = try Fixtures.msisdn()
        let ticket = book.open("t", segments: 1, to: msisdn, until: end)
        #expect(book.take(try receipt("127"), to: msisdn, from: "one", now: now) == .unknown)
        let decided = book.note(taken("7F"), segment: 0, of: ticket, by: "one", now: now + .seconds(9))
        #expect(decided?.transaction == "t")
        let late = book.open("t", segments: 1, to: msisdn, until: end)
        #expect(book.take(try receipt("8"), to: msisdn, from: "one", now: now) == .unknown)
        #expect(book.note(taken("8"), segment: 0, of: late, by: "one", now: now + .seconds(10)) == nil)
    }

    @Test("a command whose time is over is told of no more, and is let go; so is the oldest of too many")
    func bounds() throws {
        var book = try book("7F")
        let late = book.take(try receipt("7F"), to: nil, from: "one", now: end)
        #expect(late == .noted)
        book.sweep(end)
        #expect(book.count == 0)
        let msisdn = try Fixtures.msisdn()
        for number in 0..<ReceiptBook.mostCommands + 10 {
            let ticket = book.open("\(number)", segments: 1, to: msisdn, until: end)
            _ = book.note(taken("m\(number)"), segment: 0, of: ticket, by: "one", now: now)
        }
        #expect(book.count == ReceiptBook.mostCommands)
        #expect(book.take(try receipt("m9"), to: nil, from: "one", now: now) == .unknown)
        for number in 0..<ReceiptBook.mostEarly + 10 {
            _ = book.take(try receipt("x\(number)"), to: nil, from: "one", now: now)
        }
    }
}
