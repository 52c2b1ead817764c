import CLibCrypto

import struct Foundation.Date

#if canImport(Glibc)
import Glibc
#endif

/// What building the path from a certificate to its trust anchor found (RFC 5280 §6).
///
/// Its signatures and extensions stay what they are; only the time goes on, and that is compared each time.
struct CertificatePath: Sendable {
    enum Standing: Sendable {
        case good
        /// Not yet, or not any more.
        case notNow
        case invalid
    }

    private let isGood: Bool
    /// When every certificate of the path is valid, in seconds since 1970, both ends included.
    private let valid: ClosedRange<Int>

    init(of certificate: OpaquePointer, in store: OpaquePointer) {
        let path = Self.valid(certificate, store)
        isGood = path != nil
        valid = path ?? 0...0
    }

    private static func valid(_ certificate: OpaquePointer, _ store: OpaquePointer) -> ClosedRange<Int>? {
        guard let context = X509_STORE_CTX_new() else { return nil }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, certificate, nil) == 1 else { return nil }
        X509_STORE_CTX_set_flags(context, UInt(X509_V_FLAG_NO_CHECK_TIME))
        guard X509_verify_cert(context) == 1 else { return nil }
        let chain = X509_STORE_CTX_get0_chain(context)
        var (from, until) = (Int.min, Int.max)
        for index in 0..<max(0, OPENSSL_sk_num(chain)) {
            guard let link = OPENSSL_sk_value(chain, index).map({ OpaquePointer($0) }),
                let begin = seconds(X509_get0_notBefore(link)), let end = seconds(X509_get0_notAfter(link))
            else { return nil }
            (from, until) = (max(from, begin), min(until, end))
        }
        return from <= until ? from...until : nil
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int? {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return timegm(&parts)
    }

    func standing(at date: Date) -> Standing {
        guard isGood else { return .invalid }
        return valid.contains(Int(date.timeIntervalSince1970)) ? .good : .notNow
    }
}
