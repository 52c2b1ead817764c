import AsyncHTTPClient
import Crypto
import Foundation
import Logging
import MSSCore
import MSSTestSupport
import NIOHTTP1
import Synchronization
import Testing

@testable import MSSWire

/// The acquiring entity's and the home's part in signed messages, as a test has them.
private final class ScriptedSecurity: SignedMessageService, MessageSecurity {
    let takes: Bool
    /// What is found signed, whatever the envelope says.
    let signed: [UInt8]
    let fault: MSSFault?
    private let seen = Mutex<[(envelope: [UInt8], call: Call, type: String)]>([])

    init(takes: Bool = true, signed: [UInt8] = [], fault: MSSFault? = nil) {
        self.takes = takes
        self.signed = signed
        self.fault = fault
    }

    var envelopes: [[UInt8]] { seen.withLock { $0.map(\.envelope) } }
    var calls: [Call] { seen.withLock { $0.map(\.call) } }
    var types: [String] { seen.withLock { $0.map(\.type) } }

    func takesSigned(from provider: String) -> Bool { takes && provider == Sample.apID }

    func pass(_ message: SignedMessage, _ call: Call) async throws(MSSFault) -> SignedAnswer {
        seen.withLock { $0.append((message.envelope, call, message.contentType)) }
        if let fault { throw fault }
        return SignedAnswer(envelope: Array("<answer/>".utf8))
    }

    func open(_ envelope: [UInt8], from provider: String, _ call: Call) async throws(MSSFault) -> OpenedMessage {
        seen.withLock { $0.append((envelope, call, provider)) }
        if let fault { throw fault }
        return OpenedMessage(message: signed, wantsSpecifiers: true) { Self.seal($0) }
    }

    /// A header block that stands for a signature.
    private static func seal(_ envelope: [UInt8]) -> [UInt8] {
        let text = String(decoding: envelope, as: UTF8.self)
        let block = "<soapenv:Header><mss:MSS_MessageSignature>sealed</mss:MSS_MessageSignature></soapenv:Header>"
        return Array(text.replacing("<soapenv:Body>", with: block + "<soapenv:Body>").utf8)
    }
}

@Suite("A signed message on the wire")
struct SignedMessageTests {
    private let pki: WirePKI

    init() throws {
        pki = try WirePKI()
    }

    private static func block(_ must: String) -> String {
        #"<e:Header><mss:MSS_MessageSignature \#(must)><x:S xmlns:x="urn:x"/></mss:MSS_MessageSignature></e:Header>"#
    }

    private static func message(_ text: String, ap: String = Sample.apID) -> String {
        """
        <mss:MSS_SignatureReq xmlns:mss="\(Namespace.mss)" ID="m" MajorVersion="1" MinorVersion="1" MessagingMode="synch">\
        <mss:AP_Info AP_ID="\(ap)" AP_TransID="T1" AP_PWD="" Instant="2026-01-01T00:00:00Z"></mss:AP_Info><mss:MSSP_Info>\
        <mss:MSSP_ID></mss:MSSP_ID></mss:MSSP_Info><mss:MobileUser><mss:MSISDN>+358401234567</mss:MSISDN></mss:MobileUser>\
        <mss:DataToBeSigned MimeType="text/plain" Encoding="UTF-8">\(text)</mss:DataToBeSigned></mss:MSS_SignatureReq>
        """
    }

    /// As a provider writes it, with white space that nobody else would.
    private static func envelope(must: String = "", _ text: String = "Outside", header: String? = nil) -> [UInt8] {
        Array(
            """
            <?xml version='1.0'?>
            <e:Envelope xmlns:e="\(Namespace.soap12)" xmlns:mss="\(Namespace.mss)">\(header ?? block(must))
              <e:Body><MSS_Signature>\(message(text))</MSS_Signature></e:Body></e:Envelope>
            """.utf8
        )
    }

    private func caller(_ identity: PeerIdentity, under authority: TestAuthority) throws -> PlainCaller {
        let credential = try authority.issue(uris: [identity.uri], for: [.client])
        return try PlainCaller(try credential.material(trusting: pki.mesh), trusting: pki.mesh)
    }

    private func edge(_ security: ScriptedSecurity) throws -> ServerFixture {
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers))
        edge.services = WireServices(signatures: edge.service, signed: security)
        return edge
    }

    private func home(_ security: ScriptedSecurity?) throws -> ServerFixture {
        var home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        home.services = WireServices(signatures: home.service, security: security)
        return home
    }

    @Test("goes on octet by octet, and its answer comes back so", arguments: ["", #"e:mustUnderstand="1""#])
    func passed(must: String) async throws {
        let security = ScriptedSecurity()
        let edge = try edge(security)
        let envelope = Self.envelope(must: must)
        let ap = try caller(Sample.ap, under: pki.providers)
        let answer = try await edge.run { try await ap.post($0, .signature, envelope) }
        #expect(answer.status == 200 && answer.text == "<answer/>")
        #expect(answer.headers["Content-Type"].first?.hasPrefix("application/soap+xml") == true)
        #expect(security.envelopes == [envelope] && edge.service.calls.isEmpty)
    }

    @Test(
        "of a provider whose messages are not signed is read without its block, or refused where that must be understood"
    )
    func notTaken() async throws {
        let security = ScriptedSecurity(takes: false)
        let edge = try edge(security)
        let ap = try caller(Sample.ap, under: pki.providers)
        let (optional, mandatory) = try await edge.run { port in
            (
                try await ap.post(port, .signature, Self.envelope()),
                try await ap.post(port, .signature, Self.envelope(must: #"e:mustUnderstand="true""#))
            )
        }
        #expect(optional.status == 200 && optional.text.contains("MSS_SignatureResp"))
        #expect(mandatory.status == 500 && mandatory.text.contains("soapenv:MustUnderstand"), "\(mandatory.text)")
        #expect(security.envelopes.isEmpty && edge.service.calls.count == 1)
    }

    @Test("is at the home what was signed, not what stands in its envelope, and its answer is sealed")
    func opened() async throws {
        let security = ScriptedSecurity(signed: Array(Self.message("Signed").utf8))
        let home = try home(security)
        let trace = TraceID.random()
        let call = Call(
            peer: Sample.ap,
            origin: Sample.ap,
            certificate: String(repeating: "a", count: 64),
            deadline: .now + .seconds(20),
            trace: trace
        )
        let envelope = Self.envelope()
        let answer = try await home.run { try await pass(envelope, call, $0) }
        let text = String(decoding: answer.envelope, as: UTF8.self)
        // The scripted service signs the text itself.
        #expect(text.contains(">sealed<") && text.contains(Data("Signed".utf8).base64EncodedString()))
        #expect(security.envelopes == [envelope] && security.types == [Sample.apID])
        let arrived = try #require(home.service.calls.first)
        #expect(arrived.signer == Sample.apID && arrived.origin == Sample.ap && arrived.peer == Sample.ae)
        #expect(arrived.trace == trace && arrived.certificate == call.certificate)
        #expect(security.calls.first?.signer == nil)
    }

    @Test("whose service finds a fault gets that signed, with the request that it answers; AE hands it on as it is")
    func signedFault() async throws {
        let signed = Array(Self.message("Signed").utf8)
        let fault = MSSFault(.userCancel, "The user said no.", specifier: 4011)
        var home = try home(ScriptedSecurity(signed: signed))
        let service = ScriptedService { _, _ throws(MSSFault) in throw fault }
        home.services = WireServices(signatures: service, security: home.services?.security)
        let found = try await home.run { port in
            await #expect(throws: MSSFault.self) { try await pass(Self.envelope(), Sample.call(Sample.ap), port) }
        }
        let told = try #require(found)
        #expect(told.code == .userCancel && told.detail == "The user said no.")
        let envelope = try #require(told.envelope)
        let text = String(decoding: envelope, as: UTF8.self)
        let digest = Data(SHA256.hash(data: signed)).base64EncodedString()
        #expect(text.contains(">sealed<") && text.contains("mss:_401") && text.contains("fi:_4011"), "\(text)")
        #expect(text.contains("RequestDigest=\"\(digest)\"") && !text.contains("urn:mssp:mesh"), "\(text)")
        let edge = try edge(ScriptedSecurity(fault: told))
        let ap = try caller(Sample.ap, under: pki.providers)
        let answer = try await edge.run { try await ap.post($0, .signature, Self.envelope()) }
        #expect(answer.status == 500 && Array(answer.text.utf8) == envelope)
    }

    @Test("comes back from the home as the fault that it is, unsigned where no signature was found good")
    func fault() async throws {
        let fault = MSSFault(.unauthorizedAccess, "Not signed.", specifier: 1046)
        let home = try home(ScriptedSecurity(fault: fault))
        let found = try await home.run { port in
            await #expect(throws: MSSFault.self) { try await pass(Self.envelope(), Sample.call(Sample.ap), port) }
        }
        #expect(found == fault)
    }

    @Test("is refused at the home where something else was signed")
    func otherThanAsked() async throws {
        let status = """
            <mss:MSS_StatusReq xmlns:mss="\(Namespace.mss)" MajorVersion="1" MinorVersion="1" MSSP_TransID="h1"><mss:AP_Info \
            AP_ID="\(Sample.apID)" AP_TransID="T1" AP_PWD="" Instant="2026-01-01T00:00:00Z"/><mss:MSSP_Info><mss:MSSP_ID/>\
            </mss:MSSP_Info></mss:MSS_StatusReq>
            """
        for signed in [Self.message("x", ap: "http://other.test.mssp/ap"), status, "<x/>", ""] {
            let home = try home(ScriptedSecurity(signed: Array(signed.utf8)))
            let fault = try await home.run { port in
                await #expect(throws: MSSFault.self) { try await pass(Self.envelope(), Sample.call(Sample.ap), port) }
            }
            #expect(home.service.calls.isEmpty && fault?.envelope != nil)
        }
    }

    @Test("brings no word of its own on the call, and nobody else's but one")
    func contexts() async throws {
        let security = ScriptedSecurity(signed: Array(Self.message("Signed").utf8))
        let home = try home(security)
        let ae = try caller(Sample.ae, under: pki.mesh)
        let context = MeshContext(origin: Sample.ap, remaining: .seconds(20), trace: .random())
        var written = XMLWriter()
        context.write(to: &written)
        let own = "<e:Header>" + String(decoding: written.octets, as: UTF8.self) + "</e:Header>"
        let good = SignedMessages.value(context)
        let rows: [(envelope: [UInt8], fields: [String])] = [
            (Self.envelope(header: own), [good]), (Self.envelope(), [good, good]), (Self.envelope(), [""]),
            (Self.envelope(), ["x"]), (Self.envelope(), [Data("<x/>".utf8).base64EncodedString()]),
            (Self.envelope(), [good + good]),
        ]
        try await home.run { port in
            for row in rows {
                let answer = try await ae.connect { client in
                    var request = PlainCaller.request(port, .signature, row.envelope)
                    for field in row.fields { request.headers.add(name: SignedMessages.field, value: field) }
                    return try await PlainCaller.answer(to: request, on: client)
                }
                #expect(answer.status == 500 && answer.text.contains("mss:_101"), "\(row.fields)")
            }
        }
        #expect(security.envelopes.isEmpty && home.service.calls.isEmpty)
    }

    @Test("cannot be made at the edge by a header field, and is refused where nobody opens it")
    func field() async throws {
        let context = SignedMessages.value(MeshContext(origin: Sample.me, remaining: .seconds(20), trace: .random()))
        let security = ScriptedSecurity(takes: false)
        let edge = try edge(security)
        let ap = try caller(Sample.ap, under: pki.providers)
        let answer = try await edge.run { port in
            try await ap.connect { client in
                var request = PlainCaller.request(port, .signature, Self.envelope())
                request.headers.add(name: SignedMessages.field, value: context)
                return try await PlainCaller.answer(to: request, on: client)
            }
        }
        #expect(answer.status == 200)
        #expect(edge.service.calls.first.map { $0.origin == nil && $0.signer == nil } == true)
        let home = try home(nil)
        _ = try await home.run { port in
            await #expect(throws: MSSFault.self) { try await pass(Self.envelope(), Sample.call(Sample.ap), port) }
        }
        #expect(home.service.calls.isEmpty)
    }

    @Test("has a context that is read back or not at all, whatever is cut off or changed")
    func damagedContext() {
        let context = MeshContext(
            origin: Sample.ap,
            certificate: String(repeating: "a", count: 64),
            remaining: .seconds(20),
            trace: .random()
        )
        let value = SignedMessages.value(context)
        #expect(SignedMessages.context(value) == context)
        for length in 0..<value.count { _ = SignedMessages.context(String(value.prefix(length))) }
        for index in value.utf8.indices {
            var octets = Array(value.utf8)
            octets[value.utf8.distance(from: value.startIndex, to: index)] ^= 4
            _ = SignedMessages.context(String(decoding: octets, as: UTF8.self))
        }
        #expect(SignedMessages.context(String(value.dropLast(8))) == nil)
        #expect(SignedMessages.context(String(repeating: value, count: 40)) == nil)
    }

    @Test("tells its route beside the octets that were signed, and is answered so, faults included")
    func route() async throws {
        let fault = MSSFault(.userCancel)
        for service in [ScriptedService(), ScriptedService { _, _ throws(MSSFault) in throw fault }] {
            var home = try home(ScriptedSecurity(signed: Array(Self.message("Signed").utf8)))
            home.settings.roaming = RoamingRules(identity: WirePKI.server, requiredOf: [Sample.ae])
            home.services = WireServices(signatures: service, security: home.services?.security)
            let ae = try caller(Sample.ae, under: pki.mesh)
            let (trace, context) = (
                TraceID.random(), MeshContext(origin: Sample.ap, remaining: .seconds(20), trace: .random())
            )
            let sender = RoamingSender(identity: Sample.ae, home: WirePKI.server)
            let told = SignedMessages.value(sender.header(remaining: .seconds(3), trace, at: Date()))
            let answer = try await home.run { port in
                try await ae.connect { client in
                    var request = PlainCaller.request(port, .signature, Self.envelope())
                    request.headers.add(name: SignedMessages.field, value: SignedMessages.value(context))
                    request.headers.add(name: SignedMessages.routeField, value: told)
                    return try await PlainCaller.answer(to: request, on: client)
                }
            }
            let back = try #require(answer.headers[SignedMessages.routeField].first)
            #expect(sender.isAnswered(by: try SignedMessages.route(back), trace) && answer.text.contains(">sealed<"))
            let left = try #require(service.calls.first).deadline - .now
            #expect(left < .seconds(3))
        }
    }

    @Test("whose route is not told as the home wants it is the operator's to mend: nothing is opened or begun")
    func routeRefused() async throws {
        for (roams, tells, code) in [(true, false, 701), (false, true, 108)] {
            let security = ScriptedSecurity(signed: Array(Self.message("Signed").utf8))
            var home = try home(security)
            if roams { home.settings.roaming = RoamingRules(identity: WirePKI.server, requiredOf: [Sample.ae]) }
            let fault = try await home.run { port in
                await #expect(throws: MSSFault.self) {
                    try await pass(Self.envelope(), Sample.call(Sample.ap), port, tells: tells)
                }
            }
            #expect(fault?.code == .unableToProvideServices && fault?.detail?.contains("(\(code))") == true)
            #expect(fault?.envelope == nil && security.envelopes.isEmpty)
        }
    }

    @Test("has one route at most, in its field, and a provider's own envelope brings none")
    func routes() async throws {
        let security = ScriptedSecurity(signed: Array(Self.message("Signed").utf8))
        var home = try home(security)
        home.settings.roaming = RoamingRules(identity: WirePKI.server, requiredOf: [])
        let ae = try caller(Sample.ae, under: pki.mesh)
        let context = SignedMessages.value(MeshContext(origin: Sample.ap, remaining: .seconds(20), trace: .random()))
        let sender = RoamingSender(identity: Sample.ae, home: WirePKI.server)
        let route = sender.header(remaining: .seconds(3), .random(), at: Date())
        let good = SignedMessages.value(route)
        var written = XMLWriter()
        RoamingCodec.write(route, .v12, to: &written)
        let block = String(decoding: written.octets, as: UTF8.self).replacing("soapenv:", with: "e:")
        let rows: [(envelope: [UInt8], fields: [String])] = [
            (Self.envelope(), [good, good]), (Self.envelope(), [""]), (Self.envelope(), ["x"]),
            (Self.envelope(), [Data("<x/>".utf8).base64EncodedString()]),
            (Self.envelope(header: "<e:Header>\(block)</e:Header>"), []),
        ]
        try await home.run { port in
            for row in rows {
                let answer = try await ae.connect { client in
                    var request = PlainCaller.request(port, .signature, row.envelope)
                    request.headers.add(name: SignedMessages.field, value: context)
                    for field in row.fields { request.headers.add(name: SignedMessages.routeField, value: field) }
                    return try await PlainCaller.answer(to: request, on: client)
                }
                #expect(answer.status == 500 && answer.text.contains("mss:_101"), "\(answer.text)")
            }
        }
        #expect(security.envelopes.isEmpty)
    }

    @Test("has a route that is read back or refused, whatever is cut off or changed")
    func damagedRoute() throws {
        let sender = RoamingSender(identity: Sample.ae, home: WirePKI.server)
        let route = sender.header(remaining: .seconds(3), .random(), at: Date(timeIntervalSince1970: 1_800_000_000))
        let value = SignedMessages.value(route)
        #expect(try SignedMessages.route(value) == route)
        for length in 0..<value.utf8.count - 8 {
            #expect(throws: MSSFault.self) { try SignedMessages.route(String(value.prefix(length))) }
        }
        for octets in DamagedOctets.bitFlips(of: Array(Data(base64Encoded: value) ?? Data())) {
            _ = try? SignedMessages.route(Data(octets).base64EncodedString())
        }
        #expect(throws: MSSFault.self) { try SignedMessages.route(String(repeating: "A", count: 20_000)) }
    }

    /// The acquiring entity's client.
    private func pass(
        _ envelope: [UInt8],
        _ call: Call,
        _ port: Int,
        tells: Bool = false
    ) async throws -> SignedAnswer {
        let credential = try pki.mesh.issue(uris: [Sample.ae.uri], for: [.client])
        let connection = MeshConnection(
            to: "https://localhost:\(port)",
            server: WirePKI.server,
            credential: try credential.credential(trusting: pki.mesh),
            tally: NoTally(),
            logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() },
            roaming: tells ? RoamingSender(identity: Sample.ae, home: WirePKI.server) : nil
        )
        let message = SignedMessage(
            .signature(Sample.signature()),
            envelope: envelope,
            contentType: SOAPShape.plain.version.contentType
        )
        let result: Result<SignedAnswer, any Error>
        do {
            result = .success(try await SignedMessageClient(to: connection).pass(message, call.onBehalfOfPeer()))
        } catch {
            result = .failure(error)
        }
        await connection.shutdown()
        return try result.get()
    }
}
