import CLibXML2

/// A parsed document: no document type, no entities but the five, no network, no file.
///
/// Used by one task at a time.
final class XMLDocument {
    let root: XMLElement
    private let document: xmlDocPtr

    /// - Throws: ``XMLError``, each kind within a time that grows with the octets alone.
    init(_ octets: [UInt8]) throws(XMLError) {
        LibXML.prepare()
        // A UTF-16 text would be read as one by its mark, whatever is said here.
        guard octets.count >= 4, octets[0] != 0xFE, octets[0] != 0xFF, octets[0] != 0, octets[1] != 0 else {
            throw .malformed
        }
        guard let context = xmlNewParserCtxt() else { throw .malformed }
        defer { xmlFreeParserCtxt(context) }
        // The parser stops where a document type begins: what it would declare is never read.
        context.pointee.sax.pointee.internalSubset = stopAtDocumentType
        let options =
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NOCDATA.rawValue
        let parsed = octets.withUnsafeBytes { buffer in
            xmlCtxtReadMemory(
                context,
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(clamping: buffer.count),
                nil,
                "UTF-8",
                Int32(bitPattern: options)
            )
        }
        guard let parsed else {
            throw context.pointee.errNo == XML_ERR_USER_STOP.rawValue ? .doctype : .malformed
        }
        guard parsed.pointee.intSubset == nil, let node = xmlDocGetRootElement(parsed) else {
            xmlFreeDoc(parsed)
            throw .doctype
        }
        do throws(XMLError) {
            try Self.refuseInstructions(parsed)
            var reader = XMLTreeReader()
            root = try reader.element(node)
        } catch {
            xmlFreeDoc(parsed)
            throw error
        }
        document = parsed
    }

    deinit { xmlFreeDoc(document) }

    /// Validates a branch after its elements without a namespace were given that of the messages.
    func validate(_ element: XMLElement, by schema: XMLSchema) throws(XMLError) {
        let own = xmlNewNs(element.node, Namespace.mss, "validated") ?? element.node.pointee.ns
        if element.node.pointee.ns == nil { xmlSetNs(element.node, own) }
        Self.qualify(element, own)
        guard schema.accepts(element.node) else { throw .invalid }
    }

    private static func qualify(_ element: XMLElement, _ namespace: xmlNsPtr?) {
        for child in element.children {
            if child.namespace == nil { xmlSetNs(child.node, namespace) }
            qualify(child, namespace)
        }
    }

    private static func refuseInstructions(_ document: xmlDocPtr) throws(XMLError) {
        var next = document.pointee.children
        while let node = next {
            guard node.pointee.type != XML_PI_NODE else { throw .instruction }
            next = node.pointee.next
        }
    }
}

/// Called where a document type declaration begins.
private func stopAtDocumentType(
    _ context: UnsafeMutableRawPointer?,
    _ name: UnsafePointer<xmlChar>?,
    _ external: UnsafePointer<xmlChar>?,
    _ system: UnsafePointer<xmlChar>?
) {
    guard let context else { return }
    xmlStopParser(context.assumingMemoryBound(to: xmlParserCtxt.self))
}

/// The library's process-wide settings, made once.
enum LibXML {
    private static let prepared: Void = {
        xmlInitParser()
        xmlSetExternalEntityLoader(refuseExternalEntity)
    }()

    static func prepare() { _ = prepared }
}

/// Nothing outside the document's octets is ever read.
private func refuseExternalEntity(
    _ url: UnsafePointer<CChar>?,
    _ identifier: UnsafePointer<CChar>?,
    _ context: xmlParserCtxtPtr?
) -> xmlParserInputPtr? { nil }
