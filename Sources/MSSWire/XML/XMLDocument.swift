import CLibXML2

/// A parsed document: no document type, no entities but the five, no network, no file.
///
/// Used by one task at a time.
final class XMLDocument {
    let root: XMLElement
    private let document: xmlDocPtr

    /// - Throws: ``XMLError``, each kind within a time that grows with the octets alone.
    init(_ octets: [UInt8], limits: XMLLimits = .request) throws(XMLError) {
        LibXML.prepare()
        let octets = Self.withoutMargin(octets)
        try XMLSurvey.check(octets, limits)
        guard let context = xmlNewParserCtxt() else { throw .malformed }
        defer { xmlFreeParserCtxt(context) }
        let parsed = octets.withUnsafeBytes { buffer in
            xmlCtxtReadMemory(
                context,
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(clamping: buffer.count),
                nil,
                nil,
                Self.options
            )
        }
        guard let parsed else {
            LibXML.forget()
            throw .malformed
        }
        do throws(XMLError) {
            guard parsed.pointee.intSubset == nil else { throw .doctype }
            // A prefix that nothing declares leaves a document whole in libxml2's eyes.
            guard context.pointee.nsWellFormed == 1, let node = xmlDocGetRootElement(parsed) else { throw .malformed }
            root = try XMLTreeReader.element(node)
        } catch {
            xmlFreeDoc(parsed)
            throw error
        }
        document = parsed
    }

    /// No network, nothing on stderr, CDATA as text, and UTF-8 whatever the document says of itself.
    private static let options = Int32(
        bitPattern: XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NOCDATA.rawValue | XML_PARSE_IGNORE_ENC.rawValue
    )

    deinit { xmlFreeDoc(document) }

    /// Nothing may stand before an XML declaration; some clients' templates leave white space there.
    private static func withoutMargin(_ octets: [UInt8]) -> [UInt8] {
        let margin = octets.prefix { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return margin.isEmpty ? octets : Array(octets[margin.endIndex...])
    }

    /// Validates a branch after it was put into `namespace`, and its elements without one too.
    ///
    /// - Throws: ``XMLError/invalid``, or the same with a place.
    func validate(
        _ element: XMLElement,
        in namespace: String = Namespace.mss,
        by schema: XMLSchema
    ) throws(XMLError) {
        let known = xmlSearchNsByHref(document, element.node, namespace)
        guard let own = known ?? xmlNewNs(element.node, namespace, "validated") else { throw .invalid }
        xmlSetNs(element.node, own)
        Self.forgetTypes(element)
        Self.qualify(element, own)
        if let refusal = schema.refusal(of: element.node) {
            LibXML.forget()
            throw refusal
        }
    }

    private static func qualify(_ element: XMLElement, _ namespace: xmlNsPtr?) {
        for child in element.children {
            if child.namespace == nil { xmlSetNs(child.node, namespace) }
            forgetTypes(child)
            qualify(child, namespace)
        }
    }

    /// What a sender says of an element's type counts for nothing: the schema's word does.
    private static func forgetTypes(_ element: XMLElement) {
        for attribute in element.attributes where attribute.namespace == Namespace.instance {
            if let own = xmlHasNsProp(element.node, attribute.name, Namespace.instance) { xmlRemoveProp(own) }
        }
    }
}

/// The library's process-wide settings, made once.
enum LibXML {
    private static let prepared: Void = {
        xmlInitParser()
        xmlSetExternalEntityLoader(refuseExternalEntity)
    }()

    static func prepare() { _ = prepared }

    /// A thread's last error holds a piece of the document; nobody asks for it.
    static func forget() { xmlResetLastError() }
}

/// Nothing outside the document's octets is ever read.
private func refuseExternalEntity(
    _ url: UnsafePointer<CChar>?,
    _ identifier: UnsafePointer<CChar>?,
    _ context: xmlParserCtxtPtr?
) -> xmlParserInputPtr? { nil }
