import MSSCore
import Testing

@Suite("A notification target")
struct NotificationTargetTests {
    @Test(
        "is host, port and path, written in one way",
        arguments: [
            ("https://ap.example", "https://ap.example/"),
            ("HTTPS://AP.Example:443/Signed", "https://ap.example/Signed"),
            ("https://ap.example:8443/a/b;c=1", "https://ap.example:8443/a/b;c=1"),
            ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
            ("https://192.0.2.7/", "https://192.0.2.7/"),
        ]
    )
    func read(_ written: String, _ url: String) throws {
        let target = try #require(NotificationTarget(written))
        #expect(target.url == url)
        #expect(NotificationTarget(url) == target)
    }

    @Test(
        "is nothing that could be read in two ways, or leads elsewhere",
        arguments: [
            "", "https://", "http://ap.example/", "ap.example", "https:/ap.example", "https:///x", "ftp://ap.example/",
            "https://user@ap.example/", "https://user:word@ap.example/", "https://ap.example@evil.example/",
            "https://ap.example\\@evil.example/", "https://ap.example#@evil.example/", "https://ap.example?x=/",
            "https://ap.example/?to=elsewhere", "https://ap.example/#x", "https://ap.example:0/",
            "https://ap.example:/",
            "https://ap.example:65536/", "https://ap.example:+443/", "https://ap.example:44 3/",
            "https://ap%2Eexample/",
            "https://ap.example/a b", "https://ap.example/\r\nHost: x", "https://ap.example/\u{0}",
            "https://äp.example/",
            "https://[::1/", "https://::1/", "https://[]/", "https://[::1%25eth0]/", "https://ap.example/a/../b",
            "https://ap.example/" + String(repeating: "a", count: 500),
        ]
    )
    func refused(_ written: String) {
        #expect(NotificationTarget(written) == nil)
    }

    @Test("is another one with another host, port or path")
    func compared() throws {
        let target = try #require(NotificationTarget("https://ap.example:8443/signed"))
        for other in [
            "https://ap.example/signed", "https://ap.example:8443/Signed", "https://ap.example:8443/signed/",
            "https://b.ap.example:8443/signed",
        ] {
            #expect(NotificationTarget(other) != target)
        }
        #expect(NotificationTarget("https://AP.example:8443/signed") == target)
    }
}

@Suite("Who may be notified where")
struct NotificationEntitlementTests {
    private let target = "https://ap.example/signed"

    private func code(_ url: String?, _ targets: [String], _ mode: MessagingMode = .asynchServerServer) -> Int? {
        let provider = ApplicationProvider(
            id: "http://ap",
            identities: [],
            acquiringEntities: [],
            displayName: "AP",
            notificationTargets: Set(targets.compactMap { NotificationTarget($0) })
        )
        let request = SignatureRequest(
            header: MessageHeader(apInfo: APInfo(id: "http://ap", transID: "T", instant: "", url: url)),
            mobileUser: MobileUser(),
            dataToBeSigned: DataToBeSigned("x"),
            messagingMode: mode
        )
        do throws(MSSFault) {
            try provider.checkEntitlement(to: request)
            return nil
        } catch { return error.specifier ?? error.code.rawValue }
    }

    @Test("a provider at a target of its entry, and nobody else")
    func decided() {
        #expect(code(target, [target, "https://ap.example/other"]) == nil)
        #expect(code("https://AP.example:443/signed", [target]) == nil)
        #expect(code(target, []) == 1013)
        #expect(code(nil, [target]) == 1013)
        #expect(code("https://ap.example/other", [target]) == 1013)
        #expect(code("https://ap.example:8443/signed", [target]) == 1013)
        #expect(code("http://ap.example/signed", [target]) == 1013)
    }

    @Test("in the other modes AP_URL is not looked at")
    func otherModes() {
        #expect(code("whatever", [], .synch) == nil)
        #expect(code("whatever", [], .asynchClientServer) == nil)
    }
}
