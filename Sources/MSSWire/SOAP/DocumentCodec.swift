import MSSCore

/// What batchsign and docsign bring to be signed besides, and what they answer, in Kiuru's namespaces.
enum DocumentCodec {
    /// The namespace of a service's elements.
    static func namespace(_ name: AdditionalService.Name) -> String {
        name == .batchSign ? Namespace.batch : Namespace.documents
    }

    static func write(_ document: DocumentToBeSigned, of name: AdditionalService.Name, to writer: inout XMLWriter) {
        guard let element = name.documentElement else { return }
        let attributes: [(String, String?)] = [("xmlns:doc", namespace(name)), ("DocumentRef", document.reference)]
        writer.element("doc:" + element, attributes) { writer in
            SignatureCodec.write(document.dataToBeSigned, "doc:DataToBeSigned", &writer)
            if let displayed = document.dataToBeDisplayed {
                SignatureCodec.write(displayed, "doc:DataToBeDisplayed", &writer)
            }
            SignatureCodec.writeReference(document.signatureProfile, "doc:SignatureProfile", &writer)
            SignatureCodec.writeReference(document.format, "doc:MSS_Format", &writer)
        }
    }

    /// The document of a Service; `nil` where it brings none, which is for who looks at the service to refuse.
    ///
    /// - Throws: 101 for several in one Service, and what DataToBeSigned is refused for elsewhere.
    static func decode(
        _ service: XMLElement,
        of name: AdditionalService.Name
    ) throws(MSSFault) -> DocumentToBeSigned? {
        let namespace = namespace(name)
        guard let element = name.documentElement else { return nil }
        let documents = service.children(element, in: namespace)
        guard let document = documents.first else { return nil }
        guard documents.count == 1 else {
            throw MSSFault(
                .wrongParam,
                "\(element) must stand once in a Service: each document has a Service of its own."
            )
        }
        guard let signed = document.child("DataToBeSigned", in: namespace) else {
            throw HeaderCodec.missing(element + "/DataToBeSigned", specifier: 1022)
        }
        var read = DocumentToBeSigned(
            try SignatureCodec.data(signed),
            displayed: try document.child("DataToBeDisplayed", in: namespace)
                .map { data throws(MSSFault) in try SignatureCodec.data(data) }
        )
        guard name == .documentSign else { return read }
        read.signatureProfile = try uri(document, "SignatureProfile")
        read.format = try uri(document, "MSS_Format")
        read.reference = try HeaderCodec.optionalText(document, "DocumentRef")
        return read
    }

    private static func uri(_ document: XMLElement, _ name: String) throws(MSSFault) -> String? {
        guard let element = document.child(name, in: Namespace.documents) else { return nil }
        return try SignatureCodec.uri(element)
    }

    static func write(_ answer: BatchSignature, to writer: inout XMLWriter) {
        writer.element("batch:BatchSignatureResponse", [("xmlns:batch", Namespace.batch)]) { writer in
            MSSSignatureCodec.write(answer.signature, as: "batch:MSS_Signature", to: &writer)
            SignatureCodec.write(answer.displayed, "batch:DataToBeDisplayed", &writer)
        }
    }

    static func write(_ answer: DocumentSignature, to writer: inout XMLWriter) {
        let attributes: [(String, String?)] = [("xmlns:mds", Namespace.documents), ("DocumentRef", answer.reference)]
        writer.element("mds:AdditionalSignatureResponse", attributes) { writer in
            if let signature = answer.signature {
                MSSSignatureCodec.write(signature, as: "mds:MSS_Signature", to: &writer)
            }
            HeaderCodec.write(answer.status, "mds:Status", to: &writer)
        }
    }

    /// - Throws: 900 for an answer that lacks a part.
    static func batch(_ element: XMLElement) throws(MSSFault) -> BatchSignature {
        guard let signature = try MSSSignatureCodec.decode(element, in: Namespace.batch),
            let displayed = element.child("DataToBeDisplayed", in: Namespace.batch)
        else { throw MSSFault(.internalError, cause: "an answer whose BatchSignatureResponse lacks a part") }
        return BatchSignature(signature, displayed: try SignatureCodec.data(displayed))
    }

    /// - Throws: 900 for an answer without a known status.
    static func document(_ element: XMLElement) throws(MSSFault) -> DocumentSignature {
        DocumentSignature(
            reference: element.attribute("DocumentRef"),
            signature: try MSSSignatureCodec.decode(element, in: Namespace.documents),
            status: try HeaderCodec.status(element, in: Namespace.documents)
        )
    }
}
