import CLibCrypto
import Glibc

/// A certificate of an identity and those between it and the root, as libcrypto has parsed them.
final class IdentityChain {
    private static let most = 5
    private let certificates: [OpaquePointer]

    /// Certificates one behind the other, as a record holds them; `nil` unless they are one to five and nothing else.
    init?(der: [UInt8]) {
        defer { ERR_clear_error() }
        certificates = Self.read(der) { d2i_X509_bio($0, nil) }
        guard (1...Self.most).contains(certificates.count), self.der.joined().elementsEqual(der) else { return nil }
    }

    /// A PEM text, the identity's certificate first; a root at its end is left out.
    ///
    /// - Throws: ``VaultError/identity(_:)``.
    init(pem: [UInt8]) throws(VaultError) {
        defer { ERR_clear_error() }
        var read = Self.read(pem) { PEM_read_bio_X509($0, nil, noPassphrase, nil) }
        if read.count > 1, let last = read.last, X509_check_issued(last, last) == X509_V_OK {
            X509_free(last)
            read.removeLast()
        }
        certificates = read
        guard (1...Self.most).contains(read.count) else {
            throw .identity("the file must hold the certificate and those up to the root, PEM, \(Self.most) at most")
        }
    }

    deinit { for certificate in certificates { X509_free(certificate) } }

    var der: [[UInt8]] { certificates.map { certificate in Self.encode { i2d_X509(certificate, $0) } } }

    /// Whether it is one for a key: of this key, to sign with, valid, and each issued by the next.
    ///
    /// Whose root it leads to is not asked: those who verify have it.
    ///
    /// - Parameters:
    ///   - publicKey: DER SubjectPublicKeyInfo.
    ///   - time: Seconds since 1970.
    /// - Throws: ``VaultError/identity(_:)`` with what is wrong first.
    func check(publicKey: [UInt8], at time: Int) throws(VaultError) {
        defer { ERR_clear_error() }
        let leaf = certificates[0]
        let key = Self.encode { i2d_PUBKEY(X509_get0_pubkey(leaf), $0) }
        guard key == publicKey else { throw .identity("the certificate is of another key") }
        guard X509_check_ca(leaf) == 0 else { throw .identity("the certificate is a CA's") }
        let usage = X509_get_key_usage(leaf)
        guard usage != UInt32.max, usage & UInt32(KU_DIGITAL_SIGNATURE) != 0 else {
            throw .identity("the certificate's key usage lacks digitalSignature")
        }
        for (index, certificate) in certificates.enumerated() {
            var (before, after) = (time_t(time), time_t(time))
            let name = index == 0 ? "the certificate" : "certificate \(index + 1)"
            guard X509_cmp_time(X509_get0_notBefore(certificate), &before) < 0 else {
                throw .identity("\(name) is not valid yet")
            }
            guard X509_cmp_time(X509_get0_notAfter(certificate), &after) > 0 else {
                throw .identity("\(name) is not valid any more")
            }
        }
        for (index, (certificate, issuer)) in zip(certificates, certificates.dropFirst()).enumerated() {
            guard X509_check_ca(issuer) != 0, X509_check_issued(issuer, certificate) == X509_V_OK,
                X509_verify(certificate, X509_get0_pubkey(issuer)) == 1
            else { throw .identity("certificate \(index + 2) has not issued the one before it") }
        }
    }

    private static func read(_ octets: [UInt8], _ parse: (OpaquePointer) -> OpaquePointer?) -> [OpaquePointer] {
        octets.withUnsafeBytes { buffer in
            guard let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return [] }
            defer { BIO_free_all(bio) }
            var found: [OpaquePointer] = []
            while found.count <= most + 1, let next = parse(bio) { found.append(next) }
            return found
        }
    }

    private static func encode(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32) -> [UInt8] {
        var octets: UnsafeMutablePointer<UInt8>?
        let length = write(&octets)
        guard length > 0, let octets else { return [] }
        defer { CRYPTO_free(octets, nil, 0) }
        return Array(UnsafeBufferPointer(start: octets, count: Int(length)))
    }
}
