import CLibXML2
import MSSCore

/// personIdentity: `samlp:AttributeQuery` of a request, and `samlp:Response` of an answer (SAML 2.0 core, §3.3.2.3, §3.3.3).
enum AttributeQueryCodec {
    static let element = "AttributeQuery"
    private static let version = "2.0"
    /// Octets of an attribute's name at most.
    private static let longestName = 256

    /// Whom the query is about is left open: the answer is about the signer.
    static func write(_ query: AttributeQuery, to writer: inout XMLWriter) {
        let namespaces = [("xmlns:samlp", Namespace.samlProtocol), ("xmlns:saml", Namespace.samlAssertion)]
        writer.element("samlp:" + element, namespaces + [("ID", query.id), ("Version", version)]) { writer in
            writer.element("saml:Subject") { $0.element("saml:NameID") }
            for name in query.names { writer.element("saml:Attribute", [("Name", name)]) }
        }
    }

    /// The query of a Service; `nil` where it brings none, which is for who looks at the service to refuse.
    ///
    /// Its IssueInstant, Issuer and Subject are not looked at, nor values of its attributes.
    ///
    /// - Throws: 101 for several, another version or too many attributes; 102 without ID or a Name; 103 for long ones.
    static func decode(_ service: XMLElement) throws(MSSFault) -> AttributeQuery? {
        let queries = service.children(element, in: Namespace.samlProtocol)
        guard let query = queries.first else { return nil }
        guard queries.count == 1 else { throw MSSFault(.wrongParam, "\(element) must stand once in its Service.") }
        var names: [String?] = []
        for attribute in query.children("Attribute", in: Namespace.samlAssertion) {
            names.append(attribute.attribute("Name"))
        }
        return try read(id: query.attribute("ID"), version: query.attribute("Version"), names)
    }

    /// A query of either binding.
    static func read(id: String?, version: String?, _ names: [String?]) throws(MSSFault) -> AttributeQuery {
        guard let id, !id.isEmpty else { throw HeaderCodec.missing(element + "/ID") }
        guard id.utf8.count <= AttributeQuery.longestID else {
            throw MSSFault(
                .wrongDataLength,
                "\(element)/ID must have at most \(AttributeQuery.longestID) octets."
            )
        }
        guard version.map({ $0 == Self.version }) ?? true else {
            throw MSSFault(.wrongParam, "\(element)/Version must be \(Self.version).")
        }
        guard names.count <= AttributeQuery.mostNames else {
            throw MSSFault(
                .wrongParam,
                "\(element) must ask for at most \(AttributeQuery.mostNames) attributes."
            )
        }
        return AttributeQuery(
            id: id,
            names: try names.map { name throws(MSSFault) in
                guard let name, !name.isEmpty else { throw HeaderCodec.missing(element + "/Attribute/Name") }
                guard name.utf8.count <= longestName else {
                    throw MSSFault(
                        .wrongDataLength,
                        "\(element)/Attribute/Name must have at most \(longestName) octets."
                    )
                }
                return name
            }
        )
    }

    /// The Response in a ServiceResponse, as octets that stand by themselves: what is signed in it is not changed by
    /// reading and writing it.
    ///
    /// - Returns: `nil` for an element whose namespaces are declared outside of it.
    static func octets(of response: XMLElement) -> [UInt8]? {
        guard let buffer = xmlBufferCreate() else { return nil }
        defer { xmlBufferFree(buffer) }
        guard xmlNodeDump(buffer, response.node.pointee.doc, response.node, 0, 0) >= 0,
            let start = xmlBufferContent(buffer)
        else { return nil }
        let octets = Array(UnsafeBufferPointer(start: start, count: Int(xmlBufferLength(buffer))))
        return isResponse(octets) ? octets : nil
    }

    private static func isResponse(_ octets: [UInt8]) -> Bool {
        guard let document = try? XMLDocument(octets, limits: .answer) else { return false }
        return document.root.name == "Response" && document.root.namespace == Namespace.samlProtocol
    }
}
