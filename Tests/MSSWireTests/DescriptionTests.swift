import AsyncHTTPClient
import MSSCore
import MSSTestSupport
import NIOCore
import NIOHTTP1
import Testing

@testable import MSSWire

@Suite("What toolkits make a client from")
struct DescriptionTests {
    private let pki: WirePKI
    private let caller: PlainCaller

    init() throws {
        pki = try WirePKI()
        let provider = try pki.providers.issue(uris: [Sample.ap.uri], for: [.client]).material(trusting: pki.mesh)
        caller = try PlainCaller(provider, trusting: pki.mesh)
    }

    private func edge(_ gate: PeerGate = .everyone([.signature, .status])) throws -> ServerFixture {
        var edge = ServerFixture(.edge, try pki.listener(trusting: pki.providers), gate: gate)
        edge.services = WireServices(signatures: edge.service)
        return edge
    }

    private func get(
        _ path: String,
        of server: ServerFixture,
        _ method: HTTPMethod = .GET,
        host: String? = nil
    ) async throws -> (answer: PlainCaller.Answer, port: Int) {
        try await server.run { port in
            var request = PlainCaller.request(port)
            request.url = "https://127.0.0.1:\(port)\(path)"
            (request.method, request.body, request.headers) = (method, nil, [:])
            if let host { request.headers.add(name: "Host", value: host) }
            let answer = try await caller.connect { [request] in try await PlainCaller.answer(to: request, on: $0) }
            return (answer, port)
        }
    }

    @Test(
        "stands at every path, with the address that the caller used",
        arguments: [
            "/soap/services/MSS_SignaturePort?wsdl", "/soap/services/MSS_StatusQueryPort?WSDL", "/soap/services?wsdl",
            "/soap?wsdl", "/MSSP/services/MSS_Signature?wsdl", "/MSSP/services/MSS_StatusPort?wsdl",
            "/MSS_Signature?wsdl",
        ]
    )
    func paths(_ path: String) async throws {
        let edge = try edge()
        let (answer, port) = try await get(path, of: edge)
        #expect(answer.status == 200)
        #expect(answer.headers.first(name: "Content-Type") == "text/xml; charset=utf-8")
        let base = "https://127.0.0.1:\(port)"
        for operation in [WireOperation.signature, .status] {
            for soap in ["soap", "soap12"] {
                let address = #"<\#(soap):address location="\#(base)/soap/services/\#(operation.port)"/>"#
                #expect(answer.text.contains(address), "\(address)")
            }
        }
        #expect(answer.text.contains(#"schemaLocation="\#(base)/soap/services?xsd=ts102204.xsd""#))
        #expect(!answer.text.contains(ServiceDescription.base))
        #expect(!answer.text.contains("MSS_Registration") && !answer.text.contains("ProviderDirectory"))
        #expect(answer.text.contains(#"schemaLocation="\#(base)/soap/services?xsd=own.xsd""#))
        #expect(edge.tally.count(of: "wire_pages{page=wsdl}") == 1)
    }

    @Test("each name that it refers to is there, and each message is of the schema")
    func references() throws {
        let operations: [WireOperation] = [
            .signature, .status, .receipt, .profile, .handshake, .registration, .cancel, .fit,
        ]
        let description = try #require(ServiceDescription(of: WireOperation.allCases))
        let address = try #require(PublicAddress("https://mss.example.com"))
        let root = try XMLDocument(try #require(description.octets(of: .wsdl, at: address))).root
        func names(_ element: String) -> Set<String> {
            Set(root.children.filter { $0.name == element }.compactMap { $0.attribute("name") })
        }
        func referred(_ element: XMLElement, _ name: String, _ attribute: String) -> [String] {
            let own = element.name == name ? element.attribute(attribute).map { [$0] } ?? [] : []
            return own + element.children.flatMap { referred($0, name, attribute) }
        }
        let local = { (name: String) in String(name.split(separator: ":").last ?? "") }
        for (element, name, attribute) in [
            ("message", "input", "message"), ("message", "output", "message"), ("portType", "binding", "type"),
            ("binding", "port", "binding"),
        ] {
            let used = Set(referred(root, name, attribute).filter { $0.hasPrefix("tns:") }.map(local))
            #expect(used.count >= 2 && used.isSubset(of: names(element)), "\(name): \(used)")
        }
        let schema = Written.text(PackageResources.ts102204_xsd) + Written.text(PackageResources.own_xsd)
        for type in referred(root, "part", "type").map(local) {
            #expect(schema.contains(#"<xs:complexType name="\#(type)""#), "\(type)")
        }
        let bodies = referred(root, "body", "namespace")
        #expect(bodies.count == 4 * operations.count && Set(bodies) == [WSDLWriter.target])
    }

    @Test("its schemas are served beside it, each with the addresses of those that it imports")
    func schemas() async throws {
        let (plain, _) = try await get("/soap/services?xsd=ts102204.xsd", of: try edge())
        #expect(plain.status == 200)
        #expect(plain.text.contains(#"targetNamespace="http://uri.etsi.org/TS102204/v1.1.2#""#))
        for (name, element) in [("batch", "BatchSignatureRequest"), ("documents", "AdditionalSignatureRequest")] {
            let (answer, _) = try await get("/soap/services?xsd=\(name).xsd", of: try edge())
            #expect(answer.status == 200 && answer.text.contains(#"<xs:element name="\#(element)""#))
        }
        let (importing, port) = try await get("/MSS_Signature?xsd=ficom.xsd", of: try edge())
        let location = #"schemaLocation="https://127.0.0.1:\#(port)/soap/services?xsd=ts102204.xsd""#
        #expect(importing.text.contains(location))
        for name in ["", "mss.xsd", "../mss.xsd", "ts102204.xsd&x=y"] {
            let (none, _) = try await get("/soap/services?xsd=\(name)", of: try edge())
            #expect(none.status == 404, "\(name)")
        }
    }

    @Test("a public address that is configured stands there whatever the caller says")
    func publicAddress() async throws {
        var edge = try edge()
        edge.settings.publicAddress = PublicAddress("https://mss.example.com/bank/")
        let (answer, _) = try await get("/soap/services?wsdl", of: edge, host: "elsewhere.example")
        #expect(answer.text.contains(#"location="https://mss.example.com/bank/soap/services/MSS_SignaturePort""#))
        #expect(!answer.text.contains("elsewhere"))
    }

    @Test(
        "a Host field that is none is refused",
        arguments: ["a b", "a\"/><x", "a:b", "a:99999", "a/b", "user@a", "[::1"]
    )
    func badHost(_ host: String) async throws {
        let (answer, _) = try await get("/soap/services?wsdl", of: try edge(), host: host)
        #expect(answer.status == 400)
        #expect(!answer.text.contains("definitions"))
    }

    @Test("addresses are read as strictly")
    func addresses() {
        for text in ["https://a", "https://a:1", "https://a.b-c:65535/x/y", "https://[::1]:9061", "https://10.0.0.1/"] {
            #expect(PublicAddress(text) != nil, "\(text)")
        }
        for text in [
            "", "http://a", "https://", "https:///a", "https://a:0", "https://a:", "https://a?b", "https://a#b",
            "https://a b", "https://u:p@a", "https://a/%20", "https://a/\"", "https://[::1", "https://ä",
            "https://a" + String(repeating: "b", count: 512),
        ] {
            #expect(PublicAddress(text) == nil, "\(text)")
        }
        #expect(PublicAddress("https://a.example/b/")?.text == "https://a.example/b")
        #expect(PublicAddress(authority: "localhost:9061")?.text == "https://localhost:9061")
        #expect(PublicAddress(authority: nil) == nil)
    }

    @Test("is told to those who may call, and to nobody inside the mesh")
    func gate() async throws {
        let gate = PeerGate([Sample.ap: [.status]])
        let (none, _) = try await get("/soap/services/MSS_SignaturePort?wsdl", of: try edge(gate))
        #expect(none.status == 403)
        let (some, _) = try await get("/soap/services/MSS_StatusQueryPort?wsdl", of: try edge(gate))
        #expect(some.status == 200)
        var home = ServerFixture(.mesh, try pki.listener(trusting: pki.providers))
        home.service = ScriptedService()
        let (inside, _) = try await get("/soap/services/MSS_SignaturePort?wsdl", of: home)
        #expect(inside.status == 405)
    }

    @Test("other queries are none, and it is not posted to")
    func otherQueries() async throws {
        for query in ["?", "?wsdl=1", "?Wsdl", "?x", "?wsdl&x"] {
            let (answer, _) = try await get("/soap/services/MSS_SignaturePort\(query)", of: try edge())
            #expect(answer.status == 405, "\(query)")
        }
        let (posted, _) = try await get("/soap/services/MSS_SignaturePort?wsdl", of: try edge(), .POST)
        #expect(posted.status == 415)
    }

    /// The manners that the standard's schema does not know, and why.
    private static let beyond: [String: String] = [
        "typescript": "TimeOut as an element, an AP_TransID with a digit first",
        "php-helper": "TimeOut as an element",
        "php-soap": "AdditionalServices without a service",
        "shell-receipt": "TimeOut of a receipt",
        "valimo-status": "MSSP_TransID as an element",
    ]

    @Test(
        "recorded requests follow its schema, but for what their writers add to the standard",
        arguments: [
            "axis11", "bare", "default-namespace", "jax-ws", "jax-ws-status", "laverca", "php", "php-helper",
            "php-soap",
            "shell", "shell-receipt", "typescript", "valimo", "valimo-status", "wcf",
        ]
    )
    func vectors(_ name: String) throws {
        let request = try SOAPReader.request(try Written.vector(name))
        let schema = XMLSchema(PackageResources.ts102204_xsd)
        let isValid = (try? request.validate(by: schema)) != nil
        #expect(isValid == (Self.beyond[name] == nil))
    }

    @Test("what this platform answers and asks follows its schema")
    func answers() throws {
        let schema = XMLSchema(PackageResources.ts102204_xsd)
        var detailed = Written.response()
        detailed.serviceResponses = [
            ServiceResponse(uri: AdditionalService.validate, entity: MeshMember(uri: "urn:home"), code: .crlExpired)
        ]
        var value = Written.response()
        value.certificate = [1, 2, 3]
        for response in [Written.response(), Written.response(.requestOK, signature: nil), detailed, value] {
            try Self.validate(SignatureCodec.encodeResponse(response, .plain), as: .signature, schema)
        }
        try Self.validate(StatusCodec.encodeResponse(Written.status(), .plain), as: .status, schema)
        let sim = ProfileResponse.SIM(state: .active, pin: ProfileResponse.PINStatus(isBlocked: false))
        let profile = ProfileResponse(
            header: Written.response().header,
            signatureProfiles: ["http://alauda.mobi/digitalSignature"],
            sim: sim
        )
        try Self.validate(ProfileCodec.encodeResponse(profile, .plain), as: .profile, schema)
        let receipt = ReceiptResponse(header: Written.response().header, reaction: .cancelled)
        try Self.validate(ReceiptCodec.encodeResponse(receipt, .plain), as: .receipt, schema)
        let found = CertificateResponse(header: Written.response().header, certificate: [1, 2, 3])
        try Self.validate(CertificateCodec.encodeResponse(found, .plain), as: .registration, schema)
        let handshake = HandshakeResponse(header: Written.response().header, transactionID: "h1")
        try Self.validate(HandshakeCodec.encodeResponse(handshake, .plain), as: .handshake, schema)
        try SOAPReader.request(PlainCaller.envelope()).validate(by: schema)
        try SOAPReader.request(StatusCodec.encodeRequest(Sample.status("h1"), Written.mesh)).validate(by: schema)
    }

    private static func validate(_ octets: [UInt8], as operation: WireOperation, _ schema: XMLSchema) throws {
        guard case .message(let message, let document) = try SOAPReader.response(octets, to: operation) else {
            Issue.record("no message")
            return
        }
        try document.validate(message, by: schema)
    }
}
