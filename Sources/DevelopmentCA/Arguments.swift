/// The command line.
///
/// Each option is needed, but for the days, and stands once.
struct Arguments {
    static let usage = """
        usage: DevelopmentCA --listen HOST:PORT --ca-certificate PEM --ca-key PEM --registration-authority-ca PEM \
        --registration-authority URI --crl FILE --state DIRECTORY [--certificate-days 730]
        """

    let host: String
    let port: Int
    /// Path of the CA's certificate.
    let certificate: String
    /// Path of the CA's private key; nobody but its owner may read it.
    let key: String
    /// Path of the root that certified the registration authority.
    let registrationAuthorityRoot: String
    /// The one URI that the registration authority's certificate must carry.
    let registrationAuthority: String
    /// Where the revocation list is written.
    let revocationList: String
    /// Directory of the journal.
    let state: String
    /// How long certificates are valid.
    let certificateDays: Int

    init(_ words: some Sequence<String>) throws(AuthorityError) {
        var values = try Self.values(words)
        func take(_ name: String) throws(AuthorityError) -> String {
            guard let value = values.removeValue(forKey: name), !value.isEmpty else {
                throw AuthorityError("\(name) is missing; \(Self.usage)")
            }
            return value
        }
        (host, port) = try Self.address(try take("--listen"))
        certificate = try take("--ca-certificate")
        key = try take("--ca-key")
        registrationAuthorityRoot = try take("--registration-authority-ca")
        registrationAuthority = try take("--registration-authority")
        revocationList = try take("--crl")
        state = try take("--state")
        guard let days = Int(values.removeValue(forKey: "--certificate-days") ?? "730"), (1...3_650).contains(days)
        else { throw AuthorityError("--certificate-days is not a number from 1 to 3650") }
        certificateDays = days
        if let unknown = values.keys.first { throw AuthorityError("\(unknown) is unknown; \(Self.usage)") }
    }

    private static func values(_ words: some Sequence<String>) throws(AuthorityError) -> [String: String] {
        var values: [String: String] = [:]
        var name: String?
        for word in words {
            guard let option = name else {
                guard word.hasPrefix("--") else { throw AuthorityError("\(word) is not an option; \(usage)") }
                name = word
                continue
            }
            guard values.updateValue(word, forKey: option) == nil else {
                throw AuthorityError("\(option) stands twice")
            }
            name = nil
        }
        if let name { throw AuthorityError("\(name) has no value; \(usage)") }
        return values
    }

    private static func address(_ text: String) throws(AuthorityError) -> (String, Int) {
        // The last colon: there are others in an IPv6 address, which stands in brackets.
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            case let host = text[..<colon].filter({ $0 != "[" && $0 != "]" }), !host.isEmpty
        else { throw AuthorityError("--listen is not of the form HOST:PORT") }
        return (host, Int(port))
    }
}
