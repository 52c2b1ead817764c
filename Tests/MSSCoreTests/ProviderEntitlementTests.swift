import Foundation
import MSSCore
import Synchronization
import Testing

@Suite("What a provider's entry allows")
struct ProviderEntitlementTests {
    @Test(
        "are numbers that begin so, or lie between two",
        arguments: [
            ("+35840", "+358401234567", true), ("+35840", "+358501234567", false),
            ("+358401234567", "+358401234567", true),
            ("+358401000000..+358401999999", "+358401000000", true),
            ("+358401000000..+358401999999", "+358401999999", true),
            ("+358401000000..+358401999999", "+358402000000", false),
            ("+358401000000..+358401999999", "+35840150000", false),
        ]
    )
    func numbers(range: String, number: String, isIn: Bool) throws {
        let read = try #require(NumberRange(range))
        #expect(read.contains(try #require(MSISDN(number))) == isIn && read.description == range)
    }

    @Test(
        "has no range of what is none",
        arguments: [
            "", "+", "35840", "+35a", "+358..", "+358..+35", "+359..+358", "+1..+2..+3", "+1234567890123456", "+١",
        ]
    )
    func noRange(text: String) { #expect(NumberRange(text) == nil) }

    @Test("knows certificates by their digests, however those are written")
    func certificates() throws {
        let digits = String(repeating: "aB", count: 32)
        let colons = (0..<32).map { _ in "AB" }.joined(separator: ":")
        let end = Date()
        #expect(ProviderCertificate(sha256: digits, expires: end) == ProviderCertificate(sha256: colons, expires: end))
        for wrong in ["", "ab", String(repeating: "g", count: 64), String(repeating: "a", count: 65)] {
            #expect(ProviderCertificate(sha256: wrong, expires: end) == nil)
        }
    }

    private func entry(_ more: String) throws -> ProviderEntry {
        let text = #"{"id":"http://ap","name":"AP","identities":["urn:ap"],"acquiring_entities":["urn:ae"]\#(more)}"#
        return try JSONDecoder().decode(ProviderEntry.self, from: Data(text.utf8))
    }

    @Test("is the same after it was written as an entry")
    func roundTrip() throws {
        let digest = String(repeating: "ab", count: 32)
        let whole = try entry(
            """
            ,"certificates":[{"sha256":"\(digest)","expires":"2027-05-01T00:00:00Z"}],"text_prefix":"AP: ",
            "signature_profiles":["http://p"],"services":["noSpam"],"modes":["synch"],"numbers":["+35840","+1..+2"],
            "notify":["https://ap/n"],"notify_soap":"1.1","requests_per_second":5,"signatures_at_once":7,
            "person_attributes":["hetu","subject"]
            """
        ).provider()
        #expect(whole.limits == RequestLimits(perSecond: 5, signaturesAtOnce: 7) && whole.certificates.count == 1)
        #expect(
            whole.allowance.modes == [.synch] && whole.services == [.noSpam, .personIdentity]
                && whole.personAttributes == [.hetu, .subject] && whole.notificationTargets.count == 1
        )
        #expect(whole.notificationSOAP == .v11 && ProviderEntry(whole).notifySOAP == "1.1")
        #expect(try ProviderEntry(whole).provider() == whole)
        // An acquiring entity that does not know the service yet reads the rest.
        #expect(ProviderEntry(whole).services == ["noSpam"])
        let plain = try entry("").provider()
        #expect(plain.allowance == ProviderAllowance() && plain.limits == RequestLimits() && plain.certificates.isEmpty)
        #expect(try ProviderEntry(plain).provider() == plain)
    }

    @Test(
        "says which key is wrong",
        arguments: [
            (#","certificates":[]"#, "certificates of http://ap must hold one"),
            (
                #","certificates":[{"sha256":"x","expires":"2027-05-01T00:00:00Z"}]"#,
                "certificates of http://ap must be"
            ),
            (#","text_prefix":"""#, "text_prefix of http://ap"), (#","modes":["sync"]"#, "modes of http://ap has sync"),
            (#","modes":["sync"]"#, "one of synch, asynchClientServer"),
            (#","numbers":["040"]"#, "numbers of http://ap has 040"),
            (#","services":["validate"]"#, "services of http://ap has validate"),
            (#","person_attributes":[]"#, "person_attributes of http://ap must name one"),
            (#","person_attributes":["name"]"#, "person_attributes of http://ap has name"),
            (#","services":["personIdentity"]"#, "services of http://ap has personIdentity, which tells nothing"),
            (#","notify":["http://ap"]"#, "notify of http://ap"),
            (#","notify_soap":"1.3""#, "notify_soap of http://ap is 1.3: it must be one of 1.1, 1.2"),
            (#","requests_per_second":0"#, "requests_per_second of"),
            (#","signatures_at_once":-1"#, "signatures_at_once of http://ap must be 1 to 100000"),
            (#","certificate_files":["x"]"#, "certificate_files of http://ap"),
        ]
    )
    func problems(more: String, said: String) throws {
        let problem = #expect(throws: EntryProblem.self) { try entry(more).provider() }
        #expect(problem?.description.contains(said) == true, "\(problem?.description ?? "")")
    }
}

@Suite("The measure of a provider's requests")
struct RequestMeterTests {
    private final class Clock: Sendable {
        let time = Mutex(ContinuousClock.now)
        func move(by duration: Duration) { time.withLock { $0 += duration } }
    }

    private func provider(_ limits: RequestLimits, _ id: String = "http://ap") -> ApplicationProvider {
        ApplicationProvider(id: id, identities: [], acquiringEntities: [], displayName: "AP", limits: limits)
    }

    private func isTaken(_ work: () throws(MSSFault) -> Void) -> Bool {
        do throws(MSSFault) {
            try work()
            return true
        } catch {
            #expect(error.code == .unableToProvideServices && error.specifier == 7801 && error.retryAfter == 1)
            return false
        }
    }

    @Test("lets a second's worth through at once, and then as many as time brings, each provider by itself")
    func rate() {
        let clock = Clock()
        let meter = RequestMeter(tally: NoTally(), now: { clock.time.withLock { $0 } })
        let (slow, other) = (
            provider(RequestLimits(perSecond: 2)), provider(RequestLimits(perSecond: 1), "http://other")
        )
        func take(_ provider: ApplicationProvider) -> Bool {
            isTaken { () throws(MSSFault) in try meter.take(provider) }
        }
        #expect(take(slow) && take(slow) && !take(slow) && take(other) && !take(other))
        clock.move(by: .milliseconds(500))
        #expect(take(slow) && !take(slow) && !take(other))
        clock.move(by: .seconds(3_600))
        #expect(take(slow) && take(slow) && !take(slow))
        for _ in 0..<1_000 { #expect(take(provider(RequestLimits(), "http://free"))) }
    }

    @Test("lets so many signatures wait at a time, and another when one has ended")
    func atOnce() {
        let meter = RequestMeter(tally: NoTally())
        let busy = provider(RequestLimits(signaturesAtOnce: 2))
        func begin() -> Bool { isTaken { () throws(MSSFault) in try meter.begin(busy) } }
        #expect(begin() && begin() && !begin())
        meter.end(busy)
        #expect(begin() && !begin())
        for _ in 0..<5 { meter.end(busy) }
        #expect(begin() && begin() && !begin())
    }
}
