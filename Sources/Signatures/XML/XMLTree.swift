import CLibXMLSec

/// A document that libxml2 has parsed from octets, for a signature to be verified in or put into.
///
/// Used by one task at a time.
final class XMLTree {
    let document: xmlDocPtr
    let root: XMLNode

    /// - Parameter octets: A whole document in UTF-8.
    /// - Throws: ``MessageRefusal/malformed`` for what is no document, is too long or has a document type.
    init(_ octets: [UInt8]) throws(MessageRefusal) {
        guard XMLLibrary.isReady, octets.count <= MessageSignature.longest, let context = xmlNewParserCtxt() else {
            throw .malformed
        }
        defer {
            xmlFreeParserCtxt(context)
            XMLLibrary.forget()
        }
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
        guard let parsed else { throw .malformed }
        guard parsed.pointee.intSubset == nil, context.pointee.nsWellFormed == 1,
            let root = xmlDocGetRootElement(parsed)
        else {
            xmlFreeDoc(parsed)
            throw .malformed
        }
        document = parsed
        self.root = XMLNode(node: root)
    }

    deinit { xmlFreeDoc(document) }

    /// No network, nothing on standard error, and UTF-8 whatever the document says of itself.
    private static let options = Int32(
        bitPattern: XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NOCDATA.rawValue | XML_PARSE_IGNORE_ENC.rawValue
    )
}

/// An element of a tree, valid as long as the tree is.
struct XMLNode: Equatable {
    let node: xmlNodePtr

    var name: String { XMLLibrary.text(node.pointee.name) }
    var namespace: String { XMLLibrary.text(node.pointee.ns?.pointee.href) }

    func isNamed(_ name: String, in namespace: String) -> Bool { self.name == name && self.namespace == namespace }

    /// The elements directly in it.
    var children: [XMLNode] {
        var elements: [XMLNode] = []
        var next = node.pointee.children
        while let child = next {
            if child.pointee.type == XML_ELEMENT_NODE { elements.append(XMLNode(node: child)) }
            next = child.pointee.next
        }
        return elements
    }

    /// Each attribute, in a namespace or in none.
    var attributes: [(name: String, namespace: String, value: String, attribute: xmlAttrPtr)] {
        var attributes: [(name: String, namespace: String, value: String, attribute: xmlAttrPtr)] = []
        var next = node.pointee.properties
        while let attribute = next {
            var value = ""
            var part = attribute.pointee.children
            while let piece = part {
                value += XMLLibrary.text(piece.pointee.content)
                part = piece.pointee.next
            }
            attributes.append(
                (
                    XMLLibrary.text(attribute.pointee.name), XMLLibrary.text(attribute.pointee.ns?.pointee.href), value,
                    attribute
                )
            )
            next = attribute.pointee.next
        }
        return attributes
    }

    /// An attribute without a namespace.
    func attribute(_ name: String) -> String? {
        attributes.first { $0.name == name && $0.namespace.isEmpty }?.value
    }

    /// The element and all below it.
    func visit(_ body: (XMLNode) -> Void) {
        body(self)
        for child in children { child.visit(body) }
    }
}
