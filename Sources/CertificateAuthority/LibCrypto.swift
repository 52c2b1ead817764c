import CLibCrypto

#if canImport(Glibc)
import Glibc
#endif

/// Octets and texts in and out of libcrypto.
enum LibCrypto {
    static func read<Object>(_ octets: [UInt8], _ parse: (OpaquePointer) -> Object?) -> Object? {
        octets.withUnsafeBytes { buffer in
            guard let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return nil }
            defer { BIO_free_all(bio) }
            return parse(bio)
        }
    }

    /// The DER that an `i2d` function writes.
    static func encoded(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32) -> [UInt8]? {
        var output: UnsafeMutablePointer<UInt8>?
        let length = write(&output)
        guard length > 0, let output else { return nil }
        defer { CRYPTO_free(output, nil, 0) }
        return Array(UnsafeBufferPointer(start: output, count: Int(length)))
    }

    /// The one value that a name has for an attribute; `nil` if it has none or several.
    static func value(of attribute: Int32, in name: OpaquePointer?) -> String? {
        let index = X509_NAME_get_index_by_NID(name, attribute, -1)
        guard index >= 0, X509_NAME_get_index_by_NID(name, attribute, index) < 0,
            let entry = X509_NAME_get_entry(name, index), let data = X509_NAME_ENTRY_get_data(entry)
        else { return nil }
        var text: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&text, data)
        guard length >= 0, let text else { return nil }
        defer { CRYPTO_free(text, nil, 0) }
        return String(validating: UnsafeBufferPointer(start: text, count: Int(length)), as: UTF8.self)
    }

}

/// What this thread's error queue said.
struct LibCryptoErrors {
    /// The reasons, oldest first.
    let text: String
    /// Whether an exchange ended in the network, before there was an answer to look at.
    let isTransfer: Bool

    /// Takes the queue's errors; it is empty afterwards.
    ///
    /// The reasons are constants of libcrypto. What it adds to them is kept only where it cannot be a person's name:
    /// from the transport.
    init() {
        var reasons: [String] = []
        var isTransfer = false
        while true {
            var data: UnsafePointer<CChar>?
            var flags: Int32 = 0
            let code = ERR_get_error_all(nil, nil, nil, &data, &flags)
            guard code != 0 else { break }
            let (library, number) = (ERR_GET_LIB(code), ERR_GET_REASON(code))
            isTransfer =
                isTransfer || library == ERR_LIB_CMP && [CMP_R_TRANSFER_ERROR, CMP_R_TOTAL_TIMEOUT].contains(number)
            guard reasons.count < 8, var reason = Self.text(code, library) else { continue }
            if flags & ERR_TXT_STRING != 0, [ERR_LIB_SYS, ERR_LIB_HTTP, ERR_LIB_BIO].contains(library), let data {
                reason += " (\(String(cString: data)))"
            }
            if reasons.last != reason { reasons.append(reason) }
        }
        text = reasons.joined(separator: "; ")
        self.isTransfer = isTransfer
    }

    /// libcrypto has no texts for the errors of the system's calls.
    private static func text(_ code: UInt, _ library: Int32) -> String? {
        if library == ERR_LIB_SYS { return String(cString: strerror(ERR_GET_REASON(code))) }
        return ERR_reason_error_string(code).map { String(cString: $0) }
    }
}

/// Asked for the passphrase of a key: there is none, and nobody at a terminal to ask.
func noPassphrase(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int32,
    _ purpose: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 { -1 }
