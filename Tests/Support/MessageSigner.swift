import Foundation

/// A provider that signs its messages with the `xmlsec1` command line: a client that is not ours.
public struct MessageSigner: Sendable {
    /// Its keys and certificates: `rsa`, `p256`, `p384`, and of each kind one that nobody registered: `other-rsa`.
    public let pki: ThrowawayPKI

    public static let mss = "http://uri.etsi.org/TS102204/v1.1.2#"
    public static let rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    public static let ecdsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    public static let exclusive = #"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>"#

    public init() async throws {
        pki = try ThrowawayPKI()
        for (name, algorithm, option) in [
            ("rsa", "RSA", "rsa_keygen_bits:2048"), ("other-rsa", "RSA", "rsa_keygen_bits:2048"),
            ("rsa1024", "RSA", "rsa_keygen_bits:1024"), ("p256", "EC", "ec_paramgen_curve:P-256"),
            ("p384", "EC", "ec_paramgen_curve:P-384"), ("k256", "EC", "ec_paramgen_curve:secp256k1"),
        ] {
            try await pki.openssl.run(["genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", "\(name).key"])
            try await pki.openssl.run([
                "req", "-x509", "-new", "-key", "\(name).key", "-days", "2", "-subj", "/CN=\(name)", "-out",
                "\(name).pem",
            ])
        }
    }

    /// A certificate in DER.
    public func certificate(_ name: String) async throws -> [UInt8] {
        try await pki.openssl.run(["x509", "-in", "\(name).pem", "-outform", "DER"]).standardOutput
    }

    /// ds:Signature that waits for its values.
    public static func template(
        method: String = rsaSHA256,
        uri: String = "#m1",
        transforms: String = "<ds:Transforms>\(exclusive)</ds:Transforms>",
        keyInfo: String = ""
    ) -> String {
        """
        <ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod \
        Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="\(method)"/>\
        <ds:Reference URI="\(uri)">\(transforms)<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>\
        <ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/>\(keyInfo)</ds:Signature>
        """
    }

    /// An envelope with a message and the signature that is to cover it.
    public static func envelope(
        _ message: String,
        operation: String = "MSS_Signature",
        _ signature: String = template(),
        soap: String = "http://www.w3.org/2003/05/soap-envelope"
    ) -> String {
        """
        <e:Envelope xmlns:e="\(soap)" xmlns:mss="\(mss)"><e:Header><mss:MSS_MessageSignature e:mustUnderstand="1">\
        \(signature)</mss:MSS_MessageSignature></e:Header><e:Body><\(operation)>\(message)</\(operation)></e:Body></e:Envelope>
        """
    }

    /// Has xmlsec1 fill in the values.
    ///
    /// - Parameters:
    ///   - envelope: With an empty ds:Signature.
    ///   - key: Of which name.
    ///   - element: Whose attribute ID is meant.
    ///   - options: Others than a private key.
    /// - Returns: As xmlsec1 writes it.
    /// - Throws: When xmlsec1 does not sign.
    public func sign(
        _ envelope: String,
        key: String = "rsa",
        element: String = "\(mss):MSS_SignatureReq",
        options: [String]? = nil
    ) async throws -> String {
        let file = "envelope-\(UUID().uuidString).xml"
        try pki.write(Array(envelope.utf8), to: file)
        let result = try await Command.run(
            "xmlsec1",
            ["--sign", "--id-attr:ID", element] + (options ?? ["--privkey-pem", pki.path("\(key).key")])
                + ["--output", "/dev/stdout", pki.path(file)]
        )
        guard result.status == 0 else { throw OpenSSLCommand.Failure(description: "xmlsec1: \(result.errorText)") }
        return result.text
    }

    /// Whether xmlsec1 finds an answer signed by a certificate under a root, over the message element.
    public func verifies(
        _ envelope: [UInt8],
        element: String,
        of namespace: String = mss,
        root: String
    ) async throws -> Bool {
        let file = "answer-\(UUID().uuidString).xml"
        try pki.write(envelope, to: file)
        return try await Self.verifies(pki.path(file), element: element, of: namespace, root: root)
    }

    /// The same of a file, with the path of the root's.
    public static func verifies(
        _ path: String,
        element: String,
        of namespace: String = mss,
        root: String
    ) async throws -> Bool {
        let result = try await Command.run(
            "xmlsec1",
            [
                "--verify", "--id-attr:ID", "\(namespace):\(element)", "--enabled-reference-uris", "same-doc",
                "--trusted-pem", root, path,
            ]
        )
        return result.status == 0
    }

    /// Whether xmlsec1 finds the SAML Response of a file, alone or in an answer, signed by a certificate under a root.
    public static func verifiesResponse(_ path: String, root: String) async throws -> Bool {
        let result = try await Command.run(
            "xmlsec1",
            [
                "--verify", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:protocol:Response", "--node-xpath",
                "//*[local-name()='Response']/*[local-name()='Signature']", "--enabled-reference-uris",
                "empty,same-doc", "--trusted-pem", root, path,
            ]
        )
        return result.status == 0
    }
}
