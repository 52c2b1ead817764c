import CLibCrypto
import MSSCore

/// The unsigned attribute id-aa-signatureTimeStampToken (RFC 3161, Appendix A): when a signature value was there already.
enum SignatureTimeStamp {
    /// OBJECT IDENTIFIER 1.2.840.113549.1.9.16.2.14.
    static let identifier: [UInt8] = [
        0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x0E,
    ]

    /// The signature value of a SignedData with one signer.
    ///
    /// - Throws: ``SignatureError`` for anything else.
    static func value(of finished: [UInt8]) throws(SignatureError) -> [UInt8] {
        Array(try Parts(finished).value)
    }

    /// The same SignedData with a token as its signer's one unsigned attribute.
    ///
    /// - Throws: ``SignatureError`` for octets that are no SignedData with one signer, or that have such attributes.
    static func add(_ token: [UInt8], to finished: [UInt8]) throws(SignatureError) -> [UInt8] {
        let parts = try Parts(finished)
        let attribute = DERElement.encode(0x30, identifier + DERElement.encode(0x31, token))
        let signer = DERElement.encode(0x30, Array(parts.signer) + DERElement.encode(0xA1, attribute))
        let signedData = DERElement.encode(0x30, Array(parts.head) + DERElement.encode(0x31, signer))
        return DERElement.encode(0x30, SignedDataAssembler.idSignedData + DERElement.encode(0xA0, signedData))
    }

    /// Checks that unsigned attributes are one token over a signature value; who made it is not looked at.
    ///
    /// - Parameters:
    ///   - attributes: What stands under tag A1.
    ///   - value: Of the signature.
    /// - Throws: ``SignatureError`` for anything else.
    static func confirm(_ attributes: ArraySlice<UInt8>, over value: [UInt8]) throws(SignatureError) {
        var cursor = DERCursor(attributes)
        guard var attribute = cursor.enter(0x30), cursor.isAtEnd, attribute.expect(identifier),
            var values = attribute.enter(0x31), attribute.isAtEnd, let token = values.takeWhole(0x30), values.isAtEnd
        else { throw SignatureError("the unsigned attributes are not one time stamp") }
        guard isImprint(Array(token), of: value) else {
            throw SignatureError("the time stamp is of another signature")
        }
    }

    private static func isImprint(_ token: [UInt8], of value: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        guard let object = LibCrypto.read(token, { d2i_PKCS7_bio($0, nil) }) else { return false }
        defer { PKCS7_free(object) }
        guard let info = PKCS7_to_TS_TST_INFO(object) else { return false }
        defer { TS_TST_INFO_free(info) }
        guard let imprint = TS_TST_INFO_get_msg_imprint(info), let algorithm = TS_MSG_IMPRINT_get_algo(imprint),
            let octets = TS_MSG_IMPRINT_get_msg(imprint), let start = ASN1_STRING_get0_data(octets)
        else { return false }
        let nid = OBJ_obj2nid(algorithm.pointee.algorithm)
        guard let digest = DigestAlgorithm.allCases.first(where: { $0.nid == nid }) else { return false }
        let stamped = UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(octets)))
        return stamped.elementsEqual(MessageDigest.digest(value, by: digest))
    }
}

/// What a SignedData is put together from again.
private struct Parts {
    /// Everything before the signers.
    var head: ArraySlice<UInt8>
    /// The one signer's fields up to the signature value, which ends them.
    var signer: ArraySlice<UInt8>
    var value: ArraySlice<UInt8>

    init(_ finished: [UInt8]) throws(SignatureError) {
        var outside = DERCursor(finished)
        guard var info = outside.enter(0x30), outside.isAtEnd, info.expect(SignedDataAssembler.idSignedData),
            var wrapper = info.enter(0xA0), info.isAtEnd, var signedData = wrapper.enter(0x30), wrapper.isAtEnd,
            case let whole = signedData.rest, signedData.take(0x02) != nil, signedData.take(0x31) != nil,
            signedData.take(0x30) != nil, signedData.take(0xA0) != nil,
            case let head = whole.prefix(whole.count - signedData.rest.count), var signers = signedData.enter(0x31),
            signedData.isAtEnd, var fields = signers.enter(0x30), signers.isAtEnd
        else { throw SignatureError("the SignedData has not one signer") }
        let signer = fields.rest
        guard fields.take(0x02) != nil, fields.take(0x30) != nil, fields.take(0x30) != nil else {
            throw SignatureError("the SignedData is not well-formed")
        }
        _ = fields.take(0xA0)
        guard fields.take(0x30) != nil, let value = fields.take(0x04), fields.isAtEnd else {
            throw SignatureError("the SignedData is not well-formed, or has unsigned attributes")
        }
        (self.head, self.signer, self.value) = (head, signer, value)
    }
}
