import CLibXMLSec
import MSSCore

/// `samlp:Response` with one `saml:Assertion` of attributes, on its way to be signed as a whole (SAML 2.0 core, §2, §3.3.3, §5.4):
/// wants the value of an ECDSA signature.
///
/// Used by one task at a time.
public final class AttributeResponse {
    /// What it says, in texts that need be no names in XML's sense, nor free of its signs.
    public struct Statement: Sendable {
        /// Response/@ID: the query's, whatever it is.
        public var id: String
        /// Assertion/@ID: an NCName that no other assertion has.
        public var assertionID: String
        /// xs:dateTime, of both.
        public var issueInstant: String
        /// Issuer of both, a URI.
        public var issuer: String
        /// Subject/NameID, of the format transient.
        public var subject: String
        /// Audience.
        public var audience: String
        /// StatusCode/@Value, a URI.
        public var status: String
        /// Names and values; with none there is no Assertion.
        public var attributes: [(name: String, value: String)]

        public init(
            id: String,
            assertionID: String,
            issueInstant: String,
            issuer: String,
            subject: String,
            audience: String,
            status: String,
            attributes: [(name: String, value: String)]
        ) {
            self.id = id
            self.assertionID = assertionID
            self.issueInstant = issueInstant
            self.issuer = issuer
            self.subject = subject
            self.audience = audience
            self.status = status
            self.attributes = attributes
        }

        fileprivate var texts: [String] {
            [id, assertionID, issueInstant, issuer, subject, audience, status]
                + attributes.flatMap { [$0.name, $0.value] }
        }
    }

    private let tree: XMLTree
    private let value: xmlNodePtr
    /// What the value is over: ds:SignedInfo in exclusive canonical form.
    public let signedInfo: [UInt8]

    /// The signature's reference is `#` and the ID where that is an NCName, as xs:ID must be; otherwise it is empty and means
    /// the Response as a document of its own.
    ///
    /// - Parameters:
    ///   - statement: What is signed.
    ///   - certificates: In DER, the signer's first, for who verifies.
    /// - Throws: ``MessageRefusal/malformed`` for characters that XML has no way to write.
    public init(_ statement: Statement, certificates: [[UInt8]]) throws(MessageRefusal) {
        guard statement.texts.allSatisfy(\.isXMLText) else { throw .malformed }
        tree = try XMLTree(Self.empty)
        let response = tree.root.node
        let writer = try SAMLWriter(tree)
        writer.attributes(response, ("ID", statement.id), ("Version", "2.0"), ("IssueInstant", statement.issueInstant))
        let issuer = try writer.assertion(response, "Issuer", statement.issuer)
        let status = try writer.`protocol`(response, "Status")
        writer.attributes(try writer.`protocol`(status, "StatusCode"), ("Value", statement.status))
        if !statement.attributes.isEmpty { try writer.assert(statement, in: response) }
        let digest = MessageDigest.sha256(try tree.canonical(response))
        let reference = DSig.isName(statement.id) ? "#" + statement.id : ""
        let signature = try SignatureWriter(in: response)
        // Behind Issuer, where the schema has it.
        xmlAddNextSibling(issuer, signature.signature)
        let info = try signature.signedInfo(over: reference, digest, isEnveloped: true)
        value = try signature.child(signature.signature, "SignatureValue")
        try signature.keyInfo(certificates)
        signedInfo = try tree.canonical(info)
    }

    /// The Response with its signature, on one line; it stands by itself.
    ///
    /// - Parameter value: Of ECDSA with SHA-256 over ``signedInfo``: r‖s.
    /// - Returns: `samlp:Response`, with its namespaces declared in it.
    /// - Throws: ``MessageRefusal/malformed`` when there is no memory.
    public func octets(signed value: [UInt8]) throws(MessageRefusal) -> [UInt8] {
        SignatureWriter.fill(self.value, with: value)
        return try tree.octets()
    }

    private static let empty = Array(
        #"<samlp:Response xmlns:samlp="\#(SAMLWriter.protocolName)" xmlns:saml="\#(SAMLWriter.assertionName)"/>"#.utf8
    )
}

/// Writes SAML's elements into a tree whose root declares both namespaces.
private struct SAMLWriter {
    static let protocolName = "urn:oasis:names:tc:SAML:2.0:protocol"
    static let assertionName = "urn:oasis:names:tc:SAML:2.0:assertion"
    private static let transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    private static let uriName = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"

    private let messages: xmlNsPtr
    private let assertions: xmlNsPtr

    init(_ tree: XMLTree) throws(MessageRefusal) {
        guard let messages = xmlSearchNsByHref(tree.document, tree.root.node, Self.protocolName),
            let assertions = xmlSearchNsByHref(tree.document, tree.root.node, Self.assertionName)
        else { throw .malformed }
        (self.messages, self.assertions) = (messages, assertions)
    }

    func `protocol`(_ parent: xmlNodePtr, _ name: String) throws(MessageRefusal) -> xmlNodePtr {
        try element(parent, messages, name, nil)
    }

    @discardableResult
    func assertion(_ parent: xmlNodePtr, _ name: String, _ text: String? = nil) throws(MessageRefusal) -> xmlNodePtr {
        try element(parent, assertions, name, text)
    }

    func attributes(_ element: xmlNodePtr, _ attributes: (String, String)...) {
        for (name, value) in attributes { xmlNewProp(element, name, value) }
    }

    /// The Assertion: who says what of whom, and to whom.
    func assert(_ statement: AttributeResponse.Statement, in response: xmlNodePtr) throws(MessageRefusal) {
        let assertion = try self.assertion(response, "Assertion")
        attributes(
            assertion,
            ("ID", statement.assertionID),
            ("Version", "2.0"),
            ("IssueInstant", statement.issueInstant)
        )
        try self.assertion(assertion, "Issuer", statement.issuer)
        let subject = try self.assertion(assertion, "Subject")
        attributes(try self.assertion(subject, "NameID", statement.subject), ("Format", Self.transient))
        let restriction = try self.assertion(try self.assertion(assertion, "Conditions"), "AudienceRestriction")
        try self.assertion(restriction, "Audience", statement.audience)
        let all = try self.assertion(assertion, "AttributeStatement")
        for (name, value) in statement.attributes {
            let attribute = try self.assertion(all, "Attribute")
            attributes(attribute, ("Name", name), ("NameFormat", Self.uriName))
            try self.assertion(attribute, "AttributeValue", value)
        }
    }

    private func element(
        _ parent: xmlNodePtr,
        _ namespace: xmlNsPtr,
        _ name: String,
        _ text: String?
    ) throws(MessageRefusal) -> xmlNodePtr {
        // The one of the two functions that takes a text as it stands.
        guard let element = xmlNewTextChild(parent, namespace, name, text) else { throw .malformed }
        return element
    }
}
