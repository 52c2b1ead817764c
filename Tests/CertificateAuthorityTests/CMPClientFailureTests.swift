import CertificateAuthority
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@Suite("A CA that does not answer as it should")
struct CMPClientFailureTests {
    private let pki: ThrowawayPKI
    private let key: ProvenKey

    init() async throws {
        pki = try await RunningAuthority.makePKI()
        key = try await ProvenKey.sample(pki)
    }

    private func client(port: Int, tally: any Tally = NoTally()) throws -> CMPClient {
        try CMPClient(
            CMPSettings(
                url: "http://127.0.0.1:\(port)/cmp",
                raCertificate: pki.octets("ra.pem"),
                raKey: pki.octets("ra.key"),
                authorityCertificate: pki.octets("user-ca.pem")
            ),
            tally: tally
        )
    }

    @Test("a CA that is down is a fault at the deadline")
    func down() async throws {
        // A port that was just free.
        let port = try ListeningSocket(answering: nil).port
        let start = ContinuousClock.now
        let fault = try await client(port: port).fault(for: key, within: .seconds(2))
        #expect(.now - start < .seconds(8))
        #expect(fault?.code == .registrationNotOK && fault?.specifier == 4072)
        #expect(fault?.detail == "The certification authority gives no answer; try again later.")
    }

    @Test("each end of an exchange is counted")
    func counted() async throws {
        let counter = Counter()
        let silent = try ListeningSocket(answering: nil)
        let key = key
        _ = try await client(port: silent.port, tally: counter).fault(for: key, within: .milliseconds(10))
        let authority = try await RunningAuthority(pki)
        let client = try client(port: authority.port, tally: counter)
        #expect(await client.fault(for: key) == nil)
        #expect(await client.fault(for: ProvenKey(publicKey: [], subject: key.subject)) != nil)
        #expect(await client.fault(for: key, within: .zero) != nil)
        #expect(counter.events == ["unanswered", "issued", "unusable", "unanswered"])
        // Nothing is asked for a caller whose time is over.
        #expect(try pki.octets("state/journal").count { $0 == UInt8(ascii: "\n") } == 1)
    }

    @Test("a CA that starts a little later is reached")
    func late() async throws {
        // The port that it had, and will have again.
        let first = try await RunningAuthority(pki)
        first.process.terminate()
        #expect(try await first.process.end() == 0)
        let client = try client(port: first.port)
        async let asked = client.certificate(for: key, until: .now + .seconds(9))
        let second = try await RunningAuthority(pki, ["--listen": "127.0.0.1:\(first.port)"])
        #expect(try await asked.isEmpty == false)
        withExtendedLifetime(second) {}
    }

    @Test("a CA that says nothing is a fault at the deadline, to the fraction of a second")
    func silent() async throws {
        let socket = try ListeningSocket(answering: nil)
        let start = ContinuousClock.now
        let fault = try await client(port: socket.port).fault(for: key, within: .milliseconds(300))
        #expect(fault?.code == .registrationNotOK && fault?.specifier == 4072)
        #expect(.now - start >= .milliseconds(300) && .now - start < .seconds(6))
    }

    @Test("a caller that gives up is released at once")
    func cancelled() async throws {
        let socket = try ListeningSocket(answering: nil)
        let client = try client(port: socket.port)
        let start = ContinuousClock.now
        let fault = await withTaskGroup(of: MSSFault?.self) { group in
            group.addTask { [key] in await client.fault(for: key, within: .seconds(9)) }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(fault?.code == .registrationNotOK)
        #expect(.now - start < .seconds(6))
    }

    @Test("callers that wait behind a CA that says nothing leave at their deadline too")
    func waiting() async throws {
        let socket = try ListeningSocket(answering: nil)
        let client = try client(port: socket.port)
        let start = ContinuousClock.now
        let faults = await withTaskGroup(of: MSSFault?.self) { group in
            for _ in 0..<80 { group.addTask { [key] in await client.fault(for: key, within: .milliseconds(300)) } }
            return await group.reduce(into: []) { $0.append($1?.specifier) }
        }
        #expect(faults == Array(repeating: 4072, count: 80))
        #expect(.now - start < .seconds(6))
    }

    @Test(
        "junk instead of an answer is a fault",
        arguments: [
            "", "\0\u{1}\u{2}", "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 4\r\n\r\njunk",
            "HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 99999999999\r\n\r\n0",
            "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            String(repeating: "x", count: 200_000),
        ]
    )
    func junk(answer: String) async throws {
        let socket = try ListeningSocket(answering: Array(answer.utf8))
        let fault = try await client(port: socket.port).fault(for: key, within: .seconds(5))
        #expect(fault?.code == .registrationNotOK && fault?.specifier == 4072)
    }

    @Test("settings that cannot be used are named in one line")
    func settings() async throws {
        let usable = CMPSettings(
            url: "http://127.0.0.1:1/cmp",
            raCertificate: try pki.octets("ra.pem"),
            raKey: try pki.octets("ra.key"),
            authorityCertificate: try pki.octets("user-ca.pem")
        )
        func refusal(_ change: (inout CMPSettings) throws -> Void) throws -> String? {
            var settings = usable
            try change(&settings)
            return #expect(throws: CMPError.self) { try CMPClient(settings) }?.description
        }
        try await pki.openssl.run(["pkey", "-in", "ra.key", "-aes256", "-passout", "pass:x", "-out", "locked.key"])
        #expect(try refusal { $0.raCertificate = [1, 2] }?.contains("certificate is no PEM") == true)
        #expect(try refusal { $0.raKey = try pki.octets("locked.key") }?.contains("encrypted") == true)
        #expect(try refusal { $0.raKey = try pki.octets("user.key") }?.contains("does not belong") == true)
        #expect(try refusal { $0.authorityCertificate = try pki.octets("ra.pem") }?.contains("of a CA") == true)
        #expect(try refusal { $0.longest = .zero }?.contains("longest") == true)
        for url in ["", "127.0.0.1", "https://ca/cmp", "http://", "http://u:p@ca/", "http://ca/?a", "http://ca:99999/"]
        {
            #expect(try refusal { $0.url = url }?.contains("URL") == true, "\(url)")
        }
    }

    @Test("the settings describe themselves without the key")
    func description() throws {
        let settings = CMPSettings(
            url: "http://ca:1/cmp",
            raCertificate: [],
            raKey: Array("SECRET".utf8),
            authorityCertificate: []
        )
        var dump = ""
        Swift.dump(settings, to: &dump)
        #expect("\(settings)" == "CMPSettings(http://ca:1/cmp)")
        #expect(!dump.contains("83") && !"\(String(reflecting: settings))".contains("83"))
    }
}

/// Remembers the outcomes that were counted.
private final class Counter: Tally {
    private let outcomes = Mutex<[String]>([])

    var events: [String] { outcomes.withLock { $0 } }

    func count(_ event: String, _ labels: [(String, String)]) {
        guard event == "ca_exchanges" else { return }
        outcomes.withLock { $0 += labels.map(\.1) }
    }

    func measure(_ event: String, _ duration: Duration, _ labels: [(String, String)]) {}
}
