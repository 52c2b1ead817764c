import Foundation
import MSSCore
import Testing

@Suite("The directory of application providers")
struct ProviderDirectoryTests {
    private static let ae = PeerIdentity(uri: "urn:ae")
    private static let issued = Date(timeIntervalSince1970: 1_800_000_000)
    private static let provider = ApplicationProvider(
        id: "http://ap/1",
        identities: [PeerIdentity(uri: "urn:ap"), PeerIdentity(uri: "urn:ap:next")],
        acquiringEntities: [ae],
        displayName: "Ñandú \"& Söhne\"",
        showsOtherwise: true,
        signsDigests: true,
        wantsPreciseStatus: true,
        signatures: [.ades, .cms],
        readsProfiles: true,
        services: [.personIdentity],
        messageCertificates: [[0x30, 0x00]],
        personAttributes: [.givenName]
    )
    private static let plain = ApplicationProvider(
        id: "http://ap/2",
        identities: [],
        acquiringEntities: [ae],
        displayName: "Plain"
    )

    private func directory(_ providers: [ApplicationProvider] = [provider, plain]) -> ProviderDirectory {
        ProviderDirectory(
            home: PeerIdentity(uri: "urn:home"),
            acquiringEntity: Self.ae,
            number: 7,
            issued: Self.issued,
            expires: Self.issued + 60,
            providers: providers
        )
    }

    private func signed(_ text: String) -> [UInt8] { Array((ProviderDirectory.heading + text).utf8) }

    @Test("is read as it was written, in one line that says nothing of what is as usual")
    func roundTrip() throws {
        let octets = try directory().octets()
        #expect(try ProviderDirectory(signed: Array(ProviderDirectory.heading.utf8) + octets) == directory())
        let text = String(decoding: octets, as: UTF8.self)
        #expect(text.last == "\n" && text.filter { $0 == "\n" }.count == 1)
        #expect(text.contains(#""issued":"2027-01-15T08:00:00Z","number":7,"#), "\(text)")
        #expect(text.contains(#"{"acquiring_entities":["urn:ae"],"id":"http://ap/2","identities":[],"name":"Plain"}"#))
    }

    @Test("has the same content whatever its number and times are, and another for another provider")
    func content() throws {
        let content = try ProviderDirectory.content([Self.provider, Self.plain])
        #expect(try ProviderDirectory.content([Self.provider, Self.plain]) == content)
        #expect(try ProviderDirectory.content([Self.plain]) != content)
    }

    @Test("passes over keys that it does not know, as a later home may write them")
    func unknownKeys() throws {
        let octets = try directory().octets()
        let text = String(decoding: octets, as: UTF8.self).replacing(
            "{\"acquiring_entities\"",
            with: "{\"a_new_one\":[1],\"acquiring_entities\""
        )
        #expect(try ProviderDirectory(signed: signed(text)) == directory())
    }

    @Test(
        "is refused if it is not as it must be",
        arguments: [
            ("\"format\":1", "\"format\":2"), ("\"format\":1", "\"form\":1"), ("\"number\":7", "\"number\":0"),
            ("\"number\":7", "\"number\":7.5"), ("\"number\":7", "\"number\":99999999999999999999"),
            ("08:00:00Z", "08:02:00Z"), ("2027-01-15T08:00:00Z", "yesterday"), ("http://ap/2", "http://ap/1"),
            ("http://ap/2", ""), ("\"name\":\"Plain\"", "\"name\":3"), ("\"ades\"", "\"adeste\""),
            ("[\"ades\",\"cms\"]", "[\"pkcs1\"]"),
            ("[\"urn:ae\"],\"id\":\"http://ap/2\"", "\"urn:ae\",\"id\":\"http://ap/2\""),
            ("[\"urn:ae\"],\"id\":\"http://ap/2\"", "[\"\"],\"id\":\"http://ap/2\""),
        ]
    )
    func malformed(old: String, new: String) throws {
        let text = String(decoding: try directory().octets(), as: UTF8.self)
        try #require(text.contains(old), "\(old) in \(text)")
        let refusal = #expect(throws: DirectoryRefusal.self) {
            try ProviderDirectory(signed: signed(text.replacing(old, with: new)))
        }
        #expect(refusal?.reason == .malformed)
    }

    @Test("is refused under another heading, cut off anywhere, and with any bit turned, or is still one: never a trap")
    func damaged() throws {
        let octets = Array(ProviderDirectory.heading.utf8) + (try directory().octets())
        #expect(throws: DirectoryRefusal.self) {
            try ProviderDirectory(signed: Array("mssp audit checkpoint\n".utf8) + (try directory().octets()))
        }
        for count in 0..<octets.count - 1 {
            #expect(throws: DirectoryRefusal.self) { try ProviderDirectory(signed: Array(octets.prefix(count))) }
        }
        for index in octets.indices {
            var damaged = octets
            damaged[index] ^= 1 << UInt8(index % 8)
            _ = try? ProviderDirectory(signed: damaged)
        }
    }
}
