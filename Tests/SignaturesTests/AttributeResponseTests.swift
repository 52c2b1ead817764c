import Crypto
import Foundation
import MSSTestSupport
import Signatures
import Testing

@Suite("What is told of a person, signed as SAML")
struct AttributeResponseTests {
    private static let saml = "urn:oasis:names:tc:SAML:2.0:"

    private static func statement(
        _ id: String,
        _ attributes: [(name: String, value: String)] = [("urn:x#surName", "<Ñandú> & \"Co\"")]
    ) -> AttributeResponse.Statement {
        AttributeResponse.Statement(
            id: id,
            assertionID: "_a1",
            issueInstant: "2026-01-01T00:00:00Z",
            issuer: "urn:mssp:test:home",
            subject: "h1transaction",
            audience: "http://ap?a=1&b=2",
            status: "urn:x#ok",
            attributes: attributes
        )
    }

    /// A Response by a key under `ca.pem` of a folder.
    private func signed(_ statement: AttributeResponse.Statement, _ pki: ThrowawayPKI) async throws -> String {
        try await pki.root("ca")
        try await pki.certificate("identity", by: "ca")
        let key = try P256.Signing.PrivateKey(
            pemRepresentation: String(decoding: pki.octets("identity.key"), as: UTF8.self)
        )
        let der = try await pki.openssl.run(["x509", "-in", "identity.pem", "-outform", "DER"]).standardOutput
        let root = try await pki.openssl.run(["x509", "-in", "ca.pem", "-outform", "DER"]).standardOutput
        let response = try AttributeResponse(statement, certificates: [der, root])
        let value = try key.signature(for: response.signedInfo).rawRepresentation
        return String(decoding: try response.octets(signed: Array(value)), as: UTF8.self)
    }

    private func verifies(_ text: String, _ pki: ThrowawayPKI, root: String = "ca") async throws -> Bool {
        try pki.write(Array(text.utf8), to: "response.xml")
        return try await MessageSigner.verifiesResponse(pki.path("response.xml"), root: pki.path(root + ".pem"))
    }

    @Test("verifies by xmlsec1 as a document and within an answer of either SOAP, and not once an octet is another")
    func verified() async throws {
        let pki = try ThrowawayPKI()
        let text = try await signed(Self.statement("q1"), pki)
        #expect(text.contains("<ds:Reference URI=\"#q1\">") && !text.contains("\n"))
        #expect(try await verifies(text, pki))
        for soap in ["http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"] {
            let answer = "<e:Envelope xmlns:e=\"\(soap)\" xmlns:x=\"urn:x\"><e:Body>\(text)</e:Body></e:Envelope>"
            #expect(try await verifies(answer, pki))
            #expect(try await !verifies(answer.replacing("#ok", with: "#no"), pki))
        }
        #expect(try await !verifies(text.replacing("Ñandú", with: "Nandu"), pki))
        #expect(try await !verifies(text.replacing("h1transaction", with: "h2transaction"), pki))
        try await pki.root("other")
        #expect(try await !verifies(text, pki, root: "other"))
    }

    @Test("repeats an ID that is no name in XML, and verifies as a document then")
    func anyID() async throws {
        let pki = try ThrowawayPKI()
        for id in [#"java.util.GregorianCalendar[time=?,zone=[id="Europe/Helsinki",x=<'&>]]"#, "1", "a b", "a:b", "å"] {
            let text = try await signed(Self.statement(id), pki)
            #expect(text.contains(#"<ds:Reference URI="">"#), "\(id)")
            #expect(try await verifies(text, pki), "\(id)")
            #expect(try await !verifies(text.replacing("#ok", with: "#no"), pki), "\(id)")
            // Of other letters than ASCII's an attribute has the numbers.
            let written = id.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
                .replacing("å", with: "&#xE5;")
            #expect(text.contains(" ID=\"\(written.replacing("\"", with: "&quot;"))\""), "\(text.prefix(400))")
        }
    }

    @Test("is nested as SAML has it: Issuer, Signature, Status, and an Assertion for its audience with its subject")
    func shape() async throws {
        let text = try await signed(Self.statement("q1"), try ThrowawayPKI())
        let start = try #require(text.range(of: "<ds:Signature "))
        let end = try #require(text.range(of: "</ds:Signature>"))
        #expect(text[start.lowerBound..<end.lowerBound].split(separator: "<ds:X509Certificate>").count == 3)
        let expected = """
            <samlp:Response xmlns:samlp="\(Self.saml)protocol" xmlns:saml="\(Self.saml)assertion" ID="q1" Version="2.0" \
            IssueInstant="2026-01-01T00:00:00Z"><saml:Issuer>urn:mssp:test:home</saml:Issuer>|<samlp:Status><samlp:StatusCode \
            Value="urn:x#ok"/></samlp:Status><saml:Assertion ID="_a1" Version="2.0" IssueInstant="2026-01-01T00:00:00Z">\
            <saml:Issuer>urn:mssp:test:home</saml:Issuer><saml:Subject><saml:NameID \
            Format="\(Self.saml)nameid-format:transient">h1transaction</saml:NameID></saml:Subject><saml:Conditions>\
            <saml:AudienceRestriction><saml:Audience>http://ap?a=1&amp;b=2</saml:Audience></saml:AudienceRestriction>\
            </saml:Conditions><saml:AttributeStatement><saml:Attribute Name="urn:x#surName" \
            NameFormat="\(Self.saml)attrname-format:uri"><saml:AttributeValue>&lt;Ñandú&gt; &amp; "Co"</saml:AttributeValue>\
            </saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>
            """
        #expect(text[..<start.lowerBound] + "|" + text[end.upperBound...] == expected)
    }

    @Test("has no Assertion where nothing is told")
    func nothing() async throws {
        let pki = try ThrowawayPKI()
        let text = try await signed(Self.statement("q1", []), pki)
        #expect(!text.contains("Assertion ") && !text.contains("AttributeStatement"))
        #expect(try await verifies(text, pki))
    }

    @Test("is not made of characters that XML cannot write")
    func characters() {
        for text in ["\u{0}", "a\u{1}", "\u{FFFE}", "\u{1B}"] {
            #expect(throws: MessageRefusal.self) {
                try AttributeResponse(Self.statement("q1", [("urn:x", text)]), certificates: [])
            }
            #expect(throws: MessageRefusal.self) { try AttributeResponse(Self.statement(text), certificates: []) }
        }
    }

    @Test("of a certificate its subject, the names in it, and its end")
    func subject() async throws {
        let pki = try ThrowawayPKI()
        try await pki.root("ca")
        try await pki.certificate("named", by: "ca", subject: "/CN=Aino V/GN=Aino/SN=Ñandú, \"A\"/serialNumber=42")
        try await pki.certificate("plain", by: "ca", subject: "/CN=x")
        let named = try #require(
            SubjectStatement(
                certificate: await pki.openssl.run(["x509", "-in", "named.pem", "-outform", "DER"]).standardOutput
            )
        )
        #expect(named.givenName == "Aino" && named.surName == "Ñandú, \"A\"")
        #expect(named.name == #"serialNumber=42,SN=Ñandú\, \"A\",GN=Aino,CN=Aino V"#)
        #expect(abs(named.notAfter.timeIntervalSinceNow - 86_400) < 3_600)
        let plain = SubjectStatement(
            certificate: try await pki.openssl.run(["x509", "-in", "plain.pem", "-outform", "DER"]).standardOutput
        )
        #expect(plain?.givenName == nil && plain?.surName == nil && plain?.name == "CN=x")
        #expect(SubjectStatement(certificate: []) == nil && SubjectStatement(certificate: [0x30, 0]) == nil)
    }
}
