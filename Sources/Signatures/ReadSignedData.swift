import SwiftASN1

/// The parts of a SignedData of the usual kind: one signer, SHA-256, ECDSA, the two mandatory attributes, attached
/// id-data, one certificate (RFC 5652 §5).
///
/// There is nothing else in it, no unsigned attribute either: what is not looked at could say something to whoever
/// reads it.
struct ReadSignedData {
    let content: ArraySlice<UInt8>
    let certificate: ArraySlice<UInt8>
    let issuer: ArraySlice<UInt8>
    let serialNumber: ArraySlice<UInt8>
    /// The signed attributes as they are stored, with tag A0.
    let attributes: ArraySlice<UInt8>
    let messageDigest: ArraySlice<UInt8>
    let signature: ArraySlice<UInt8>

    /// - Returns: `nil` if it is of another kind, or malformed.
    init?(_ octets: [UInt8]) {
        do {
            let signedData = try Self.signedData(try DER.parse(octets))
            var parts = try Self.children(of: signedData, 5)
            try Self.expect(parts[0].encodedBytes == Self.versionOne)
            try Self.expectSHA256(try Self.only(in: parts[1]))
            content = try Self.content(parts[2])
            certificate = try Self.only(in: parts[3], .init(tagWithNumber: 0, tagClass: .contextSpecific)).encodedBytes
            let signer = try Self.only(in: parts[4])
            parts = try Self.children(of: signer, 6)
            try Self.expect(parts[0].encodedBytes == Self.versionOne)
            let identifier = try Self.children(of: parts[1], 2)
            issuer = identifier[0].encodedBytes
            serialNumber = identifier[1].encodedBytes
            try Self.expectSHA256(parts[2])
            attributes = parts[3].encodedBytes
            messageDigest = try Self.messageDigest(parts[3])
            let algorithm = try Self.children(of: parts[4], 1)
            try Self.expect(try ASN1ObjectIdentifier(derEncoded: algorithm[0]) == OID.ecdsaWithSHA256)
            signature = try ASN1OctetString(derEncoded: parts[5]).bytes
        } catch { return nil }
    }

    private static let versionOne: ArraySlice<UInt8> = [2, 1, 1]

    private enum OID {
        static let data: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 1]
        static let signedData: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 2]
        static let contentType: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 9, 3]
        static let messageDigest: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 9, 4]
        static let sha256: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 1]
        static let ecdsaWithSHA256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 2]
    }

    private static func signedData(_ contentInfo: ASN1Node) throws -> ASN1Node {
        let parts = try children(of: contentInfo, 2)
        try expect(try ASN1ObjectIdentifier(derEncoded: parts[0]) == OID.signedData)
        return try only(in: parts[1], .init(tagWithNumber: 0, tagClass: .contextSpecific))
    }

    private static func content(_ encapsulated: ASN1Node) throws -> ArraySlice<UInt8> {
        let parts = try children(of: encapsulated, 2)
        try expect(try ASN1ObjectIdentifier(derEncoded: parts[0]) == OID.data)
        let octets = try only(in: parts[1], .init(tagWithNumber: 0, tagClass: .contextSpecific))
        return try ASN1OctetString(derEncoded: octets).bytes
    }

    /// The two mandatory attributes, each once; DER sorts the content's type first.
    private static func messageDigest(_ attributes: ASN1Node) throws -> ArraySlice<UInt8> {
        let both = try children(of: attributes, 2, .init(tagWithNumber: 0, tagClass: .contextSpecific))
        let type = try children(of: both[0], 2)
        let digest = try children(of: both[1], 2)
        try expect(try ASN1ObjectIdentifier(derEncoded: type[0]) == OID.contentType)
        try expect(try ASN1ObjectIdentifier(derEncoded: try only(in: type[1])) == OID.data)
        try expect(try ASN1ObjectIdentifier(derEncoded: digest[0]) == OID.messageDigest)
        return try ASN1OctetString(derEncoded: try only(in: digest[1])).bytes
    }

    private static func expectSHA256(_ algorithm: ASN1Node) throws {
        let parts = try children(of: algorithm, 1)
        try expect(try ASN1ObjectIdentifier(derEncoded: parts[0]) == OID.sha256)
    }

    /// What a constructed element holds, if it is so many elements.
    private static func children(
        of node: ASN1Node,
        _ count: Int,
        _ identifier: ASN1Identifier = .sequence
    ) throws -> [ASN1Node] {
        guard node.identifier == identifier, case .constructed(let inner) = node.content else {
            throw SignatureError("another element")
        }
        let children = Array(inner)
        try expect(children.count == count)
        return children
    }

    private static func only(in node: ASN1Node, _ identifier: ASN1Identifier = .set) throws -> ASN1Node {
        try children(of: node, 1, identifier)[0]
    }

    private static func expect(_ holds: Bool) throws {
        guard holds else { throw SignatureError("another element") }
    }
}
