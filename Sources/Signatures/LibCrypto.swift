import CLibCrypto

import struct Foundation.Date
import typealias Foundation.TimeInterval

#if canImport(Glibc)
import Glibc
#endif

/// Reading objects of libcrypto from octets.
enum LibCrypto {
    static func read<Object>(_ octets: [UInt8], _ parse: (OpaquePointer) -> Object?) -> Object? {
        octets.withUnsafeBytes { buffer in
            guard let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return nil }
            defer { BIO_free_all(bio) }
            return parse(bio)
        }
    }

    /// The octets that one of libcrypto's `i2d` functions writes.
    static func encode(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32) -> [UInt8]? {
        var octets: UnsafeMutablePointer<UInt8>?
        let length = write(&octets)
        guard length > 0, let octets else { return nil }
        defer { CRYPTO_free(octets, nil, 0) }
        return Array(UnsafeBufferPointer(start: octets, count: Int(length)))
    }

    /// The text that one of libcrypto's printing functions writes.
    static func text(_ write: (OpaquePointer) -> Bool) -> String? {
        guard let bio = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free_all(bio) }
        guard write(bio) else { return nil }
        var octets = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
        guard BIO_read(bio, &octets, Int32(clamping: octets.count)) == octets.count else { return nil }
        return String(validating: octets, as: UTF8.self)
    }

    /// All certificates of a PEM text, each to be freed by the caller.
    static func certificates(pem: [UInt8]) -> [OpaquePointer] {
        read(pem) { bio in
            var certificates: [OpaquePointer] = []
            while let certificate = PEM_read_bio_X509(bio, nil, noPassphrase, nil) { certificates.append(certificate) }
            return certificates
        } ?? []
    }
}

/// Encrypted PEM is refused; libcrypto would ask for a passphrase on the terminal and wait.
func noPassphrase(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int32,
    _ isWriting: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 { -1 }

extension LibCrypto {
    /// A time as libcrypto holds it.
    static func date(_ time: UnsafePointer<ASN1_TIME>?) -> Date? {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }

    /// Lends an INTEGER that is given in DER.
    static func integer<Result>(_ der: [UInt8], _ body: (UnsafeMutablePointer<ASN1_INTEGER>) -> Result) -> Result? {
        der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            guard let number = d2i_ASN1_INTEGER(nil, &start, buffer.count) else { return nil }
            defer { ASN1_INTEGER_free(number) }
            return body(number)
        }
    }
}
