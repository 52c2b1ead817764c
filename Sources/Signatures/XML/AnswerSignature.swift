import CLibXMLSec

/// An answer's envelope on its way to be signed: it gets the header block MSS_MessageSignature, whose ds:Signature is over
/// the message element, of a fault over the body, and wants the value of an ECDSA signature.
///
/// Used by one task at a time.
public final class AnswerSignature {
    private let tree: XMLTree
    private let value: xmlNodePtr
    /// What the value is over: ds:SignedInfo in exclusive canonical form.
    public let signedInfo: [UInt8]

    /// - Parameters:
    ///   - envelope: An answer in SOAP without a header.
    ///   - id: A name for its message that no other message has: letters, digits and `_`.
    ///   - certificates: In DER, the signer's first, for who verifies.
    /// - Throws: ``MessageRefusal/malformed`` for what is no such envelope.
    public init(to envelope: [UInt8], id: String, certificates: [[UInt8]]) throws(MessageRefusal) {
        tree = try XMLTree(envelope)
        let root = tree.root
        guard root.children.count == 1, let body = root.children.first, body.name == "Body",
            let message = Self.message(in: body), let soap = root.node.pointee.ns,
            let mss = xmlSearchNsByHref(tree.document, root.node, MessageNamespace.mss),
            let header = xmlNewDocNode(tree.document, soap, "Header", nil)
        else { throw .malformed }
        xmlNewProp(message.node, "ID", id)
        xmlAddPrevSibling(body.node, header)
        let block = xmlNewChild(header, mss, "MSS_MessageSignature", nil)
        xmlNewNsProp(block, soap, "mustUnderstand", "0")
        if root.namespace == MessageNamespace.soap12 {
            xmlNewNsProp(block, soap, "role", MessageNamespace.soap12 + "/role/ultimateReceiver")
        }
        let writer = try SignatureWriter(in: block)
        let prefixes = message.node == body.node ? Self.prefixesOfFaults : []
        let digest = MessageDigest.sha256(try tree.canonical(message.node, keeping: prefixes))
        let info = try writer.signedInfo(over: "#" + id, digest, keeping: prefixes)
        value = try writer.child(writer.signature, "SignatureValue")
        try writer.keyInfo(certificates)
        signedInfo = try tree.canonical(info)
    }

    /// The envelope with its signature.
    ///
    /// - Parameter value: Of ECDSA with SHA-256 over ``signedInfo``: r‖s.
    /// - Returns: On one line.
    /// - Throws: ``MessageRefusal/malformed`` when there is no memory.
    public func envelope(signed value: [UInt8]) throws(MessageRefusal) -> [UInt8] {
        SignatureWriter.fill(self.value, with: value)
        return try tree.octets()
    }

    /// What a fault's codes begin with is no name of an element: canonicalisation must be told of it.
    private static let prefixesOfFaults = ["mss", "fi"]

    /// SOAP lets a Fault have no attributes; the body may have them.
    private static func message(in body: XMLNode) -> XMLNode? {
        guard let first = body.children.first else { return nil }
        if first.isNamed("Fault", in: body.namespace) { return body }
        return first.name.hasSuffix("Resp") ? first : first.children.first
    }
}
