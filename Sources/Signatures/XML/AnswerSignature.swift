import CLibXMLSec
import Foundation

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
        let info = try writer.signedInfo(over: id, digest, keeping: prefixes)
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
        xmlNodeSetContent(self.value, Data(value).base64EncodedString())
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

/// Writes the elements of a ds:Signature with the platform's algorithms.
struct SignatureWriter {
    let signature: xmlNodePtr
    private let namespace: xmlNsPtr

    init(in parent: xmlNodePtr?) throws(MessageRefusal) {
        guard let signature = xmlNewChild(parent, nil, "Signature", nil),
            let namespace = xmlNewNs(signature, DSig.namespace, "ds")
        else { throw .malformed }
        xmlSetNs(signature, namespace)
        self.signature = signature
        self.namespace = namespace
    }

    func child(
        _ parent: xmlNodePtr,
        _ name: String,
        algorithm: String? = nil,
        _ text: String? = nil
    ) throws(MessageRefusal) -> xmlNodePtr {
        guard let child = xmlNewChild(parent, namespace, name, text) else { throw .malformed }
        if let algorithm { xmlNewProp(child, "Algorithm", algorithm) }
        return child
    }

    /// ds:SignedInfo over one element by its ID; `prefixes` are those that its values use.
    func signedInfo(
        over id: String,
        _ digest: [UInt8],
        keeping prefixes: [String] = [],
        isEnveloped: Bool = false
    ) throws(MessageRefusal) -> xmlNodePtr {
        let info = try child(signature, "SignedInfo")
        _ = try child(info, "CanonicalizationMethod", algorithm: DSig.exclusiveC14N)
        _ = try child(info, "SignatureMethod", algorithm: DSig.ecdsaSHA256)
        let reference = try child(info, "Reference")
        xmlNewProp(reference, "URI", "#" + id)
        let transforms = try child(reference, "Transforms")
        if isEnveloped { _ = try child(transforms, "Transform", algorithm: DSig.enveloped) }
        let exclusive = try child(transforms, "Transform", algorithm: DSig.exclusiveC14N)
        if !prefixes.isEmpty { try keep(prefixes, exclusive) }
        _ = try child(reference, "DigestMethod", algorithm: DSig.sha256)
        _ = try child(reference, "DigestValue", Data(digest).base64EncodedString())
        return info
    }

    private func keep(_ prefixes: [String], _ transform: xmlNodePtr) throws(MessageRefusal) {
        guard let inclusive = xmlNewChild(transform, nil, "InclusiveNamespaces", nil),
            let namespace = xmlNewNs(inclusive, DSig.exclusiveC14N, "ec")
        else { throw .malformed }
        xmlSetNs(inclusive, namespace)
        xmlNewProp(inclusive, "PrefixList", prefixes.joined(separator: " "))
    }

    /// The chain, so that its reader needs the root alone.
    func keyInfo(_ certificates: [[UInt8]]) throws(MessageRefusal) {
        let data = try child(try child(signature, "KeyInfo"), "X509Data")
        for certificate in certificates {
            _ = try child(data, "X509Certificate", Data(certificate).base64EncodedString())
        }
    }
}
