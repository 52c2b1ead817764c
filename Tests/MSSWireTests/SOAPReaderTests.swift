import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("A SOAP envelope")
struct SOAPReaderTests {
    private func envelope(_ body: String, header: String = "", version: String = Namespace.soap12) -> [UInt8] {
        Array("<s:Envelope xmlns:s=\"\(version)\">\(header)<s:Body>\(body)</s:Body></s:Envelope>".utf8)
    }

    @Test("every operation is found by its wrapper, by its message alone, and under a wrapper of another name")
    func dispatch() throws {
        for operation in WireOperation.allCases {
            let message = "<\(operation.requestElement)/>"
            for body in [
                "<\(operation.rawValue)>\(message)</\(operation.rawValue)>", message, "<Other>\(message)</Other>",
            ] {
                #expect(try SOAPReader.request(envelope(body)).operation == operation)
            }
        }
    }

    @Test("what is no operation gets 101 without its name, what holds no message 102")
    func noOperation() throws {
        let unknown = try SOAPReader.refusal(envelope("<MSS_Personal358401234567/>"))
        #expect(unknown.fault.code == .wrongParam)
        #expect(unknown.fault.detail?.contains("358401234567") == false)
        #expect(
            try SOAPReader.refusal(envelope("<MSS_Notification><MSS_NotificationReq/></MSS_Notification>")).fault.code
                == .wrongParam
        )
        #expect(try SOAPReader.refusal(envelope("<MSS_Signature/>")).fault.code == .missingParam)
        #expect(try SOAPReader.refusal(envelope("<MSS_Signature><Other/></MSS_Signature>")).fault.code == .missingParam)
        #expect(try SOAPReader.refusal(envelope("")).fault.code == .missingParam)
    }

    @Test("what is no envelope gets a fault in SOAP 1.2")
    func noEnvelope() throws {
        for text in [
            "<Envelope/>", "<s:Other xmlns:s=\"\(Namespace.soap12)\"/>", "<s:Envelope xmlns:s=\"urn:other\"/>",
        ] {
            #expect(try SOAPReader.refusal(Array(text.utf8)).shape == .plain)
        }
    }

    @Test("a refusal keeps the version of its envelope")
    func version() throws {
        #expect(try SOAPReader.refusal(envelope("<Other/>", version: Namespace.soap11)).shape.version == .v11)
        let empty = Array("<s:Envelope xmlns:s=\"\(Namespace.soap11)\"/>".utf8)
        #expect(try SOAPReader.refusal(empty).shape.version == .v11)
    }

    @Test("a header block that must be understood is refused as SOAP says, in both versions")
    func mustUnderstand() throws {
        for (version, value) in [(Namespace.soap12, "true"), (Namespace.soap12, "1"), (Namespace.soap11, "1")] {
            let header = "<s:Header><x:Roaming xmlns:x=\"urn:x\" s:mustUnderstand=\"\(value)\"/></s:Header>"
            let refusal = try SOAPReader.refusal(envelope("<MSS_StatusReq/>", header: header, version: version))
            #expect(refusal.isMustUnderstand)
            let fault = Written.text(
                FaultCodec.encode(
                    refusal.fault,
                    refusal.shape,
                    trace: Written.trace,
                    inMesh: false,
                    isMustUnderstand: true
                )
            )
            #expect(fault.contains(">soapenv:MustUnderstand<"))
        }
    }

    @Test("other header blocks are passed over, WS-Security whatever it demands")
    func otherHeaders() throws {
        let security =
            "<w:Security xmlns:w=\"\(Namespace.wsSecurity)\" s:mustUnderstand=\"1\"><w:Password>a</w:Password></w:Security>"
        for block in ["", "<x:Y xmlns:x=\"urn:x\"/>", "<x:Y xmlns:x=\"urn:x\" s:mustUnderstand=\"false\"/>", security] {
            let header = "<s:Header>\(block)</s:Header>"
            #expect(try SOAPReader.request(envelope("<MSS_StatusReq/>", header: header)).mesh == nil)
        }
    }

    @Test("the platform's context goes from service to service")
    func context() throws {
        let octets = SignatureCodec.encodeRequest(Sample.signature(), Written.mesh)
        #expect(try SOAPReader.request(octets).mesh == Written.mesh)
        let endless = MeshContext(origin: nil, remaining: .seconds(Int64.max), trace: .random())
        let read = try SOAPReader.request(SignatureCodec.encodeRequest(Sample.signature(), endless)).mesh
        #expect(read == MeshContext(origin: nil, remaining: .seconds(86_400), trace: endless.trace))
        let late = MeshContext(origin: nil, remaining: .seconds(-5), trace: .random())
        #expect(try SOAPReader.request(DirectoryCodec.encodeRequest(late)).mesh?.remaining == .zero)
    }

    @Test("a context that is not whole, or stands twice, is refused")
    func brokenContext() throws {
        let good = [
            "Origin": "urn:a", "RemainingMilliseconds": "100", "Trace": "0123456789abcdef0123456789abcdef",
        ]
        func block(_ change: [String: String?] = [:]) -> String {
            let attributes = good.merging(change.compactMapValues { $0 }) { $1 }.filter { change[$0.key] != .some(nil) }
            let written = attributes.map { " \($0.key)=\"\($0.value)\"" }.joined()
            return "<m:Context xmlns:m=\"\(Namespace.mesh)\"\(written)/>"
        }
        func request(_ blocks: String) -> [UInt8] {
            envelope("<MSS_StatusReq/>", header: "<s:Header>\(blocks)</s:Header>")
        }
        #expect(try SOAPReader.request(request(block())).mesh?.origin == PeerIdentity(uri: "urn:a"))
        #expect(try SOAPReader.request(request(block(["Origin": nil]))).mesh?.origin == nil)
        for change in [
            ["Trace": nil], ["Trace": "0"], ["RemainingMilliseconds": nil], ["RemainingMilliseconds": "-1"],
            ["RemainingMilliseconds": "9223372036854775807"], ["RemainingMilliseconds": "99999999999999999999"],
            ["RemainingMilliseconds": "86400001"], ["Origin": ""],
            ["Origin": String(repeating: "a", count: 513)],
        ] {
            #expect(try SOAPReader.refusal(request(block(change))).fault.code == .wrongParam, "\(change)")
        }
        #expect(try SOAPReader.refusal(request(block() + block())).fault.code == .wrongParam)
    }

    @Test("an answer to another operation, or no answer at all, is not taken")
    func wrongAnswer() {
        let status = StatusCodec.encodeResponse(Written.status(), .plain)
        #expect(throws: XMLError.invalid) { try SOAPReader.response(status, to: .signature) }
        #expect(throws: XMLError.invalid) { try SOAPReader.response(Array("<html/>".utf8), to: .signature) }
        #expect(throws: XMLError.malformed) { try SOAPReader.response([], to: .signature) }
    }
}
