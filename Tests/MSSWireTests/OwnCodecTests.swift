import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("What the platform has beyond the standard, on the wire")
struct OwnCodecTests {
    private func answer(_ octets: [UInt8], to operation: WireOperation) throws -> XMLElement {
        guard case .message(let message, let document) = try SOAPReader.response(octets, to: operation) else {
            throw XMLError.invalid
        }
        // The element is the document's.
        return withExtendedLifetime(document) { message }
    }

    @Test("a cancellation survives the way between two services")
    func cancel() throws {
        let request = CancelRequest(header: Sample.header(), transactionID: "h1abcdefghijklmnopqrstuvwxyz")
        let soap = try SOAPReader.request(OwnCodec.encodeRequest(request, Written.mesh))
        #expect(soap.operation == .cancel && soap.mesh?.origin == Sample.ap)
        #expect(try OwnCodec.decodeCancelRequest(soap) == request)
        let octets = OwnCodec.encodeResponse(CancelResponse(header: Sample.header()), soap.shape)
        #expect(Written.text(octets).contains("<MSSP_CancelResponse><own:MSSP_CancelResp xmlns:own=\"urn:mssp:204:1\""))
        #expect(try OwnCodec.decodeCancelResponse(answer(octets, to: .cancel)).header == Sample.header())
    }

    @Test("what a toolkit's stub sends unqualified is answered so, as it reads nothing else")
    func unqualified() throws {
        let request = CancelRequest(header: Sample.header(), transactionID: "h1abcdefghijklmnopqrstuvwxyz")
        let text = Written.text(OwnCodec.encodeRequest(request, Written.mesh))
            .replacing("own:MSSP_CancelReq", with: "MSSP_CancelReq").replacing(
                " xmlns:own=\"\(Namespace.own)\"",
                with: ""
            )
        let soap = try SOAPReader.request(Array(text.utf8))
        #expect(soap.operation == .cancel && !soap.shape.isQualified)
        #expect(try OwnCodec.decodeCancelRequest(soap) == request)
        let octets = OwnCodec.encodeResponse(CancelResponse(header: Sample.header()), soap.shape)
        #expect(Written.text(octets).contains("<MSSP_CancelResponse><MSSP_CancelResp xmlns:own="))
    }

    @Test("a fit survives it, with the character that does not fit and without one")
    func fit() throws {
        let request = FitRequest(header: Sample.header(), text: "a<b & \u{202E}c", format: "urn:mssp:format:1#ades")
        let soap = try SOAPReader.request(OwnCodec.encodeRequest(request, Written.mesh))
        #expect(try OwnCodec.decodeFitRequest(soap) == request)
        let offender = FitResponse.Offender(codePoints: "U+202E", position: 7)
        for fit in [
            FitResponse.Fit(fits: true, charset: .ucs2, segments: 2, pages: 4, charactersLeft: 51, offender: nil),
            FitResponse.Fit(fits: false, charset: nil, segments: nil, pages: 0, charactersLeft: -3, offender: offender),
        ] {
            let octets = OwnCodec.encodeResponse(FitResponse(header: Sample.header(), fit: fit), soap.shape)
            #expect(try OwnCodec.decodeFitResponse(answer(octets, to: .fit)).fit == fit)
        }
    }

    @Test("a status query says how long its answer may wait, within bounds")
    func wait() throws {
        let query = StatusRequest(header: Sample.header(), transactionID: "h1", wait: 30)
        let octets = StatusCodec.encodeRequest(query, Written.mesh)
        #expect(try StatusCodec.decodeRequest(SOAPReader.request(octets)) == query)
        for wrong in ["0", "61", "-1", "x", ""] {
            let text = Written.text(octets).replacing("own:Wait=\"30\"", with: "own:Wait=\"\(wrong)\"")
            let fault = try #require(throws: MSSFault.self) {
                try StatusCodec.decodeRequest(SOAPReader.request(Array(text.utf8)))
            }
            #expect(fault.code == .wrongParam && fault.detail == "Wait must be 1 to 60 seconds.")
        }
    }
}
