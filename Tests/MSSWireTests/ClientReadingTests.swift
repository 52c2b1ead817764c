import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

/// Answers, read in the manner of each client in the field: with greedy expressions over one line, by paths with fixed
/// prefixes, by qualified names.
@Suite("Answers as real clients read them")
struct ClientReadingTests {
    private static let id = "habcdefghijklmnopqrstuvwxyz"

    private func answer(to vector: String, _ change: (inout SignatureResponse) -> Void = { _ in }) throws -> String {
        let request = try SOAPReader.request(try Written.vector(vector))
        var response = Written.response(signature: [UInt8](repeating: 0xAB, count: 300))
        response.header = try SignatureCodec.decodeRequest(request).header
        response.mobileUser = try SignatureCodec.decodeRequest(request).mobileUser
        change(&response)
        return Written.text(SignatureCodec.encodeResponse(response, request.shape))
    }

    private func fault(_ code: MSSFault.Code, to vector: String, _ detail: String) throws -> String {
        let request = try SOAPReader.request(try Written.vector(vector))
        return Written.text(
            FaultCodec.encode(MSSFault(code, detail), request.shape, trace: Written.trace, inMesh: false)
        )
    }

    /// What a line's last match holds, as `sed` finds it with `.*` before and behind.
    private func last(_ text: String, _ pattern: String) throws -> String? {
        let expression = try NSRegularExpression(pattern: "^.*" + pattern + ".*$")
        let whole = NSRange(text.startIndex..., in: text)
        guard !text.contains("\n"), let match = expression.firstMatch(in: text, range: whole),
            let range = Range(match.range(at: 1), in: text)
        else { return nil }
        return String(text[range])
    }

    @Test("shells find each value of a signature on the one line, the older ones greedily")
    func shell() throws {
        let text = try answer(to: "shell")
        for (pattern, value) in [
            (#"AP_TransID="([^"]*)"#, "AP.TEST.12345.1234"), (#"AP_TransID="(.*)" AP_"#, "AP.TEST.12345.1234"),
            ("<mss:MSISDN>(.*)</mss:MSISDN>", "+358401234567"), (#"<mss:StatusCode Value="([^"]*)"#, "500"),
            (#"<mss:StatusCode Value="(.*)"/>"#, "500"), ("<mss:StatusMessage>(.*)</mss:StatusMessage>", "SIGNATURE"),
            (#"MSSP_TransID="([^"]*)"#, Self.id), (#"MSSP_TransID="(.*)" xmlns:mss"#, Self.id),
            (
                "<mss:Base64Signature>(.*)</mss:Base64Signature>",
                Data(repeating: 0xAB, count: 300).base64EncodedString()
            ),
        ] {
            #expect(try last(text, pattern) == value, "\(pattern)")
        }
    }

    @Test("shells find each value of a fault, which stands in the literal prefixes", arguments: MSSFault.Code.allCases)
    func shellFault(_ code: MSSFault.Code) throws {
        let text = try fault(code, to: "shell", "Why <so> \"now\"?")
        for (pattern, value) in [
            ("<soapenv:Value>mss:_(.*)</soapenv:Value>", String(code.rawValue)),
            ("<soapenv:Text.*>(.*)</soapenv:Text>", code.name),
            ("<ns1:detail.*>(.*)</ns1:detail>", "Why &lt;so&gt; \"now\"?"),
        ] {
            #expect(try last(text, pattern) == value, "\(pattern)")
        }
    }

    @Test("shells find the same in JSON, where the last Value is the status code's and the last _ the fault's")
    func shellJSON() throws {
        var response = Written.response()
        response.serviceResponses = [
            ServiceResponse(uri: AdditionalService.validate, entity: MeshMember(uri: "urn:home"), code: .crlExpired)
        ]
        let text = Written.text(JSONCodec.encode(response))
        for (name, value) in [
            ("Value", "500"), ("StatusMessage", "SIGNATURE"), ("MSISDN", "+358401234567"), ("MSSP_TransID", Self.id),
            ("AP_TransID", response.header.apInfo.transID), ("Base64Signature", "AQID"),
        ] {
            #expect(try last(text, "\"\(name)\":\"([^\"]*)\"") == value, "\(name)")
        }
        for code in MSSFault.Code.allCases {
            let fault = Written.text(JSONFault.encode(MSSFault(code, "Why so?"), trace: Written.trace))
            #expect(try last(fault, #""Value":"_([^"]*)""#) == String(code.rawValue))
            #expect(try last(fault, #""Detail":"([^"]*)""#) == "Why so?")
        }
    }

    /// The element at a path of names, each with its namespace; `nil` where one is missing.
    private func element(_ text: String, _ path: [(String, String?)]) throws -> (XMLElement, XMLDocument)? {
        let document = try XMLDocument(Array(text.utf8), limits: .answer)
        guard let first = path.first, document.root.name == first.0, document.root.namespace == first.1 else {
            return nil
        }
        var found = document.root
        for (name, namespace) in path.dropFirst() {
            guard let next = found.children.first(where: { $0.name == name && $0.namespace == namespace }) else {
                return nil
            }
            found = next
        }
        return (found, document)
    }

    private func text(_ answer: String, _ path: [(String, String?)]) throws -> String? {
        guard let (element, document) = try element(answer, path) else { return nil }
        return withExtendedLifetime(document) { element.text }
    }

    private static func body(_ soap: String, _ more: (String, String?)...) -> [(String, String?)] {
        [("Envelope", soap), ("Body", soap)] + more
    }

    private static func names(_ names: [String], in namespace: String?) -> [(String, String?)] {
        names.map { ($0, namespace) }
    }

    @Test(
        ".NET clients find everything by paths of fixed names, the wrapper in no namespace, the rest in the standard's"
    )
    func paths() throws {
        let answer = try answer(to: "shell")
        let message = Self.body(
            Namespace.soap12,
            ("MSS_SignatureResponse", nil),
            ("MSS_SignatureResp", Namespace.mss)
        )
        func of(_ names: String...) throws -> String? {
            try text(answer, message + Self.names(names, in: Namespace.mss))
        }
        #expect(try of("MobileUser", "MSISDN") == "+358401234567")
        #expect(try of("Status", "StatusMessage") == "SIGNATURE")
        #expect(try of("MSS_Signature", "Base64Signature")?.contains(where: \.isWhitespace) == false)
        let (found, document) = try #require(try element(answer, message))
        withExtendedLifetime(document) {
            #expect(found.attribute("MSSP_TransID") == Self.id)
            #expect(found.child("Status")?.child("StatusCode")?.attribute("Value") == "500")
        }
        let fault = Self.body(Namespace.soap12, ("Fault", Namespace.soap12))
        let told = try self.fault(.userCancel, to: "shell", "The user cancelled.")
        func ofFault(_ names: String...) throws -> String? {
            try text(told, fault + Self.names(names, in: Namespace.soap12))
        }
        #expect(try ofFault("Code", "Subcode", "Value")?.wholeMatch(of: /mss:_\d{3}/) != nil)
        #expect(try ofFault("Reason", "Text") == "USER_CANCEL")
        #expect(try ofFault("Detail") != nil)
    }

    @Test("PHP clients strip the colon of each tag and find everything by the joined names")
    func joined() throws {
        func strip(_ text: String) -> String { text.replacing(/<(\/?)(\w+):/) { "<\($0.1)\($0.2)" } }
        let answer = strip(try answer(to: "php-helper"))
        func of(_ more: String...) throws -> String? {
            let message = ["soapenvEnvelope", "soapenvBody", "MSS_SignatureResponse", "mssMSS_SignatureResp"]
            return try text(answer, Self.names(message + more, in: nil))
        }
        #expect(try of("mssMobileUser", "mssMSISDN") == "+358401234567")
        #expect(try of("mssMSS_Signature", "mssBase64Signature")?.isEmpty == false)
        let told = strip(try fault(.unknownClient, to: "php-helper", "MSISDN is unknown."))
        let path = ["soapenvEnvelope", "soapenvBody", "soapenvFault", "soapenvCode", "soapenvSubcode", "soapenvValue"]
        #expect(try text(told, Self.names(path, in: nil))?.split(separator: "_").last == "105")
    }

    @Test(
        "stubs of laverca want the message qualified and a wrapper, those of JAX-WS their own wrapper and no namespace"
    )
    func stubs() throws {
        let kiuru = "http://uri.etsi.org/TS102204/etsi204-kiuru.wsdl"
        for (vector, soap, wrapper, message) in [
            ("laverca", Namespace.soap12, nil, Namespace.mss), ("jax-ws", Namespace.soap12, kiuru, nil),
            ("php-soap", Namespace.soap12, kiuru, nil), ("valimo", Namespace.soap12, nil, nil),
            ("wcf", Namespace.soap11, kiuru, nil),
        ] as [(String, String, String?, String?)] {
            let path = Self.body(
                soap,
                ("MSS_SignatureResponse", wrapper),
                ("MSS_SignatureResp", message),
                ("Status", Namespace.mss),
                ("StatusCode", Namespace.mss)
            )
            #expect(try element(try answer(to: vector), path) != nil, "\(vector)")
        }
        for vector in ["laverca", "jax-ws", "valimo", "wcf"] {
            #expect(try !answer(to: vector).contains("soap-rpc"), "no rpc:result, which none of them needs")
        }
    }

    @Test("laverca and Metro compare the local part of a fault's first subcode, in either version of SOAP")
    func subcodes() throws {
        for code in MSSFault.Code.allCases {
            let new = Self.names(["Envelope", "Body", "Fault", "Code", "Subcode", "Value"], in: Namespace.soap12)
            for vector in ["laverca", "jax-ws"] {
                #expect(try text(try fault(code, to: vector, "So."), new) == "mss:_\(code.rawValue)")
            }
            let old = Self.body(Namespace.soap11, ("Fault", Namespace.soap11), ("faultcode", nil))
            #expect(try text(try fault(code, to: "axis11", "So."), old) == "mss:_\(code.rawValue)")
        }
    }

    @Test("a PHP client of Kiuru finds the certificates in the first service's answer, a list of base64 texts")
    func certificates() throws {
        var response = Written.response()
        response.serviceResponses = [
            ServiceResponse(
                uri: AdditionalService.Name.signingCertificate.uri,
                entity: MeshMember(uri: "urn:home"),
                .signingCertificate([[1, 2, 3]])
            )
        ]
        let object = try JSONSerialization.jsonObject(with: Data(JSONCodec.encode(response))) as? [String: Any]
        let services = (object?["MSS_SignatureResp"] as? [String: Any])?["ServiceResponses"] as? [[String: Any]]
        let found = (services?.first?["SigningCertificate"] as? [String: Any])?["Certificates"]
        #expect(found as? [String] == ["AQID"])
    }

    @Test("a number comes back as it was written, with a plus sign or without")
    func numbers() throws {
        #expect(try answer(to: "shell").contains("<mss:MSISDN>+358401234567</mss:MSISDN>"))
        #expect(try answer(to: "jax-ws").contains("<mss:MSISDN>358401234567</mss:MSISDN>"))
    }
}
