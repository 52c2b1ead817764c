import Foundation
import MSSCore
import Testing

@Suite("The route of a message, as a home sees it")
struct RoamingRulesTests {
    private static let home = PeerIdentity(uri: "urn:mssp:test:home")
    private static let ae = PeerIdentity(uri: "urn:mssp:test:ae")
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let trace = TraceID.random()
    private let rules = RoamingRules(identity: home, requiredOf: [ae])

    private func sent(at instant: Date = now, timeOut: Int = 60, by sender: PeerIdentity = ae) -> RoamingHeader {
        let entry = RoamingHeader.Entry(
            role: .acquiringEntity,
            sender: MeshMember(uri: sender.uri),
            transactionID: "AE1",
            instant: instant,
            timeOut: timeOut
        )
        return RoamingHeader(entries: [entry], home: MeshMember(uri: Self.home.uri))
    }

    private func refused(_ header: RoamingHeader?, from peer: PeerIdentity = ae) -> Int? {
        do throws(MSSFault) {
            _ = try rules.answer(to: header, from: peer, Self.trace, at: Self.now)
            return nil
        } catch {
            #expect(error.role == .homeMSSP && error.detail != nil)
            return error.code.rawValue
        }
    }

    @Test("goes on in the answer with an entry of the home")
    func extended() throws {
        let header = sent(at: Self.now - 10)
        let answer = try #require(try rules.answer(to: header, from: Self.ae, Self.trace, at: Self.now))
        #expect(answer.entries.count == 2 && answer.entries.first == header.entries.first)
        #expect(answer.home == header.home)
        let own = try #require(answer.entries.last)
        #expect(
            own.role == .homeMSSP && own.sender.uri == Self.home.uri && own.timeOut == 50 && own.instant == Self.now
        )
    }

    @Test("is what the sender's own header makes it, and the sender knows the answer's")
    func sender() throws {
        let sender = RoamingSender(identity: Self.ae, home: Self.home)
        let header = sender.header(remaining: .milliseconds(1_200), Self.trace, at: Self.now)
        #expect(header.entries.map(\.timeOut) == [2])
        #expect(sender.header(remaining: .zero, Self.trace, at: Self.now).entries.map(\.timeOut) == [1])
        let answer = try #require(try rules.answer(to: header, from: Self.ae, Self.trace, at: Self.now))
        #expect(sender.isAnswered(by: answer, Self.trace))
        #expect(!sender.isAnswered(by: header, Self.trace))
        #expect(!sender.isAnswered(by: answer, .random()))
        let other = RoamingSender(identity: Self.ae, home: PeerIdentity(uri: "urn:mssp:other:home"))
        #expect(!other.isAnswered(by: answer, Self.trace))
    }

    @Test("must be told by those of whom it is required, and may be by others")
    func required() throws {
        #expect(refused(nil) == 701)
        let neighbour = PeerIdentity(uri: "urn:mssp:test:neighbour")
        #expect(try rules.answer(to: nil, from: neighbour, Self.trace, at: Self.now) == nil)
        let told = sent(by: neighbour)
        #expect(try rules.answer(to: told, from: neighbour, Self.trace, at: Self.now)?.entries.count == 2)
    }

    @Test("names this home and who sends the message")
    func names() {
        var header = sent()
        header.home = nil
        #expect(refused(header) == 703)
        header.home = MeshMember()
        #expect(refused(header) == 703)
        header.home = MeshMember(uri: "urn:mssp:other:home")
        #expect(refused(header) == 750)
        #expect(refused(sent(by: PeerIdentity(uri: "urn:mssp:test:neighbour"))) == 710)
        header = sent()
        header.entries = []
        #expect(refused(header) == 710)
    }

    @Test("does not come back, nor grow without end")
    func loop() {
        var header = sent()
        header.entries.insert(contentsOf: sent(by: Self.home).entries, at: 0)
        #expect(refused(header) == 750)
        header = sent()
        header.entries = Array(repeating: header.entries[0], count: RoamingHeader.mostEntries)
        #expect(refused(header) == 750)
        header.entries.removeLast()
        #expect(refused(header) == nil)
    }

    @Test("is over with its time, as far as two clocks can tell")
    func time() {
        #expect(refused(sent(at: Self.now - 64, timeOut: 60)) == nil)
        #expect(refused(sent(at: Self.now - 66, timeOut: 60)) == 720)
        #expect(refused(sent(timeOut: 0)) == 720)
        #expect(refused(sent(at: Self.now + 299)) == nil)
        #expect(refused(sent(at: Self.now + 301)) == 101)
    }
}
