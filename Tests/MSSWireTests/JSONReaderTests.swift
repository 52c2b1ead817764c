import Foundation
import MSSCore
import MSSTestSupport
import Testing

@_spi(Octets) @testable import MSSWire

/// JSON as a client would send it.
enum WrittenJSON {
    static let now = Date(timeIntervalSince1970: 1_767_225_600)
    static let reader = JSONReader(now: now, trace: Written.trace)

    static func vector(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: BuiltProducts.packageRoot.appending(path: "Tests/Vectors/json/\(name).json")))
    }

    /// A signature request of these members; those given replace the usual ones, an empty text leaves one out.
    static func signature(_ members: [String: String] = [:]) -> [UInt8] {
        let usual = [
            "AP_Info": #"{"AP_ID":"http://ap.test.mssp/ap","AP_TransID":"A1","Instant":"2026-01-01T00:00:00Z"}"#,
            "MajorVersion": #""1""#, "MinorVersion": #""1""#, "MessagingMode": #""synch""#,
            "MobileUser": #"{"MSISDN":"+358401234567"}"#,
            "DataToBeSigned": #"{"Data":"Sign this","Encoding":"UTF-8","MimeType":"text/plain"}"#,
        ]
        let all = usual.merging(members) { $1 }.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        let text = all.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        return Array("{\"MSS_SignatureReq\":{\(text)}}".utf8)
    }

    /// A request of another operation, with a header of its own and these members.
    static func message(_ name: String, _ members: String) -> [UInt8] {
        let header =
            #""AP_Info":{"AP_ID":"http://ap.test.mssp/ap","AP_TransID":"A1"},"MajorVersion":"1","MinorVersion":"2""#
        return Array("{\"\(name)\":{\(header),\(members)}}".utf8)
    }

    static func decoded(_ octets: [UInt8]) throws(MSSFault) -> SignatureRequest {
        guard case .signature(let request) = try reader.request(octets).message else {
            throw MSSFault(.internalError)
        }
        return request
    }

    static func fault(_ octets: [UInt8], _ location: SourceLocation = #_sourceLocation) throws -> MSSFault {
        try #require(throws: MSSFault.self, sourceLocation: location) { try reader.request(octets) }
    }
}

@Suite("Requests in JSON as real clients write them")
struct JSONReaderTests {
    @Test("each is understood as the same request", arguments: ["shell", "java", "laverca-rest", "kiuru-ra", "php"])
    func clients(_ name: String) throws {
        let request = try WrittenJSON.decoded(WrittenJSON.vector(name))
        #expect(request.dataToBeSigned.content == "Päätös")
        #expect(request.signatureProfile == "http://alauda.mobi/digitalSignature")
        #expect(request.mobileUser.msisdn?.hasSuffix("358401234567") == true)
        #expect(request.header.majorVersion == 1 && request.header.minorVersion == 2)
    }

    @Test("what Swisscom's clients say is taken word for word")
    func complete() throws {
        let request = try WrittenJSON.decoded(WrittenJSON.vector("shell"))
        #expect(
            request.header.apInfo
                == APInfo(id: Sample.apID, transID: "AP.TEST.12345.1234", instant: "2026-01-01T01:00:00+01:00")
        )
        #expect(request.header.msspInfo.msspID.uri == "http://elsewhere.test/")
        #expect(request.timeOut == 60 && request.messagingMode == .synch && request.asksForValidation)
        #expect(try WrittenJSON.decoded(WrittenJSON.vector("java")).messagingMode == .asynchClientServer)
    }

    @Test(
        "each goes on to the home as the request that it was",
        arguments: ["shell", "java", "java-status", "laverca-rest", "kiuru-ra", "receipt"]
    )
    func onward(_ name: String) throws {
        let octets = try WrittenJSON.vector(name)
        #expect(RequestOctets.json(octets) == .taken)
        #expect(RequestOctets.json(Array(octets.dropLast(3))) == .refused)
    }

    @Test("a status query has its transaction's id")
    func status() throws {
        let request = try WrittenJSON.reader.request(WrittenJSON.vector("java-status"))
        guard case .status(let status) = request.message else { throw MSSFault(.internalError) }
        #expect(request.operation == .status && status.transactionID == "h1abcdefghijklmnopqrstuvwxyz")
    }

    @Test("a status query may wait, within the same bounds as in SOAP")
    func wait() throws {
        func wait(_ text: String) throws(MSSFault) -> Int? {
            let octets = WrittenJSON.message("MSS_StatusReq", #""MSSP_TransID":"h1","Wait":\#(text)"#)
            guard case .status(let status) = try WrittenJSON.reader.request(octets).message else { return nil }
            return status.wait
        }
        #expect(try wait("30") == 30 && wait(#""60""#) == 60 && wait("null") == nil)
        for text in ["0", "61", #""x""#, "1.5", "true"] {
            #expect(throws: MSSFault.self) { try wait(text) }
        }
    }

    @Test("a receipt, a profile query, a cancellation and a fit are the requests that SOAP gives")
    func others() throws {
        func read(_ name: String, _ members: String) throws(MSSFault) -> WireServices.Message {
            let octets = WrittenJSON.message(name, members)
            #expect(RequestOctets.json(octets) == .taken)
            return try WrittenJSON.reader.request(octets).message
        }
        let user = #""MobileUser":{"MSISDN":"41791234567"}"#
        let extension_ = #"{"ReceiptMessagingMode":"synch","TimeOut":"20","UserAck":"true"}"#
        let status =
            #""Status":{"StatusCode":{"Value":"100"},"StatusDetail":{"ReceiptRequestExtension":\#(extension_)}}"#
        let text = #""Message":{"Data":"Paid","MimeType":"text/plain","Encoding":"UTF-8"}"#
        guard
            case .receipt(let receipt) = try read(
                "MSS_ReceiptReq",
                #"\#(user),\#(status),\#(text),"MSSP_TransID":"h1""#
            ),
            case .receipt(let plain) = try read("MSS_ReceiptReq", #"\#(user),"Status":null,"MSSP_TransID":"h1""#),
            case .profile(let profile) = try read("MSS_ProfileReq", #"\#(user),"Params":"state certs other""#),
            case .cancel(let cancel) = try read("MSSP_CancelReq", #""MSSP_TransID":"h1""#),
            case .fit(let fit) = try read("MSSP_FitReq", #""DataToBeSigned":{"Data":"Fits?"},"MSS_Format":"urn:x""#)
        else { throw MSSFault(.internalError) }
        #expect(receipt.message?.content == "Paid" && receipt.acknowledgement?.timeOut == 20)
        #expect(receipt.transactionID == "h1" && receipt.mobileUser.msisdn == "41791234567")
        #expect(plain.message == nil && plain.acknowledgement == nil)
        #expect(profile.parameters == [.state, .certs] && profile.header.majorVersion == 1)
        #expect(cancel.transactionID == "h1" && fit.text == "Fits?" && fit.format == "urn:x")
        let second = #"{"MSS_ProfileReq":{"MajorVersion":"2","MobileUser":{"MSISDN":"41791234567"}}}"#
        guard case .profile(let swisscom) = try WrittenJSON.reader.request(Array(second.utf8)).message else {
            throw MSSFault(.internalError)
        }
        #expect(swisscom.header.majorVersion == 2 && swisscom.header.minorVersion == 0)
    }

    @Test(
        "what is wrong with them is a fault that names it",
        arguments: [
            ("MSS_ReceiptReq", #""MSSP_TransID":"h1""#, 102, "MobileUser"),
            ("MSS_ReceiptReq", #""MobileUser":{},"Status":[]"#, 101, "Status"),
            ("MSS_ReceiptReq", #""MobileUser":{},"MSSP_TransID":"h1","Message":"x""#, 101, "Message"),
            ("MSS_ProfileReq", #""MobileUser":{},"Params":1"#, 101, "Params"),
            ("MSSP_CancelReq", #""Other":1"#, 102, "MSSP_TransID"),
            ("MSSP_CancelReq", #""MSSP_TransID":"a b""#, 101, "MSSP_TransID"),
            ("MSSP_FitReq", #""MSS_Format":"x""#, 102, "DataToBeSigned"),
            ("MSS_StatusReq", #""MSSP_TransID":5"#, 101, "MSSP_TransID"),
        ]
    )
    func otherFaults(_ name: String, _ members: String, _ code: Int, _ named: String) throws {
        let fault = try WrittenJSON.fault(WrittenJSON.message(name, members))
        #expect(fault.code.rawValue == code && fault.detail?.contains(named) == true, "\(fault.detail ?? "")")
    }

    @Test("what laverca-rest leaves out is filled in: the provider by its certificate, the time, a name")
    func leftOut() throws {
        let request = try WrittenJSON.decoded(WrittenJSON.vector("laverca-rest"))
        #expect(request.header.apInfo.id.isEmpty)
        #expect(request.header.apInfo.instant == "2026-01-01T00:00:00.000Z")
        #expect(
            try WrittenJSON.decoded(WrittenJSON.vector("kiuru-ra")).header.apInfo.transID
                == "T4bf92f3577b34da6a3ce929d0e0e473"
        )
    }

    @Test("a text is base64 only where both the versions and its type are missing")
    func base64() throws {
        let bare = #"{"Data":"UMOkw6R0w7Zz"}"#
        let none = ["MajorVersion": "", "MinorVersion": ""]
        func text(_ members: [String: String]) throws(MSSFault) -> String {
            try WrittenJSON.decoded(WrittenJSON.signature(members)).dataToBeSigned.content
        }
        #expect(try text(none.merging(["DataToBeSigned": bare]) { $1 }) == "Päätös")
        #expect(try text(["DataToBeSigned": bare]) == "UMOkw6R0w7Zz")
        #expect(try text(none) == "Sign this")
        // No base64; no UTF-8; a character that XML has not.
        for data in ["Sign this", "/w==", "AAE="] {
            let members = none.merging(["DataToBeSigned": #"{"Data":"\#(data)"}"#]) { $1 }
            #expect(try WrittenJSON.fault(WrittenJSON.signature(members)).code == .inappropriateData)
        }
    }

    @Test("a byte order mark is nothing of the text's own, and stands once")
    func mark() throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        #expect(try WrittenJSON.decoded(mark + WrittenJSON.signature()).dataToBeSigned.content == "Sign this")
        #expect(try WrittenJSON.fault(mark + mark + WrittenJSON.signature()).code == .wrongParam)
    }

    @Test("numbers are taken as strings and as numbers, null as nothing")
    func leniency() throws {
        let request = try WrittenJSON.decoded(
            WrittenJSON.signature(["MajorVersion": "1", "MinorVersion": "0", "TimeOut": "25", "MSSP_Info": "null"])
        )
        #expect(request.header.minorVersion == 0 && request.timeOut == 25)
        let asynchronous = try WrittenJSON.decoded(WrittenJSON.signature(["MessagingMode": #""asynch""#]))
        #expect(asynchronous.messagingMode == .asynchClientServer)
        // Not read, whatever it is.
        _ = try WrittenJSON.decoded(
            WrittenJSON.signature([
                "AP_Info": #"{"AP_PWD":{"a":[1]},"Other":1e9}"#, "Another": #"[true,false,-1.5e3]"#,
                "MSSP_Info": #"{"Instant":"now"}"#,
            ])
        )
    }

    @Test("a service's value is a string or an object with it, and what is no value is passed over")
    func services() throws {
        let fiCom = "http://mss.ficom.fi/TS102204/v1.0.0#"
        func service(_ name: String, _ member: String) throws -> AdditionalService {
            let list = #"[{"Description":"\#(fiCom)\#(name)"\#(member)}]"#
            let request = try WrittenJSON.decoded(WrittenJSON.signature(["AdditionalServices": list]))
            return try #require(request.additionalServices.first)
        }
        #expect(try service("eventId", #","EventID":"A1B2""#).value == "A1B2")
        #expect(try service("userLang", #","UserLang":{"Value":"FI"}"#).value == "FI")
        let noSpam = try service("noSpam", #","NoSpamCode":{"Value":"Kissa7","Verify":"no"}"#)
        #expect(noSpam.value == "Kissa7" && !noSpam.isVerified)
        for other in [
            "", #","EventID":null"#, #","EventID":[1]"#, #","EventID":{"value":"A1B2"}"#, #","UserLang":"fi""#,
        ] {
            #expect(try service("eventId", other).value == nil)
        }
        let coded = try service("noSpam", #","NoSpamCode":{"Code":"Kissa7","Verify":"yes"}"#)
        #expect(coded.value == "Kissa7" && coded.isVerified)
        let long = String(repeating: "a", count: 513)
        #expect(throws: MSSFault.self) { try service("eventId", #","EventID":"\#(long)""#) }
    }

    @Test("laverca-rest's documents are in base64 as its own text is, whatever they say of their type")
    func batch() throws {
        let request = try WrittenJSON.decoded(try WrittenJSON.vector("laverca-rest-batch"))
        #expect(request.dataToBeSigned.content == "Päätös" && request.dataToBeDisplayed?.content == "Päätös")
        #expect(
            request.additionalServices.map(\.document) == [
                DocumentToBeSigned(
                    DataToBeSigned("Päätös 2", mimeType: "text/plain", encoding: "UTF-8"),
                    displayed: DataToBeSigned("Päätös 2")
                ),
                DocumentToBeSigned(
                    DataToBeSigned("AAEC", mimeType: "application/octet-stream", encoding: "base64"),
                    displayed: DataToBeSigned("Three octets")
                ),
            ]
        )
        let spoilt = Written.text(try WrittenJSON.vector("laverca-rest-batch"))
            .replacing("UMOkw6R0w7ZzIDI=", with: "Pay 10 to Bob")
        #expect(try WrittenJSON.fault(Array(spoilt.utf8)).code == .inappropriateData)
        // With a version a text is what it says it is.
        let plain = Written.text(try WrittenJSON.vector("laverca-rest-batch"))
            .replacing(#"{"MSS_SignatureReq":{"#, with: #"{"MSS_SignatureReq":{"MajorVersion":"1","#)
        #expect(
            try WrittenJSON.decoded(Array(plain.utf8)).additionalServices.first?.document?.dataToBeSigned.content
                == "UMOkw6R0w7ZzIDI="
        )
    }

    @Test("a document of batchsign or docsign is taken with what it has, and refused as the message's own would be")
    func documents() throws {
        let kiuru = "http://www.methics.fi/KiuruMSSP/v5.0.0#"
        func list(_ name: String, _ member: String) -> [UInt8] {
            WrittenJSON.signature(["AdditionalServices": #"[{"Description":"\#(kiuru)\#(name)"\#(member)}]"#])
        }
        func document(_ name: String, _ member: String) throws -> DocumentToBeSigned? {
            try WrittenJSON.decoded(list(name, member)).additionalServices.first?.document
        }
        let text = #""DataToBeSigned":{"Data":"Two"}"#
        let more = #""DocumentRef":"7","MSS_Format":"urn:f","SignatureProfile":"urn:p""#
        #expect(
            try document("docsign", #","AdditionalSignatureRequest":{\#(text),\#(more)}"#)
                == DocumentToBeSigned(
                    DataToBeSigned("Two"),
                    signatureProfile: "urn:p",
                    format: "urn:f",
                    reference: "7"
                )
        )
        // batchsign has neither.
        #expect(
            try document(
                "batchsign",
                #","BatchSignatureRequest":{\#(text),"DataToBeDisplayed":{"Data":"Shown","MimeType":"text/plain"},\#(more)}"#
            )
                == DocumentToBeSigned(
                    DataToBeSigned("Two"),
                    displayed: DataToBeSigned("Shown", mimeType: "text/plain")
                )
        )
        #expect(try document("batchsign", #","AdditionalSignatureRequest":{\#(text)}"#) == nil)
        let long = String(repeating: "a", count: 16_385)
        for (member, code) in [
            (#""BatchSignatureRequest":{}"#, "102/1022"), (#""BatchSignatureRequest":[]"#, "101"),
            (#""BatchSignatureRequest":{"DataToBeSigned":"Two"}"#, "101"),
            (#""BatchSignatureRequest":{"DataToBeSigned":{"Data":"\#(long)"}}"#, "103"),
        ] {
            let fault = try WrittenJSON.fault(list("batchsign", "," + member))
            let said = [fault.code.rawValue, fault.specifier].compactMap { $0.map { "\($0)" } }.joined(separator: "/")
            #expect(said == code, "\(member.prefix(60))")
        }
    }

    @Test(
        "what is wrong is a fault that names it",
        arguments: [
            ("MajorVersion", #""2""#, 108, "MajorVersion"), ("MinorVersion", "3", 108, "MinorVersion"),
            ("MajorVersion", #""one""#, 101, "MajorVersion"), ("MajorVersion", "1.5", 101, "MajorVersion"),
            ("MajorVersion", "1e400", 101, ""), ("MajorVersion", "[1]", 101, "MajorVersion"),
            ("AP_Info", #"{"AP_ID":1}"#, 101, "AP_Info/AP_ID"), ("AP_Info", "[]", 101, "AP_Info"),
            ("AP_Info", #"{"AP_TransID":"a b"}"#, 101, "AP_TransID"),
            ("AP_Info", #"{"Instant":"now"}"#, 101, "Instant"),
            ("AP_Info", #"{"AP_TransID":"\#(String(repeating: "x", count: 65))"}"#, 103, "AP_TransID"),
            ("MobileUser", "", 102, "MobileUser"), ("MobileUser", #"{"MSISDN":358}"#, 101, "MobileUser/MSISDN"),
            ("DataToBeSigned", "", 102, "DataToBeSigned"), ("DataToBeSigned", "{}", 102, "DataToBeSigned"),
            ("DataToBeSigned", #""text""#, 101, "DataToBeSigned"),
            ("DataToBeSigned", #"{"Data":"\#(String(repeating: "x", count: 16_385))"}"#, 103, "DataToBeSigned"),
            ("MessagingMode", "", 102, "MessagingMode"), ("MessagingMode", #""later""#, 101, "MessagingMode"),
            ("TimeOut", #""soon""#, 101, "TimeOut"), ("TimeOut", "-1", 101, "TimeOut"),
            ("ValidityDate", #""2026""#, 101, "ValidityDate"),
            ("AdditionalServices", "[{}]", 102, "AdditionalServices/Description"),
            ("AdditionalServices", #"["http://x"]"#, 101, "AdditionalServices"),
        ]
    )
    func faults(_ name: String, _ value: String, _ code: Int, _ named: String) throws {
        let fault = try WrittenJSON.fault(WrittenJSON.signature([name: value]))
        #expect(fault.code.rawValue == code, "\(fault.detail ?? "")")
        #expect(named.isEmpty || fault.detail?.contains(named) == true, "\(fault.detail ?? "")")
    }

    @Test(
        "the outermost object has one member, an operation of this interface",
        arguments: [
            "{}", "[]", "1", "\"MSS_SignatureReq\"", "null", #"{"MSS_RegistrationReq":{}}"#,
            #"{"MSS_HandshakeReq":{}}"#, #"{"mss_signaturereq":{}}"#,
            #"{"MSS_StatusReq":{},"MSS_SignatureReq":{}}"#, #"{"MSS_StatusReq":{},"other":1}"#,
            #"{"MSS_StatusReq":null}"#,
        ]
    )
    func operations(_ text: String) throws {
        #expect(try WrittenJSON.fault(Array(text.utf8)).code == .wrongParam)
    }
}
