import CLibXMLSec

/// The parts of an envelope whose message is signed, found to be where they must be and of the forms that are taken.
///
/// The library, which knows far more forms, sees nothing that has not passed here.
struct SignedEnvelope {
    /// Certificates and names in KeyInfo at most; none of them is believed.
    private static let hints: Set = ["X509Data", "KeyName"]
    private static let longestID = 64

    let tree: XMLTree
    let signature: XMLNode
    /// ds:SignatureMethod/@Algorithm.
    let method: String

    /// - Throws: ``MessageRefusal`` for the first thing that is not as it must be.
    init(_ octets: [UInt8]) throws(MessageRefusal) {
        tree = try XMLTree(octets)
        let soap = tree.root.namespace
        guard tree.root.name == "Envelope", soap == MessageNamespace.soap11 || soap == MessageNamespace.soap12 else {
            throw .malformed
        }
        let parts = tree.root.children
        guard parts.count == 2, parts[0].isNamed("Header", in: soap), parts[1].isNamed("Body", in: soap) else {
            throw parts.contains { $0.name == "Header" } ? .malformed : .missing
        }
        let blocks = parts[0].children.filter { $0.isNamed("MSS_MessageSignature", in: MessageNamespace.mss) }
        guard blocks.count == 1, blocks[0].children.count == 1,
            blocks[0].children[0].isNamed("Signature", in: DSig.namespace)
        else { throw .missing }
        signature = blocks[0].children[0]
        let signedInfo = try Self.signedInfo(of: signature)
        (method, _) = try Self.method(of: signedInfo)
        let id = try Self.reference(in: signedInfo)
        try Self.identify(try Self.message(in: parts[1], id), id, tree)
    }

    /// Only SignedInfo, SignatureValue and a KeyInfo that could mislead nobody: an Object could be signed in the message's
    /// place.
    private static func signedInfo(of signature: XMLNode) throws(MessageRefusal) -> XMLNode {
        let children = signature.children
        guard (2...3).contains(children.count), children.allSatisfy({ $0.namespace == DSig.namespace }),
            children[0].name == "SignedInfo", children[1].name == "SignatureValue"
        else { throw .algorithm("A ds:Signature of other parts than SignedInfo, SignatureValue and KeyInfo") }
        guard children.count == 3 else { return children[0] }
        guard children[2].name == "KeyInfo",
            children[2].children.allSatisfy({ $0.namespace == DSig.namespace && hints.contains($0.name) })
        else { throw .algorithm("KeyInfo of other parts than X509Data and KeyName") }
        return children[0]
    }

    private static func method(of signedInfo: XMLNode) throws(MessageRefusal) -> (String, XMLNode) {
        let children = signedInfo.children
        guard children.count >= 2, children.allSatisfy({ $0.namespace == DSig.namespace }),
            children[0].name == "CanonicalizationMethod", children[1].name == "SignatureMethod"
        else { throw .malformed }
        guard children[0].attribute("Algorithm") == DSig.exclusiveC14N else {
            throw .algorithm("CanonicalizationMethod")
        }
        try takeInclusive(children[0])
        let method = children[1].attribute("Algorithm") ?? ""
        guard [DSig.rsaSHA256, DSig.ecdsaSHA256].contains(method), children[1].children.isEmpty else {
            throw .algorithm("SignatureMethod")
        }
        return (method, children[1])
    }

    /// The ID of the one element that is signed.
    private static func reference(in signedInfo: XMLNode) throws(MessageRefusal) -> String {
        let references = Array(signedInfo.children.dropFirst(2))
        guard references.count == 1, references[0].name == "Reference",
            let uri = references[0].attribute("URI"), uri.hasPrefix("#")
        else { throw .reference }
        let id = String(uri.dropFirst())
        guard (1...longestID).contains(id.utf8.count), DSig.isName(id), references[0].attribute("Type") == nil else {
            throw .reference
        }
        let parts = references[0].children
        guard parts.count == 3, parts.allSatisfy({ $0.namespace == DSig.namespace }), parts[0].name == "Transforms",
            parts[1].name == "DigestMethod", parts[2].name == "DigestValue"
        else { throw .algorithm("A ds:Reference of other parts than Transforms, DigestMethod and DigestValue") }
        try transforms(parts[0])
        guard parts[1].attribute("Algorithm") == DSig.sha256, parts[1].children.isEmpty else {
            throw .algorithm("DigestMethod")
        }
        return id
    }

    /// Exclusive canonicalisation last, before it the enveloped signature at most, which changes nothing here.
    private static func transforms(_ element: XMLNode) throws(MessageRefusal) {
        let transforms = element.children
        guard (1...2).contains(transforms.count),
            transforms.allSatisfy({ $0.isNamed("Transform", in: DSig.namespace) }),
            transforms.last?.attribute("Algorithm") == DSig.exclusiveC14N,
            transforms.dropLast().allSatisfy({ $0.attribute("Algorithm") == DSig.enveloped && $0.children.isEmpty })
        else { throw .algorithm("ds:Transforms") }
        if let last = transforms.last { try takeInclusive(last) }
    }

    /// What exclusive canonicalisation may be told besides: prefixes.
    private static func takeInclusive(_ element: XMLNode) throws(MessageRefusal) {
        let inside = element.children
        guard inside.count <= 1, inside.allSatisfy({ $0.isNamed("InclusiveNamespaces", in: DSig.exclusiveC14N) }),
            inside.allSatisfy({ ($0.attribute("PrefixList") ?? "").utf8.count <= 256 && $0.children.isEmpty })
        else { throw .algorithm("A parameter of exclusive canonicalisation") }
    }

    /// The message: what is alone in the body, or what is alone in that.
    private static func message(in body: XMLNode, _ id: String) throws(MessageRefusal) -> XMLNode {
        guard body.children.count == 1, let first = body.children.first else { throw .reference }
        if first.attribute("ID") == id { return first }
        guard first.children.count == 1, let second = first.children.first, second.attribute("ID") == id else {
            throw .reference
        }
        return second
    }

    /// Tells the library which element the ID is of, and makes sure that nothing else could be meant: whatever toolkits
    /// take for an ID, in whichever case and namespace, may not have the same value.
    private static func identify(_ message: XMLNode, _ id: String, _ tree: XMLTree) throws(MessageRefusal) {
        var holders = 0
        tree.root.visit { element in
            holders += element.attributes.count { $0.name.lowercased() == "id" && $0.value == id }
        }
        let own = message.attributes.first { $0.name == "ID" && $0.namespace.isEmpty }
        guard holders == 1, let own, xmlAddID(nil, tree.document, id, own.attribute) != nil else { throw .identifiers }
    }
}
