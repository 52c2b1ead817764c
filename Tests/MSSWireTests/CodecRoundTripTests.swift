import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("Messages between the platform's services")
struct CodecRoundTripTests {
    private static let shapes: [SOAPShape] = {
        var old = SOAPShape.plain
        old.version = .v11
        var foreign = SOAPShape.plain
        foreign.wrapperNamespace = "urn:a&b'c"
        foreign.isQualified = false
        return [.plain, old, foreign]
    }()

    @Test("a signature request arrives as it was sent")
    func signatureRequest() throws {
        var request = Sample.signature("@ä€ñ_\nПодпись <&>]]>", mode: .asynchClientServer)
        request.header.apInfo.url = "http://ap.test/?a=1&b=\"2\""
        request.header.msspInfo = MSSPInfo(
            msspID: MeshMember(uri: "urn:h"),
            instant: Date(timeIntervalSince1970: 1_767_225_600.125)
        )
        request.mobileUser.homeMSSP = MeshMember(dnsName: "h.test")
        request.mobileUser.userIdentifier = "u@h"
        request.dataToBeDisplayed = DataToBeSigned("Show")
        request.signatureProfile = "urn:p"
        request.format = "urn:f"
        request.additionalServices = [
            AdditionalService(uri: AdditionalService.validate), AdditionalService(uri: "urn:s"),
            AdditionalService(uri: AdditionalService.Name.eventID.uri, value: "A1<&>"),
            AdditionalService(uri: AdditionalService.Name.noSpam.uri, value: "", isVerified: false),
            AdditionalService(uri: AdditionalService.Name.userLang.uri),
            AdditionalService(
                uri: AdditionalService.Name.batchSign.uri,
                document: DocumentToBeSigned(
                    DataToBeSigned("<&>ä", mimeType: "text/plain", encoding: "UTF-8"),
                    displayed: DataToBeSigned("Shown")
                )
            ),
            AdditionalService(uri: AdditionalService.Name.batchSign.uri),
            AdditionalService(
                uri: AdditionalService.Name.documentSign.uri,
                document: DocumentToBeSigned(
                    DataToBeSigned("Two"),
                    signatureProfile: "urn:p2",
                    format: "urn:f2",
                    reference: "r\"<&>\n7"
                )
            ),
            AdditionalService(
                uri: AdditionalService.Name.documentSign.uri,
                document: DocumentToBeSigned(DataToBeSigned("Three"))
            ),
        ]
        request.validityDate = Date(timeIntervalSince1970: 1_767_225_900.5)
        let read = try SOAPReader.request(SignatureCodec.encodeRequest(request, Written.mesh))
        #expect(read.shape == .plain)
        #expect(try SignatureCodec.decodeRequest(read) == request)
        let short = Sample.signature()
        let octets = SignatureCodec.encodeRequest(short, Written.mesh)
        #expect(try SignatureCodec.decodeRequest(SOAPReader.request(octets)) == short)
    }

    @Test("a signature response arrives as it was sent, in every shape")
    func signatureResponse() throws {
        let signed = Written.response(.validSignature, signature: (0...255).map { UInt8($0) })
        let accepted = Written.response(.requestOK, signature: nil)
        for (shape, response) in Self.shapes.flatMap({ [($0, signed), ($0, accepted)] }) {
            let octets = SignatureCodec.encodeResponse(response, shape)
            let (message, document) = try SOAPReader.message(octets, to: .signature)
            #expect(try SignatureCodec.decodeResponse(message) == response)
            withExtendedLifetime(document) {}
        }
    }

    @Test("what additional services answer arrives as it was sent")
    func serviceAnswers() throws {
        var response = Written.response(.validSignature, signature: [0x30])
        response.serviceResponses = [
            ServiceResponse(uri: "urn:c", entity: MeshMember(uri: "urn:home"), .signingCertificate([[1, 2], [3]])),
            ServiceResponse(
                uri: "urn:i",
                entity: MeshMember(uri: "urn:home"),
                .subscriberInfo([SubscriberDetail(id: "1901", value: "24491")])
            ),
            ServiceResponse(uri: ServiceResponse.traceURI, entity: MeshMember(uri: "urn:ae"), .trace(Written.trace)),
            ServiceResponse(uri: "urn:t", entity: MeshMember(uri: "urn:home"), .done),
            ServiceResponse(
                uri: AdditionalService.Name.batchSign.uri,
                entity: MeshMember(uri: "urn:home"),
                .batch([
                    BatchSignature(SignatureOctets([0x30]), displayed: DataToBeSigned("One", mimeType: "text/plain")),
                    BatchSignature(SignatureOctets([1], certificate: [2]), displayed: DataToBeSigned("<&>")),
                ])
            ),
            ServiceResponse(
                uri: AdditionalService.Name.documentSign.uri,
                entity: MeshMember(uri: "urn:home"),
                .documents([
                    DocumentSignature(reference: "r\"7", signature: SignatureOctets([0x31]), status: .validSignature),
                    DocumentSignature(reference: nil, signature: nil, status: .outstandingTransaction),
                ])
            ),
        ]
        for shape in Self.shapes {
            let (message, document) = try SOAPReader.message(
                SignatureCodec.encodeResponse(response, shape),
                to: .signature
            )
            #expect(try SignatureCodec.decodeResponse(message) == response)
            withExtendedLifetime(document) {}
        }
        let json = Written.text(JSONCodec.encode(response))
        #expect(!json.contains("Roles"))
        for roles in [["ra-user", "<&>"], []] {
            response.serviceResponses.append(
                ServiceResponse(
                    uri: AdditionalService.Name.role.uri,
                    entity: MeshMember(uri: "urn:home"),
                    .roles(roles)
                )
            )
            let octets = SignatureCodec.encodeResponse(response, .plain)
            let (message, document) = try SOAPReader.message(octets, to: .signature)
            #expect(try SignatureCodec.decodeResponse(message) == response)
            withExtendedLifetime(document) {}
        }
        // Some clients look for roles in each answer.
        let roles = Written.text(JSONCodec.encode(response))
        #expect(roles.split(separator: #""Roles":["#).count == response.serviceResponses.count + 1)
        #expect(roles.contains(#""Roles":["ra-user","<&>"]"#))
        #expect(json.contains(#""SigningCertificate":{"Certificates":["AQI=","Aw=="]}"#))
        #expect(json.contains(#""SubscriberInfo":{"Details":[{"id":"1901","value":"24491"}]}"#))
        #expect(
            json.contains(
                #"{"Description":"urn:mssp:service:1#trace","Entity":{"URI":"urn:ae"},"TraceID":"\#(Written.trace)"}"#
            )
        )
        #expect(
            json.contains(
                #""BatchSignatureResponses":[{"DTBD":"One","MSS_Signature":{"Base64Signature":"MA=="}},"#
            )
        )
        #expect(
            json.contains(
                #""AdditionalSignatureResponse":[{"DocumentRef":"r\"7","MSS_Signature":{"Base64Signature":"MQ=="},"#
                    + #""Status":{"StatusCode":{"Value":"502"},"StatusMessage":"VALID_SIGNATURE"}},"#
            )
        )
    }

    @Test("a signature value arrives with its certificate in FiCom's element, and lacks neither")
    func fiCom() throws {
        for shape in Self.shapes {
            var response = Written.response()
            response.certificate = (0...255).map { UInt8($0) }
            let octets = SignatureCodec.encodeResponse(response, shape)
            let (message, document) = try SOAPReader.message(octets, to: .signature)
            #expect(try SignatureCodec.decodeResponse(message) == response)
            withExtendedLifetime(document) {}
        }
        var status = Written.status()
        status.certificate = [4, 5]
        let octets = StatusCodec.encodeResponse(status, .plain)
        let good = Written.text(octets)
        let value = "<fi:SignatureValue>AQID</fi:SignatureValue>"
        #expect(
            good.contains("#\">\(value)<fi:X509Certificate>BAU=</fi:X509Certificate></fi:PKCS1></mss:MSS_Signature>")
        )
        let (message, document) = try SOAPReader.message(octets, to: .status)
        #expect(try StatusCodec.decodeResponse(message) == status)
        withExtendedLifetime(document) {}
        for bad in [
            good.replacing(value, with: ""), good.replacing("BAU=", with: "B"), good.replacing("AQID", with: "?"),
        ] {
            let (message, document) = try SOAPReader.message(Array(bad.utf8), to: .status)
            #expect(throws: MSSFault.self) { try StatusCodec.decodeResponse(message) }
            withExtendedLifetime(document) {}
        }
    }

    @Test("what additional services answer arrives as it was sent, beside a status that does not change")
    func services() throws {
        let answers = [MSSFault.Code.crlProblem, .crlExpired].map { code in
            ServiceResponse(uri: AdditionalService.validate, entity: MeshMember(uri: "urn:home"), code: code)
        }
        for shape in Self.shapes {
            var response = Written.response()
            response.serviceResponses = answers
            let octets = SignatureCodec.encodeResponse(response, shape)
            let (message, document) = try SOAPReader.message(octets, to: .signature)
            #expect(try SignatureCodec.decodeResponse(message) == response)
            withExtendedLifetime(document) {}
        }
        var status = Written.status()
        status.serviceResponses = answers
        let (message, document) = try SOAPReader.message(StatusCodec.encodeResponse(status, .plain), to: .status)
        #expect(try StatusCodec.decodeResponse(message) == status)
        withExtendedLifetime(document) {}
    }

    @Test("a service's answer that nobody knows, and more than there can be, are faults before a provider sees them")
    func foreignServices() throws {
        var response = Written.response()
        let answer = ServiceResponse(uri: AdditionalService.validate, entity: MeshMember(), code: .crlProblem)
        response.serviceResponses = [answer]
        let good = Written.text(SignatureCodec.encodeResponse(response, .plain))
        let uri = "<mss:mssURI>\(AdditionalService.validate)</mss:mssURI>"
        try #require(good.contains("Value=\"423\"") && good.contains(uri))
        for bad in [
            good.replacing("Value=\"423\"", with: "Value=\"499\""),
            good.replacing("Value=\"423\"", with: "Value=\"x\""),
            good.replacing(uri, with: ""),
        ] {
            let (message, document) = try SOAPReader.message(Array(bad.utf8), to: .signature)
            #expect(throws: MSSFault.self) { try SignatureCodec.decodeResponse(message) }
            withExtendedLifetime(document) {}
        }
        response.serviceResponses = Array(repeating: answer, count: 17)
        let many = SignatureCodec.encodeResponse(response, .plain)
        let (message, document) = try SOAPReader.message(many, to: .signature)
        #expect(throws: MSSFault.self) { try SignatureCodec.decodeResponse(message) }
        withExtendedLifetime(document) {}
    }

    @Test("a status request and its response arrive as they were sent")
    func status() throws {
        let request = Sample.status("habcdefghijklmnopqrstuvwxyz")
        #expect(
            try StatusCodec.decodeRequest(SOAPReader.request(StatusCodec.encodeRequest(request, Written.mesh)))
                == request
        )
        for response in [Written.status(), Written.status(.outstandingTransaction, signature: nil)] {
            let (message, document) = try SOAPReader.message(StatusCodec.encodeResponse(response, .plain), to: .status)
            #expect(try StatusCodec.decodeResponse(message) == response)
            withExtendedLifetime(document) {}
        }
    }

    @Test("a status without an id, or with one too long, is 101 as for an unknown one")
    func statusID() throws {
        for id in ["", " MSSP_TransID=\"\"", " MSSP_TransID=\"\(String(repeating: "a", count: 65))\""] {
            let text = Written.text(StatusCodec.encodeRequest(Sample.status("x"), Written.mesh))
                .replacing(" MSSP_TransID=\"x\"", with: id)
            let request = try SOAPReader.request(Array(text.utf8))
            let fault = try #require(throws: MSSFault.self) { try StatusCodec.decodeRequest(request) }
            #expect(fault.code == .wrongParam)
        }
    }

    @Test("a status that does not go with its signature is a fault before a provider sees it")
    func inconsistent() throws {
        for response in [Written.status(.signature, signature: nil), Written.status(.outstandingTransaction)] {
            let (message, document) = try SOAPReader.message(StatusCodec.encodeResponse(response, .plain), to: .status)
            #expect(throws: MSSFault.self) { try StatusCodec.decodeResponse(message) }
            withExtendedLifetime(document) {}
        }
        for response in [Written.response(.validSignature, signature: nil), Written.response(.requestOK)] {
            let octets = SignatureCodec.encodeResponse(response, .plain)
            let (message, document) = try SOAPReader.message(octets, to: .signature)
            #expect(throws: MSSFault.self) { try SignatureCodec.decodeResponse(message) }
            withExtendedLifetime(document) {}
        }
    }

    @Test("a directory of a thousand providers arrives as it was signed")
    func directory() async throws {
        let request = try SOAPReader.request(DirectoryCodec.encodeRequest(Written.mesh))
        #expect(request.operation == .directory)
        try request.validate()
        let providers = (0..<1_000).map { number in
            ApplicationProvider(
                id: "http://ap\(number).test/ap",
                identities: [PeerIdentity(uri: "urn:ap:\(number)"), PeerIdentity(uri: "urn:ap:\(number):next")],
                acquiringEntities: [Sample.ae],
                displayName: "Bänk <\(number)>",
                showsOtherwise: number % 2 == 1,
                signsDigests: number % 3 == 1,
                wantsPreciseStatus: number % 5 == 1,
                signatures: number % 7 == 1 ? [.cms, .ades] : [.cms],
                readsProfiles: number % 11 == 1
            )
        }
        let identity = try TestIdentity()
        let directory = Sample.directory(providers)
        let octets = DirectoryCodec.encodeResponse(try identity.sign(directory), .plain)
        let (message, document) = try SOAPReader.message(octets, to: .directory)
        let signed = try DirectoryCodec.decodeResponse(message)
        #expect(try await identity.seal().read(signed, at: Date()) == directory)
        withExtendedLifetime(document) {}
    }
}
