import Foundation
import MSSCore

/// A fault as SOAP, in both versions (Annex B).
///
/// Nothing else turns a fault into octets; its cause stays here.
enum FaultCodec {
    /// Writes a fault; between the platform's services the specifier goes along.
    ///
    /// - Parameters:
    ///   - fault: What is told.
    ///   - shape: Of the request.
    ///   - trace: Of the request.
    ///   - inMesh: The reader is a service of the platform.
    ///   - hasTwoLevels: The reader knows FiCom's second level; others would take it for the first. SOAP 1.1 has none.
    ///   - isMustUnderstand: The fault is of a header block.
    ///   - request: SHA-256 of the signed request that a signed fault answers: it has nothing else that tells it from the
    ///     fault of another one.
    /// - Returns: The envelope.
    static func encode(
        _ fault: MSSFault,
        _ shape: SOAPShape,
        trace: TraceID,
        inMesh: Bool,
        hasTwoLevels: Bool = false,
        isMustUnderstand: Bool = false,
        request: [UInt8]? = nil
    ) -> [UInt8] {
        shape.body { writer in
            writer.element("soapenv:Fault") { writer in
                switch shape.version {
                case .v12: write12(fault, hasTwoLevels, isMustUnderstand, &writer)
                case .v11: write11(fault, isMustUnderstand, &writer)
                }
                writer.element(shape.version == .v12 ? "soapenv:Detail" : "detail") { writer in
                    detail(fault, inMesh, &writer)
                    help(fault, trace, request, &writer)
                }
            }
        }
    }

    private static func write12(
        _ fault: MSSFault,
        _ hasTwoLevels: Bool,
        _ isMustUnderstand: Bool,
        _ writer: inout XMLWriter
    ) {
        let code = isMustUnderstand ? "MustUnderstand" : fault.code.blamesSender ? "Sender" : "Receiver"
        writer.element("soapenv:Code") { writer in
            writer.element("soapenv:Value", text: "soapenv:" + code)
            writer.element("soapenv:Subcode", [("xmlns:mss", Namespace.mss)]) { writer in
                writer.element("soapenv:Value", text: "mss:_\(fault.code.rawValue)")
                guard hasTwoLevels, let (specifier, namespace) = Namespace.specifier(of: fault) else { return }
                writer.element("soapenv:Subcode", [("xmlns:fi", namespace)]) {
                    $0.element("soapenv:Value", text: "fi:_\(specifier)")
                }
            }
        }
        writer.element("soapenv:Reason") {
            $0.element("soapenv:Text", [("xml:lang", "en")], text: fault.code.name)
        }
        writer.element("soapenv:Role", text: fault.role.map { RoamingCodec.uri($0) })
    }

    private static func write11(
        _ fault: MSSFault,
        _ isMustUnderstand: Bool,
        _ writer: inout XMLWriter
    ) {
        let code = isMustUnderstand ? "soapenv:MustUnderstand" : "mss:_\(fault.code.rawValue)"
        writer.element("faultcode", text: code)
        writer.element("faultstring", text: fault.code.name)
        writer.element("faultactor", text: fault.role.map { RoamingCodec.uri($0) })
    }

    private static func detail(_ fault: MSSFault, _ inMesh: Bool, _ writer: inout XMLWriter) {
        writer.element("ns1:detail", [("xmlns:ns1", Namespace.faultDetail)], text: fault.detail ?? fault.code.name)
        if inMesh, let specifier = fault.specifier {
            writer.element("mesh:Specifier", [("xmlns:mesh", Namespace.mesh)], text: String(specifier))
        }
    }

    /// What it means to who gets it, beside the text that older clients read.
    private static func help(
        _ fault: MSSFault,
        _ trace: TraceID,
        _ request: [UInt8]?,
        _ writer: inout XMLWriter
    ) {
        let meaning = fault.meaning
        var attributes = [
            ("xmlns:help", Namespace.help), ("TraceID", trace.description), ("Act", meaning.actor.rawValue),
            ("Retry", meaning.retry.rawValue),
        ]
        if let seconds = fault.retryAfter { attributes.append(("RetryAfter", String(seconds))) }
        attributes.append(("See", meaning.link))
        if let request { attributes.append(("RequestDigest", Data(request).base64EncodedString())) }
        writer.element("help:Help", attributes, text: meaning.meaning)
    }

    /// Reads a fault of another service; what is not understood is 900.
    static func decode(_ fault: XMLElement) -> MSSFault {
        let subcode =
            child(child(child(fault, "Code"), "Subcode"), "Value")?.text ?? child(fault, "faultcode")?.text ?? ""
        let detail = child(fault, "Detail") ?? child(fault, "detail")
        guard let number = subcode.split(separator: "_").last.flatMap({ Int($0) }),
            let code = MSSFault.Code(rawValue: number)
        else { return MSSFault(.internalError, cause: "a fault without a known subcode") }
        let text = child(detail, "detail")?.text
        var read = MSSFault(
            code,
            text == code.name ? nil : text.map { String($0.prefix(1_000)) },
            specifier: child(detail, "Specifier").flatMap { Int($0.text) },
            retryAfter: child(detail, "Help")?.attribute("RetryAfter").flatMap { Int($0) }
        )
        read.role = (child(fault, "Role") ?? child(fault, "faultactor")).flatMap { RoamingCodec.role($0.text) }
        return read
    }

    private static func child(_ element: XMLElement?, _ name: String) -> XMLElement? {
        element?.children.first { $0.name == name }
    }
}
