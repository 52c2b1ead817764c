import CLibCrypto

import struct Foundation.Date

/// A certificate revocation list whose signature was verified (RFC 5280 §5).
///
/// It is verified once, when it is read, and not with every certificate: the cost would grow with the list.
final class RevocationList: @unchecked Sendable {
    /// The issuer's name in DER.
    let issuer: [UInt8]
    let thisUpdate: Date
    /// A list without it is never fresh.
    let nextUpdate: Date?
    /// SHA-256 of ``der``: its name in evidence, made once.
    let digest: [UInt8]
    // Only read once it is shared; libcrypto locks its sorting itself.
    private let list: OpaquePointer

    /// Reads a list in PEM or DER.
    ///
    /// `nil` if none of the issuers has signed it for all its certificates, or if it, or any entry of it, has a critical
    /// extension: delta lists, lists of a part and whatever else is unknown here are marked so.
    ///
    /// - Parameters:
    ///   - octets: As they came.
    ///   - issuers: The CAs that may have signed it.
    init?(_ octets: [UInt8], issuers: [ParsedCertificate]) {
        defer { ERR_clear_error() }
        let read =
            LibCrypto.read(octets) { PEM_read_bio_X509_CRL($0, nil, noPassphrase, nil) }
            ?? LibCrypto.read(octets) { d2i_X509_CRL_bio($0, nil) }
        guard let list = read else { return nil }
        guard Self.isSigned(list, by: issuers), Self.isPlain(list),
            let thisUpdate = LibCrypto.date(X509_CRL_get0_lastUpdate(list))
        else {
            X509_CRL_free(list)
            return nil
        }
        self.list = list
        self.thisUpdate = thisUpdate
        issuer = ParsedCertificate.name(X509_CRL_get_issuer(list))
        nextUpdate = LibCrypto.date(X509_CRL_get0_nextUpdate(list))
        digest = MessageDigest.sha256(LibCrypto.encode { i2d_X509_CRL(list, $0) } ?? [])
        // Looked into once before it is shared: libcrypto sorts it then, in place.
        _ = LibCrypto.integer([2, 1, 1]) { X509_CRL_get0_by_serial(list, nil, $0) }
    }

    deinit { X509_CRL_free(list) }

    /// What the list says of a certificate of its issuer.
    func verdict(serialNumber: [UInt8]) -> RevocationVerdict {
        let found = LibCrypto.integer(serialNumber) { number -> RevocationVerdict in
            var entry: OpaquePointer?
            guard X509_CRL_get0_by_serial(list, &entry, number) != 0, let entry else { return .good }
            return Self.isOnHold(entry) ? .onHold : .revoked
        }
        return found ?? .revoked
    }

    /// DER, as evidence.
    var der: [UInt8] { LibCrypto.encode { i2d_X509_CRL(list, $0) } ?? [] }

    private static func isOnHold(_ entry: OpaquePointer) -> Bool {
        guard let value = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nil, nil) else { return false }
        let reason = value.assumingMemoryBound(to: ASN1_ENUMERATED.self)
        defer { ASN1_ENUMERATED_free(reason) }
        return ASN1_ENUMERATED_get(reason) == CRL_REASON_CERTIFICATE_HOLD
    }

    private static func isSigned(_ list: OpaquePointer, by issuers: [ParsedCertificate]) -> Bool {
        issuers.contains { issuer in
            issuer.use {
                X509_NAME_cmp(X509_get_subject_name($0), X509_CRL_get_issuer(list)) == 0
                    && X509_get_key_usage($0) & UInt32(KU_CRL_SIGN) != 0
                    && X509_CRL_verify(list, X509_get0_pubkey($0)) == 1
            }
        }
    }

    private static func isPlain(_ list: OpaquePointer) -> Bool {
        let isPlain = (0..<max(0, X509_CRL_get_ext_count(list))).allSatisfy {
            X509_EXTENSION_get_critical(X509_CRL_get_ext(list, $0)) == 0
        }
        let entries = X509_CRL_get_REVOKED(list)
        return isPlain
            && (0..<max(0, OPENSSL_sk_num(entries))).allSatisfy { index in
                let entry = OPENSSL_sk_value(entries, index).map { OpaquePointer($0) }
                return (0..<max(0, X509_REVOKED_get_ext_count(entry))).allSatisfy {
                    X509_EXTENSION_get_critical(X509_REVOKED_get_ext(entry, $0)) == 0
                }
            }
    }
}

/// What a list or a responder says of a certificate.
enum RevocationVerdict: Sendable, Equatable {
    case good
    /// certificateHold: suspended, perhaps only for a time; it counts as revoked as long as it lasts.
    case onHold
    case revoked
}
