import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

/// A signature request in pieces, so that a test can spoil one of them.
struct WrittenRequest {
    var message = ["MajorVersion": "1", "MinorVersion": "1", "MessagingMode": "synch", "TimeOut": "60"]
    var apInfo = [
        "AP_ID": "http://ap.test.mssp/ap", "AP_TransID": "A1", "AP_PWD": "a-password",
        "Instant": "2026-01-01T00:00:00Z",
    ]
    var apInfoElement: String?
    var msspInfo = "<mss:MSSP_Info><mss:MSSP_ID/></mss:MSSP_Info>"
    var mobileUser = "<mss:MobileUser><mss:MSISDN>+358401234567</mss:MSISDN></mss:MobileUser>"
    var data = #"<mss:DataToBeSigned MimeType="text/plain" Encoding="UTF-8">Sign this</mss:DataToBeSigned>"#
    /// What follows DataToBeSigned.
    var rest = ""
    var header = ""

    var text: String {
        let info = apInfoElement ?? "<mss:AP_Info\(Self.attributes(apInfo))/>"
        let content = info + msspInfo + mobileUser + data + rest
        return
            "<s:Envelope xmlns:s=\"\(Namespace.soap12)\" xmlns:mss=\"\(Namespace.mss)\">\(header)<s:Body><MSS_Signature>"
            + "<mss:MSS_SignatureReq\(Self.attributes(message))>\(content)</mss:MSS_SignatureReq>"
            + "</MSS_Signature></s:Body></s:Envelope>"
    }

    func decoded() throws -> SignatureRequest {
        try SignatureCodec.decodeRequest(SOAPReader.request(Array(text.utf8)))
    }

    /// The fault of a request that must not be taken.
    func fault(_ location: SourceLocation = #_sourceLocation) throws -> MSSFault {
        try #require(throws: MSSFault.self, sourceLocation: location) { try decoded() }
    }

    private static func attributes(_ values: [String: String]) -> String {
        values.sorted { $0.key < $1.key }.map { " \($0.key)=\"\($0.value)\"" }.joined()
    }
}

enum Written {
    /// A recorded manner of writing from Tests/Vectors/soap.
    static func vector(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: BuiltProducts.packageRoot.appending(path: "Tests/Vectors/soap/\(name).xml")))
    }

    static let trace = TraceID("4bf92f3577b34da6a3ce929d0e0e4736") ?? .random()

    static func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

    static let mesh = MeshContext(origin: Sample.ap, remaining: .milliseconds(1_234), trace: .random())

    static func response(_ status: Status = .signature, signature: [UInt8]? = [1, 2, 3]) -> SignatureResponse {
        SignatureResponse(
            header: Sample.header().answered(
                by: "http://home.test.mssp",
                at: Date(timeIntervalSince1970: 1_767_225_600)
            ),
            transactionID: "habcdefghijklmnopqrstuvwxyz",
            mobileUser: MobileUser(msisdn: "+358401234567"),
            signature: signature,
            signatureProfile: "http://alauda.mobi/digitalSignature",
            status: status
        )
    }

    static func status(_ status: Status = .signature, signature: [UInt8]? = [1, 2, 3]) -> StatusResponse {
        let response = response()
        return StatusResponse(
            header: response.header,
            mobileUser: response.mobileUser,
            signature: signature,
            status: status
        )
    }
}

extension SOAPReader {
    /// The message of an answer that is no fault; the document keeps it alive.
    static func message(_ octets: [UInt8], to operation: WireOperation) throws -> (XMLElement, XMLDocument) {
        guard case .message(let message, let document) = try response(octets, to: operation) else {
            throw WireRefusal(fault: MSSFault(.internalError), shape: .plain)
        }
        return (message, document)
    }

    static func fault(_ octets: [UInt8]) throws -> MSSFault {
        guard case .fault(let fault) = try response(octets, to: .signature) else {
            throw WireRefusal(fault: MSSFault(.internalError), shape: .plain)
        }
        return fault
    }

    /// Why a request is refused.
    static func refusal(_ octets: [UInt8], _ location: SourceLocation = #_sourceLocation) throws -> WireRefusal {
        try #require(throws: WireRefusal.self, sourceLocation: location) { try request(octets) }
    }
}

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
