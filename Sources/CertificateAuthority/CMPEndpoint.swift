import CLibCrypto

/// Where CMP messages are posted.
struct CMPEndpoint: Sendable, Equatable {
    let host: String
    let port: Int32
    let path: String

    /// Reads `http://host:port/path`; nothing else may be in it.
    init(_ url: String) throws(CMPError) {
        defer { ERR_clear_error() }
        var isTLS: Int32 = 0
        var port: Int32 = 0
        var parts = [UnsafeMutablePointer<CChar>?](repeating: nil, count: 6)
        defer { for part in parts { CRYPTO_free(part, nil, 0) } }
        let isURL = parts.withUnsafeMutableBufferPointer { parts in
            guard let base = parts.baseAddress else { return false }
            return OSSL_HTTP_parse_url(url, &isTLS, base, base + 1, base + 2, &port, base + 3, base + 4, base + 5) == 1
        }
        let texts = parts.map { part in part.map { String(cString: $0) } ?? "" }
        guard isURL, url.hasPrefix("http://"), isTLS == 0, texts[0].isEmpty, !texts[1].isEmpty, texts[4].isEmpty,
            texts[5].isEmpty
        else { throw CMPError("the certification authority's URL is not of the form http://host:port/path") }
        host = texts[1]
        self.port = port
        path = texts[3]
    }
}
