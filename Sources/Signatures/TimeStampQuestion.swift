import CLibCrypto
import MSSCore

import struct Foundation.Date

/// A question to a time stamp authority (RFC 3161 §2.4.1), and what its answer must fit.
final class TimeStampQuestion: @unchecked Sendable {
    /// Seconds that the authority's clock may be away from this one.
    static let skew = 60.0

    private let request: OpaquePointer

    /// Asks for a digest to be stamped, with a fresh nonce and the authority's certificate in the answer.
    ///
    /// - Parameters:
    ///   - digest: Of the signature value.
    ///   - algorithm: What it was made by.
    init?(_ digest: [UInt8], by algorithm: DigestAlgorithm) {
        guard let request = TS_REQ_new() else { return nil }
        self.request = request
        guard let imprint = TS_MSG_IMPRINT_new() else { return nil }
        defer { TS_MSG_IMPRINT_free(imprint) }
        guard let identifier = X509_ALGOR_new() else { return nil }
        defer { X509_ALGOR_free(identifier) }
        guard X509_ALGOR_set0(identifier, OBJ_nid2obj(algorithm.nid), V_ASN1_NULL, nil) == 1,
            TS_MSG_IMPRINT_set_algo(imprint, identifier) == 1
        else { return nil }
        var octets = digest
        var generator = SystemRandomNumberGenerator()
        guard TS_MSG_IMPRINT_set_msg(imprint, &octets, Int32(octets.count)) == 1,
            TS_REQ_set_version(request, 1) == 1, TS_REQ_set_msg_imprint(request, imprint) == 1,
            TS_REQ_set_cert_req(request, 1) == 1, let nonce = ASN1_INTEGER_new()
        else { return nil }
        defer { ASN1_INTEGER_free(nonce) }
        guard ASN1_INTEGER_set_uint64(nonce, .random(in: 1...UInt64.max, using: &generator)) == 1,
            TS_REQ_set_nonce(request, nonce) == 1
        else { return nil }
    }

    deinit { TS_REQ_free(request) }

    var der: [UInt8] { LibCrypto.encode { i2d_TS_REQ(request, $0) } ?? [] }

    /// Reads an answer: granted, about this digest, with this nonce, of about now, and signed by a certificate for time
    /// stamps and nothing else (id-kp-timeStamping, RFC 3161 §2.3) under the anchors.
    ///
    /// - Parameters:
    ///   - octets: As they came.
    ///   - store: The anchors.
    ///   - date: Now.
    /// - Returns: The TimeStampToken, a ContentInfo in DER.
    /// - Throws: ``SignatureError`` with what is wrong first.
    func token(_ octets: [UInt8], store: OpaquePointer, at date: Date) throws(SignatureError) -> [UInt8] {
        defer { ERR_clear_error() }
        guard let response = LibCrypto.read(octets, { d2i_TS_RESP_bio($0, nil) }) else {
            throw SignatureError("the time stamp authority's answer is not well-formed")
        }
        defer { TS_RESP_free(response) }
        guard let context = TS_REQ_to_TS_VERIFY_CTX(request, nil) else { throw SignatureError("out of memory") }
        defer { TS_VERIFY_CTX_free(context) }
        TS_VERIFY_CTX_add_flags(context, Int32(TS_VFY_SIGNATURE))
        // The context frees it with itself.
        X509_STORE_up_ref(store)
        TS_VERIFY_CTX_set_store(context, store)
        guard TS_RESP_verify_response(context, response) == 1 else {
            throw SignatureError("the time stamp is refused, of something else, or not by the authority")
        }
        guard let stamped = LibCrypto.date(TS_TST_INFO_get_time(TS_RESP_get_tst_info(response))),
            abs(stamped.timeIntervalSince(date)) <= Self.skew
        else { throw SignatureError("the time stamp is of another time than this clock's") }
        guard let token = TS_RESP_get_token(response), let der = LibCrypto.encode({ i2d_PKCS7(token, $0) }) else {
            throw SignatureError("the time stamp authority's answer has no token")
        }
        return der
    }
}

extension DigestAlgorithm {
    var nid: Int32 { self == .sha256 ? NID_sha256 : NID_sha384 }
}
