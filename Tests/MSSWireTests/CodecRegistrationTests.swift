import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("A registration")
struct CodecRegistrationTests {
    private static let msisdn = MSISDN("+358401234567")

    private func operations() throws -> [RegistrationOperation] {
        let msisdn = try #require(Self.msisdn)
        let code = try #require(VerifyCode("123456"))
        return [
            .importSIMCard(
                SIMCardImport(
                    iccid: try #require(ICCID("89358000000000000011")),
                    imsi: try #require(IMSI("244050000000001")),
                    msisdn: msisdn,
                    envelopedKeys: [UInt8](repeating: 0xA5, count: 16_384)
                )
            ),
            .createMobileUser(
                MobileUserCreation(msisdn: msisdn, givenName: "Ålice \"A\"", surName: "O'Näme & Co", language: "fi")
            ),
            .activateMobileUser(MobileUserActivation(msisdn: msisdn, verifyCode: code)),
            .generateKey(MobileUserActivation(msisdn: msisdn, verifyCode: code)),
            .activateMobileUser(
                MobileUserActivation(msisdn: msisdn, verifyCode: code, keyUse: .digests, algorithm: .p384)
            ),
            .generateKey(MobileUserActivation(msisdn: msisdn, verifyCode: code, keyUse: .nonRepudiation)),
            .installCertificate(msisdn, certificate: [0x30, 0x00], for: .digests),
            .installCertificate(msisdn, certificate: [0x30, 0x03, 0x02, 0x01, 0x05]), .getMobileUser(msisdn),
            .deactivateMobileUser(msisdn), .setNoSpamCode(msisdn, NoSpamCode("A1b2")), .setNoSpamCode(msisdn, nil),
        ]
    }

    @Test("every operation arrives as it was sent")
    func requests() throws {
        for operation in try operations() {
            for mode in [MessagingMode.synch, .asynchClientServer] {
                let sent = RegistrationRequest(header: Sample.header(), operation: operation, messagingMode: mode)
                let octets = RegistrationCodec.encodeRequest(sent, Written.mesh)
                let read = try RegistrationCodec.decodeRequest(SOAPReader.request(octets))
                #expect(read.header == sent.header)
                #expect(read.messagingMode == mode)
                #expect(read.operation.name == operation.name)
                // What a second writing gives holds every field.
                #expect(RegistrationCodec.encodeRequest(read, Written.mesh) == octets)
            }
        }
    }

    @Test("every outcome arrives as it was sent")
    func responses() throws {
        let record = MobileUserRecord(
            msisdn: try #require(Self.msisdn),
            iccid: try #require(ICCID("89358000000000000011")),
            givenName: "Ålice",
            surName: "<Näme>",
            language: "fi",
            state: .active,
            certificate: [1, 2, 3],
            otherCertificates: [.digests: [4], .nonRepudiation: [5, 6]]
        )
        var uncertified = record
        uncertified.certificate = nil
        let key = ProvenKey(
            publicKey: [4, 5, 6],
            subject: CertificateSubject(commonName: "Ålice", serialNumber: "S1")
        )
        for outcome in [.done, .mobileUser(record), .mobileUser(uncertified), .provenKey(key)]
            as [RegistrationResponse.Outcome]
        {
            let response = RegistrationResponse(header: Sample.header(), outcome: outcome)
            let octets = RegistrationCodec.encodeResponse(response, to: .getMobileUser, .plain)
            let (message, document) = try SOAPReader.message(octets, to: .registration)
            #expect(try RegistrationCodec.decodeResponse(message) == response)
            withExtendedLifetime(document) {}
        }
    }

    @Test("a key that the platform does not make is a wrong parameter that names the ones it makes")
    func unknownKey() throws {
        for (name, value, words) in [
            ("KeyUse", "wills", "authentication, non-repudiation, digests"),
            ("KeyUse", "Digests", "authentication, non-repudiation, digests"),
            ("KeyAlgorithm", "P-521", "P-256, P-384, RSA-2048, RSA-2048-PSS"),
        ] {
            var input = Input()
            input.name = "Name=\"ActivateMobileUser\""
            input.parameters = ["VerifyCode": "123456", name: value]
            let fault = try input.fault()
            #expect(fault.code == .wrongParam)
            #expect(fault.detail == "\(name) must be one of \(words).")
        }
    }

    @Test("an output repeats the input's id and holds the operation's status after its parameters")
    func output() throws {
        var input = Input()
        input.attributes = "InputId=\"_7\""
        let request = try SOAPReader.request(input.octets())
        let read = try RegistrationCodec.decodeRequest(request)
        let response = RegistrationResponse(header: read.header, outcome: .done)
        let text = Written.text(RegistrationCodec.encodeResponse(response, to: .createMobileUser, request.shape))
        #expect(
            text.contains(
                """
                <mss:Status><mss:StatusCode Value="100"/><mss:StatusMessage>REQUEST_OK</mss:StatusMessage>\
                <mss:StatusDetail><mreg:RegistrationOutput xmlns:mreg="\(Namespace.mreg)" InputId="_7">\
                <mreg:MregResponse><mreg:OperationOutput Name="CreateMobileUser"><mreg:Status>\
                <mreg:OperationStatusCode>100</mreg:OperationStatusCode>\
                <mreg:OperationStatusMessage>OPERATION_OK</mreg:OperationStatusMessage></mreg:Status>\
                </mreg:OperationOutput></mreg:MregResponse></mreg:RegistrationOutput></mss:StatusDetail></mss:Status>
                """
            )
        )
    }

    /// A request in pieces.
    private struct Input {
        var attributes = ""
        var target = "<r:Target><r:MobileUser><mss:MSISDN>+358401234567</mss:MSISDN></r:MobileUser></r:Target>"
        var name = "Name=\"CreateMobileUser\""
        var parameters = ["GivenName": "Alice", "SurName": "Name", "Language": "en"]
        var more = ""
        var operations: String?

        func fault(_ location: SourceLocation = #_sourceLocation) throws -> MSSFault {
            let octets = try octets()
            return try #require(throws: MSSFault.self, sourceLocation: location) {
                try RegistrationCodec.decodeRequest(SOAPReader.request(octets))
            }
        }

        func octets() throws -> [UInt8] {
            let msisdn = try #require(CodecRegistrationTests.msisdn)
            let written = parameters.sorted { $0.key < $1.key }
                .map { "<r:Parameter Name=\"\($0.key)\" Value=\"\($0.value)\"/>" }.joined()
            let operation =
                "<r:MregRequest><r:ProvisioningOperation \(name)>\(written)\(more)</r:ProvisioningOperation></r:MregRequest>"
            let input =
                "<r:RegistrationInput xmlns:r=\"\(Namespace.mreg)\" \(attributes)>\(target)\(operations ?? operation)</r:RegistrationInput>"
            let text = Written.text(
                RegistrationCodec.encodeRequest(
                    RegistrationRequest(header: Sample.header(), operation: .getMobileUser(msisdn)),
                    Written.mesh
                )
            )
            return Array(text.replacing(/<mreg:RegistrationInput.*<\/mreg:RegistrationInput>/, with: input).utf8)
        }
    }

    @Test("the request that the others are spoilt from is taken")
    func good() throws {
        let read = try RegistrationCodec.decodeRequest(SOAPReader.request(Input().octets()))
        guard case .createMobileUser(let user) = read.operation else {
            Issue.record("another operation")
            return
        }
        #expect(user.givenName == "Alice")
        #expect(read.messagingMode == .synch)
    }

    @Test("a missing parameter is 102 and named", arguments: ["GivenName", "SurName", "Language"])
    func missing(_ name: String) throws {
        for value in [nil, ""] as [String?] {
            var input = Input()
            input.parameters[name] = value
            let fault = try input.fault()
            #expect(fault.code == .missingParam)
            #expect(fault.detail?.contains(name) == true)
        }
    }

    @Test("a missing part is 102")
    func missingPart() throws {
        let spoilt: [(inout Input) -> Void] = [
            { $0.target = "" }, { $0.target = "<r:Target/>" }, { $0.operations = "" }, { $0.name = "" },
        ]
        for spoil in spoilt {
            var input = Input()
            spoil(&input)
            #expect(try input.fault().code == .missingParam)
        }
    }

    @Test(
        "a wrong parameter has its code, is named, and its value is not repeated",
        arguments: [
            ("GivenName", String(repeating: "a", count: 65), MSSFault.Code.wrongDataLength),
            ("GivenName", "Ali&#9;ce", .wrongParam), ("SurName", "a\u{85}b", .wrongParam),
            ("Language", "english", .wrongParam), ("Language", "EN", .wrongParam),
        ]
    )
    func wrong(_ name: String, _ value: String, _ code: MSSFault.Code) throws {
        var input = Input()
        input.parameters[name] = value
        let fault = try input.fault()
        #expect(fault.code == code)
        #expect(fault.detail?.contains(name) == true)
        #expect(fault.detail?.contains(value) == false)
    }

    @Test("keys are base64 of at most 16 KiB; an attribute's broken lines do not matter")
    func keys() throws {
        func input(_ keys: String) -> Input {
            var input = Input()
            input.name = "Name=\"ImportSimCard\""
            input.target = """
                <r:Target><r:SimCard><r:ICCID>89358000000000000011</r:ICCID><r:IMSI>244050000000001</r:IMSI>\
                <r:MSISDN>358401234567</r:MSISDN></r:SimCard></r:Target>
                """
            input.parameters = ["EncryptedKeys": keys]
            return input
        }
        let wrapped = try input("AAEC\nAwQF\r\n").octets()
        guard case .importSIMCard(let card) = try RegistrationCodec.decodeRequest(SOAPReader.request(wrapped)).operation
        else {
            Issue.record("another operation")
            return
        }
        #expect(card.envelopedKeys == [0, 1, 2, 3, 4, 5])
        #expect(card.msisdn == Self.msisdn)
        #expect(try input("no base64!").fault().code == .wrongParam)
        #expect(try input("").fault().code == .missingParam)
        let long = Data(repeating: 0, count: 16_385).base64EncodedString()
        #expect(try input(long).fault().code == .wrongDataLength)
        #expect(try input(String(repeating: "A", count: 32_769)).fault().code == .wrongDataLength)
    }

    @Test("two numbers in one request, or two operations, are refused")
    func ambiguous() throws {
        let spoilt: [(inout Input) -> Void] = [
            { $0.parameters["MSISDN"] = "+358409999999" },
            { $0.more = "<r:Parameter Name=\"Language\" Value=\"sv\"/>" },
            { $0.operations = "<r:MregRequest/><r:MregRequest/>" },
            {
                $0.operations =
                    "<r:MregRequest><r:WirelessOperation Name=\"a\"/><r:WirelessOperation Name=\"b\"/></r:MregRequest>"
            },
        ]
        for spoil in spoilt {
            var input = Input()
            spoil(&input)
            #expect(try input.fault().code == .wrongParam)
        }
    }

    @Test("an operation that is not offered is refused, those of the mesh without their namespace too")
    func unknown() throws {
        for name in [
            "Name=\"DeleteMobileUser\"", "Name=\"GenerateKey\"", "Name=\"InstallCertificate\" NameSpace=\"urn:x\"",
        ] {
            var input = Input()
            input.name = name
            #expect(try input.fault().code == .wrongParam)
        }
        var input = Input()
        input.attributes = "MessagingMode=\"asynch\""
        #expect(try input.fault().specifier == 1013)
    }

    @Test("the schema refuses what the decoder does not look at")
    func schema() throws {
        let spoilt: [(inout Input) -> Void] = [
            { $0.attributes = "Unknown=\"1\"" }, { $0.more = "<r:Unknown/>" },
            { $0.name += " Unknown=\"1\"" }, { $0.target += $0.target },
        ]
        for spoil in spoilt {
            var input = Input()
            spoil(&input)
            #expect(try input.fault().detail?.hasPrefix("The message does not follow the schema") == true)
        }
    }
}
