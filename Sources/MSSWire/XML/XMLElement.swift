import CLibXML2

/// An element as values, read from a document's tree; the tree itself is only for validation.
struct XMLElement {
    let name: String
    let namespace: String?
    let attributes: [XMLAttribute]
    let children: [XMLElement]
    /// All character data directly in it, comments left out.
    let text: String
    /// Valid as long as the document is.
    let node: xmlNodePtr

    /// An attribute without namespace.
    func attribute(_ name: String) -> String? {
        attributes.first { $0.name == name && $0.namespace == nil }?.value
    }

    func attribute(_ name: String, in namespace: String) -> String? {
        attributes.first { $0.name == name && $0.namespace == namespace }?.value
    }

    /// The first child of a name, in one of the namespaces or in none: clients leave it out here and there.
    func child(_ name: String, in namespace: String = Namespace.mss) -> XMLElement? {
        children.first { $0.name == name && ($0.namespace == namespace || $0.namespace == nil) }
    }

    func children(_ name: String, in namespace: String = Namespace.mss) -> [XMLElement] {
        children.filter { $0.name == name && ($0.namespace == namespace || $0.namespace == nil) }
    }

    /// Whether it says of itself that it is not there, as toolkits write what was not set (xsi:nil).
    var isNil: Bool {
        guard let value = attribute("nil", in: Namespace.instance)?.withoutMargins else { return false }
        return (value == "true" || value == "1") && children.isEmpty && word.isEmpty
    }

    /// The text of an element that is no text to be signed or shown: a name, a URI, a number.
    var word: String { text.withoutMargins }
}

extension String {
    /// Without XML's white space at its ends, which a value of every type but a text's own has not (XML Schema Part 2
    /// §4.3.6): templates and pretty-printers put it there.
    var withoutMargins: String {
        func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x0A || octet == 0x0D || octet == 0x09 }
        guard utf8.first.map(isSpace) == true || utf8.last.map(isSpace) == true else { return self }
        let end = utf8.reversed().drop(while: isSpace).startIndex.base
        return String(decoding: utf8[..<end].drop(while: isSpace), as: UTF8.self)
    }
}

struct XMLAttribute {
    let name: String
    let namespace: String?
    let value: String
}

/// Turns a tree that ``XMLSurvey`` has bounded into values.
enum XMLTreeReader {
    static func element(_ node: xmlNodePtr) throws(XMLError) -> XMLElement {
        var children: [XMLElement] = []
        var characters = ""
        var next = node.pointee.children
        while let child = next {
            switch child.pointee.type {
            case XML_ELEMENT_NODE:
                let read = try element(child)
                guard !read.isNil else {
                    next = child.pointee.next
                    xmlUnlinkNode(child)
                    xmlFreeNode(child)
                    continue
                }
                children.append(read)
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: characters += text(child.pointee.content)
            case XML_COMMENT_NODE: break
            default: throw .malformed
            }
            next = child.pointee.next
        }
        return XMLElement(
            name: text(node.pointee.name),
            namespace: namespace(node.pointee.ns),
            attributes: attributes(node),
            children: children,
            text: characters,
            node: node
        )
    }

    private static func attributes(_ node: xmlNodePtr) -> [XMLAttribute] {
        var attributes: [XMLAttribute] = []
        var next = node.pointee.properties
        while let attribute = next {
            var value = ""
            var part = attribute.pointee.children
            while let piece = part {
                value += text(piece.pointee.content)
                part = piece.pointee.next
            }
            attributes.append(
                XMLAttribute(
                    name: text(attribute.pointee.name),
                    namespace: namespace(attribute.pointee.ns),
                    value: value
                )
            )
            next = attribute.pointee.next
        }
        return attributes
    }

    /// A namespace as the program's own string where it is a known one, which is nearly always: no copy is made.
    private static func namespace(_ namespace: xmlNsPtr?) -> String? {
        guard let href = namespace?.pointee.href else { return nil }
        let octets = UnsafeBufferPointer(start: href, count: Int(xmlStrlen(href)))
        for known in Namespace.all where known.utf8.count == octets.count && known.utf8.elementsEqual(octets) {
            return known
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private static func text(_ characters: UnsafePointer<xmlChar>?) -> String {
        characters.map { String(cString: $0) } ?? ""
    }

    private static func text(_ characters: UnsafeMutablePointer<xmlChar>?) -> String {
        characters.map { String(cString: $0) } ?? ""
    }
}
