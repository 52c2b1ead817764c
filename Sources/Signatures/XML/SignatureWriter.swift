import CLibXMLSec
import Foundation

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

    /// ds:SignedInfo over one element.
    ///
    /// - Parameters:
    ///   - reference: ds:Reference/@URI: `#` and the element's ID, or nothing for the whole document.
    ///   - digest: SHA-256 of it in canonical form.
    ///   - prefixes: Those that its values use.
    ///   - isEnveloped: Whether the signature stands in it.
    /// - Returns: The element.
    /// - Throws: ``MessageRefusal/malformed`` when there is no memory.
    func signedInfo(
        over reference: String,
        _ digest: [UInt8],
        keeping prefixes: [String] = [],
        isEnveloped: Bool = false
    ) throws(MessageRefusal) -> xmlNodePtr {
        let info = try child(signature, "SignedInfo")
        _ = try child(info, "CanonicalizationMethod", algorithm: DSig.exclusiveC14N)
        _ = try child(info, "SignatureMethod", algorithm: DSig.ecdsaSHA256)
        let referred = try child(info, "Reference")
        xmlNewProp(referred, "URI", reference)
        let transforms = try child(referred, "Transforms")
        if isEnveloped { _ = try child(transforms, "Transform", algorithm: DSig.enveloped) }
        let exclusive = try child(transforms, "Transform", algorithm: DSig.exclusiveC14N)
        if !prefixes.isEmpty { try keep(prefixes, exclusive) }
        _ = try child(referred, "DigestMethod", algorithm: DSig.sha256)
        _ = try child(referred, "DigestValue", Data(digest).base64EncodedString())
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

    /// Writes the value into ds:SignatureValue.
    static func fill(_ element: xmlNodePtr, with value: [UInt8]) {
        xmlNodeSetContent(element, Data(value).base64EncodedString())
    }
}
