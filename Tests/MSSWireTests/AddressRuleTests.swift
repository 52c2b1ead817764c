import MSSCore
import Testing

@testable import MSSWire

@Suite("Where a notification may go")
struct AddressRuleTests {
    @Test(
        "is no private, special or local place, however it is written",
        arguments: [
            "0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254",
            "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.7",
            "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
            "::ffff:10.0.0.1", "::ffff:7f00:1", "::7f00:1", "64:ff9b::7f00:1", "fc00::1", "fd12:3456::1", "fe80::1",
            "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "3fff::1", "100::1", "5f00::1",
        ]
    )
    func refused(_ text: String) throws {
        let address = try #require(InternetAddress(text))
        #expect(!AddressRules().permits(address))
    }

    @Test(
        "is the public internet",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.1", "172.15.255.255", "172.32.0.1", "192.167.255.255", "223.255.255.1",
            "2a00:1450::1", "2606:4700::1111", "::ffff:9.9.9.9",
        ]
    )
    func permitted(_ text: String) throws {
        let address = try #require(InternetAddress(text))
        #expect(AddressRules().permits(address))
    }

    @Test("is also what the operator permits, and never what the operator refuses")
    func configured() throws {
        func ranges(_ texts: String...) throws -> [AddressRange] { try texts.map { try #require(AddressRange($0)) } }
        let rules = AddressRules(
            permitted: try ranges("10.1.0.0/16", "::1/128"),
            refused: try ranges("10.1.2.0/25", "9.9.9.0/24")
        )
        let expected = [
            "10.1.0.1": true, "10.1.255.255": true, "10.2.0.1": false, "10.1.2.127": false, "10.1.2.128": true,
            "::1": true, "::2": false, "9.9.9.9": false, "9.9.8.9": true, "::ffff:9.9.9.9": false,
        ]
        for (text, permits) in expected {
            let address = try #require(InternetAddress(text))
            #expect(rules.permits(address) == permits, "\(text)")
        }
    }

    @Test(
        "is told by ranges that are ranges",
        arguments: [
            "", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/-1", "::/129", "x",
            "a/8",
        ]
    )
    func ranges(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test("a name that leads to a place that may not be is refused before anything is sent")
    func names() async throws {
        let lookup = AddressLookup(rules: AddressRules())
        let soon = ContinuousClock.now + .seconds(20)
        for host in ["localhost", "127.0.0.1", "::1"] {
            let failure = await #expect(throws: NotificationFailure.self) {
                try await lookup.address(of: host, until: soon)
            }
            #expect(failure?.reason == .forbidden)
        }
        let nowhere = await #expect(throws: NotificationFailure.self) {
            try await lookup.address(of: "no.such.name.invalid", until: soon)
        }
        #expect(nowhere?.reason == .unresolved)
    }
}
