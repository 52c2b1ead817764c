import CLibCrypto

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

    /// What is written to a memory BIO.
    static func written(_ write: (OpaquePointer) -> Int32) -> [UInt8]? {
        guard let bio = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free_all(bio) }
        guard write(bio) == 1 else { return nil }
        var octets = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
        guard BIO_read(bio, &octets, Int32(clamping: octets.count)) == Int32(clamping: octets.count) else { return nil }
        return octets
    }

    static func octets(_ string: UnsafePointer<ASN1_OCTET_STRING>?) -> [UInt8] {
        guard let string, let start = ASN1_STRING_get0_data(string) else { return [] }
        return Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
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

    /// The reasons in this thread's error queue, oldest first; the queue is empty afterwards.
    static func takeErrors() -> String {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            guard let text = ERR_reason_error_string(code), reasons.count < 8 else { continue }
            let reason = String(cString: text)
            if reasons.last != reason { reasons.append(reason) }
        }
        return reasons.joined(separator: "; ")
    }
}

/// Asked for the passphrase of a key: there is none, and nobody at a terminal to ask.
func noPassphrase(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int32,
    _ purpose: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 { -1 }
