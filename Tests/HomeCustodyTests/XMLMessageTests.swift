import Foundation
import HomeMSSP
import KeyVault
import MSSCore
import MSSTestSupport
import MSSWire
import Testing

@testable import HomeMSSPService

@Suite("An answer that the platform's identity signs")
struct XMLMessageTests {
    private static let answer = Array(
        """
        <soapenv:Envelope xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope" \
        xmlns:mss="http://uri.etsi.org/TS102204/v1.1.2#"><soapenv:Body><MSS_SignatureResponse><mss:MSS_SignatureResp \
        MajorVersion="1" MSSP_TransID="h1"><mss:AP_Info AP_ID="x"/><mss:Text>å &amp; €</mss:Text></mss:MSS_SignatureResp>\
        </MSS_SignatureResponse></soapenv:Body></soapenv:Envelope>
        """.utf8
    )

    @Test("verifies by xmlsec1 under the identities' root, and under no other, nor with another octet")
    func verified() async throws {
        let fixture = try await IdentityFixture()
        let messages = XMLMessages(identity: fixture.checkpoints.identity)
        let before = await #expect(throws: MSSFault.self) { _ = try await messages.signer() }
        #expect(before?.code == .unableToProvideServices && before?.cause?.contains("identity make") == true)
        try await fixture.identity()
        let sign = try await messages.signer()
        let signed = try sign(Self.answer)
        let text = String(decoding: signed, as: UTF8.self)
        let message = "<MSS_SignatureResponse><mss:MSS_SignatureResp MajorVersion=\"1\" MSSP_TransID=\"h1\" ID=\"_"
        #expect(text.contains(message) && !text.contains("\n"))
        try fixture.pki.write(signed, to: "answer.xml")
        try fixture.pki.write(Array(text.replacing("AP_ID=\"x\"", with: "AP_ID=\"y\"").utf8), to: "changed.xml")
        try await fixture.pki.root("other")
        func verifies(_ file: String, _ root: String) async throws -> Bool {
            try await MessageSigner.verifies(
                fixture.pki.path(file),
                element: "MSS_SignatureResp",
                root: fixture.pki.path(root)
            )
        }
        #expect(try await verifies("answer.xml", "ca.pem"))
        #expect(try await !verifies("answer.xml", "other.pem"))
        #expect(try await !verifies("changed.xml", "ca.pem"))
        #expect(try sign(Self.answer) != signed, "each answer's message has an ID of its own")
    }

    @Test(
        "is not changed by what it tells of the signer, whose own signature verifies in it, and alone in JSON's octets"
    )
    func person() async throws {
        let fixture = try await IdentityFixture()
        let persons = SignedPersons(identity: fixture.checkpoints.identity)
        let before = await #expect(throws: MSSFault.self) { try await persons.check() }
        #expect(before?.code == .unableToProvideServices && before?.cause?.contains("identity make") == true)
        try await fixture.identity()
        try await persons.check()
        let told = try await persons.response(
            PersonIdentity(
                id: "q1",
                issuer: "urn:mssp:test:home",
                audience: Sample.apID,
                transaction: .random(prefix: Sample.homePrefix),
                extent: .partialFailure,
                values: [PersonIdentity.Value(.surName, "Ñandú & <Co>")],
                issued: Date(timeIntervalSince1970: 1_767_225_600)
            )
        )
        let text = String(decoding: told, as: UTF8.self)
        #expect(text.contains("StatusCode Value=\"\(PersonAttribute.namespace)partialFailure\""))
        #expect(text.contains("IssueInstant=\"2026-01-01T00:00:00Z\"") && !text.contains("\n"))
        let answer = String(decoding: Self.answer, as: UTF8.self).replacing("<mss:Text>", with: text + "<mss:Text>")
        let signed = try await XMLMessages(identity: fixture.checkpoints.identity).signer()(Array(answer.utf8))
        let root = fixture.pki.path("ca.pem")
        for (name, octets) in [("alone", told), ("answer", Array(answer.utf8)), ("signed", signed)] {
            try fixture.pki.write(octets, to: name + ".xml")
            #expect(try await MessageSigner.verifiesResponse(fixture.pki.path(name + ".xml"), root: root), "\(name)")
            let changed = String(decoding: octets, as: UTF8.self).replacing("Ñandú", with: "Nandu")
            try fixture.pki.write(Array(changed.utf8), to: "changed.xml")
            #expect(try await !MessageSigner.verifiesResponse(fixture.pki.path("changed.xml"), root: root), "\(name)")
        }
        let path = fixture.pki.path("signed.xml")
        #expect(try await MessageSigner.verifies(path, element: "MSS_SignatureResp", root: root))
    }

    @Test("is signed by nobody while the vault is sealed")
    func sealed() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        let messages = XMLMessages(identity: fixture.checkpoints.identity)
        let sign = try await messages.signer()
        fixture.home.vault.reseal()
        #expect(throws: MSSFault.self) { try sign(Self.answer) }
        await #expect(throws: MSSFault.self) { _ = try await messages.signer() }
    }

    @Test("is what the key signs without a purpose's line: nothing else passes for it")
    func purposes() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        let record = try #require(try await fixture.checkpoints.identity.active())
        for body in [Array("mssp audit checkpoint\n".utf8), [], Array("<ds:SignedInfo>".utf8)] {
            #expect(throws: VaultError.self) { try fixture.home.vault.sign(body, as: .message, by: record) }
        }
        let info = Array(#"<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:SignedInfo>"#.utf8)
        let signature = try fixture.home.vault.sign(info, as: .message, by: record)
        #expect(signature.content == info)
        #expect(IdentityPurpose.allCases.filter { signature.isValid(for: $0, by: record) } == [.message])
        let other = try fixture.home.vault.sign(info, as: .directory, by: record)
        #expect(IdentityPurpose.allCases.filter { other.isValid(for: $0, by: record) } == [.directory])
    }
}
