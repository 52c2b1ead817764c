import MSSCore

/// What this platform has beyond TS 102 204, in its own namespace: MSSP_Cancel and MSSP_Fit (docs/wire.md).
///
/// The messages begin as those of the standard do; the elements in them are the standard's where it has them.
enum OwnCodec {
    static func decodeCancelRequest(_ request: SOAPRequest) throws(MSSFault) -> CancelRequest {
        let header = try HeaderCodec.decode(request.message)
        let id = try HeaderCodec.name(request.message, "MSSP_TransID")
        try request.validate()
        return CancelRequest(header: header, transactionID: id)
    }

    static func decodeFitRequest(_ request: SOAPRequest) throws(MSSFault) -> FitRequest {
        let header = try HeaderCodec.decode(request.message)
        let text = try HeaderCodec.required(request.message, "DataToBeSigned", specifier: 1022).text
        guard text.utf8.count <= 16_384 else {
            throw MSSFault(.wrongDataLength, "DataToBeSigned has more than 16384 octets.")
        }
        let format = request.message.child("MSS_Format")?.child("mssURI")?.word
        try request.validate()
        return FitRequest(header: header, text: text, format: format)
    }

    static func encodeRequest(_ request: CancelRequest, _ mesh: MeshContext) -> [UInt8] {
        let attributes = HeaderCodec.attributes(request.header) + [("MSSP_TransID", request.transactionID)]
        return SOAPShape.plain.envelope(wrapper: "MSSP_Cancel", header: mesh.write) { writer in
            own("MSSP_CancelReq", attributes, .plain, &writer) { HeaderCodec.write(request.header, to: &$0) }
        }
    }

    static func encodeRequest(_ request: FitRequest, _ mesh: MeshContext) -> [UInt8] {
        SOAPShape.plain.envelope(wrapper: "MSSP_Fit", header: mesh.write) { writer in
            own("MSSP_FitReq", HeaderCodec.attributes(request.header), .plain, &writer) { writer in
                HeaderCodec.write(request.header, to: &writer)
                writer.element("mss:DataToBeSigned", [], text: request.text)
                if let format = request.format { SignatureCodec.writeReference(format, "mss:MSS_Format", &writer) }
            }
        }
    }

    static func encodeResponse(_ response: CancelResponse, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSSP_CancelResponse") { writer in
            own("MSSP_CancelResp", HeaderCodec.attributes(response.header), shape, &writer) { writer in
                HeaderCodec.write(response.header, to: &writer)
                HeaderCodec.write(.requestOK, to: &writer)
            }
        }
    }

    static func encodeResponse(_ response: FitResponse, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSSP_FitResponse") { writer in
            own("MSSP_FitResp", HeaderCodec.attributes(response.header), shape, &writer) { writer in
                HeaderCodec.write(response.header, to: &writer)
                let fit = response.fit
                let attributes: [(String, String?)] = [
                    ("Fits", fit.fits ? "true" : "false"), ("Charset", fit.charset?.rawValue),
                    ("Segments", fit.segments.map { String($0) }), ("Pages", String(fit.pages)),
                    ("CharactersLeft", String(fit.charactersLeft)),
                ]
                writer.element("own:Fit", attributes) { writer in
                    guard let offender = fit.offender else { return }
                    writer.element(
                        "own:Offender",
                        [("CodePoints", offender.codePoints), ("Position", String(offender.position))]
                    )
                }
                HeaderCodec.write(.requestOK, to: &writer)
            }
        }
    }

    private static func own(
        _ name: String,
        _ attributes: [(String, String?)],
        _ shape: SOAPShape,
        _ writer: inout XMLWriter,
        _ content: (inout XMLWriter) -> Void
    ) {
        writer.element(shape.isQualified ? "own:" + name : name, [("xmlns:own", Namespace.own)] + attributes, content)
    }
}

extension OwnCodec {
    static func decodeCancelResponse(_ message: XMLElement) throws(MSSFault) -> CancelResponse {
        guard try HeaderCodec.status(message) == .requestOK else {
            throw MSSFault(.internalError, cause: "a cancellation with another status")
        }
        return CancelResponse(header: try HeaderCodec.decode(message))
    }

    static func decodeFitResponse(_ message: XMLElement) throws(MSSFault) -> FitResponse {
        guard let element = message.child("Fit", in: Namespace.own),
            let pages = element.attribute("Pages").flatMap({ Int($0) }),
            let left = element.attribute("CharactersLeft").flatMap({ Int($0) })
        else { throw MSSFault(.internalError, cause: "a fit without its figures") }
        let offender = element.child("Offender", in: Namespace.own).flatMap { element in
            element.attribute("Position").flatMap { Int($0) }.map { position in
                FitResponse.Offender(codePoints: element.attribute("CodePoints") ?? "", position: position)
            }
        }
        return FitResponse(
            header: try HeaderCodec.decode(message),
            fit: FitResponse.Fit(
                fits: element.attribute("Fits") == "true",
                charset: element.attribute("Charset").flatMap { FitResponse.Charset(rawValue: $0) },
                segments: element.attribute("Segments").flatMap { Int($0) },
                pages: pages,
                charactersLeft: left,
                offender: offender
            )
        )
    }
}
