/// A TLS credential: the files of a certificate, its key, and the roots under which the other side must stand.
public struct CredentialFiles: Decodable, Sendable {
    public var certificate: ConfiguredPath
    public var key: ConfiguredPath
    public var trust: ConfiguredPath
    /// What the files were when the configuration named them, before anybody read them: what is exchanged from then on is
    /// another credential.
    let named: [[Int]]

    private enum CodingKeys: String, CodingKey {
        case certificate, key, trust
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        certificate = try container.decode(ConfiguredPath.self, forKey: .certificate)
        key = try container.decode(ConfiguredPath.self, forKey: .key)
        trust = try container.decode(ConfiguredPath.self, forKey: .trust)
        named = Self.stamp([certificate, key, trust])
    }

    /// Another for another content of any of the three files.
    var stamp: [[Int]] { Self.stamp([certificate, key, trust]) }

    private static func stamp(_ files: [ConfiguredPath]) -> [[Int]] { files.map { PublicFile.stamp($0.path) } }

    /// Reads the three files; the key must be a secret of its own.
    ///
    /// - Throws: One line with the files' names, when one cannot be read or `make` refuses them.
    public func load<Material>(
        _ make: (_ certificate: [UInt8], _ key: [UInt8], _ trust: [UInt8]) throws -> Material
    ) throws(StartError) -> Material {
        let certificateOctets = try PublicFile.read(certificate.path)
        let keyOctets = try SecretFile.read(key.path)
        let trustOctets = try PublicFile.read(trust.path)
        do { return try make(certificateOctets, keyOctets, trustOctets) } catch {
            throw StartError("\(error) (certificate \(certificate), key \(key), trust \(trust))")
        }
    }
}

/// The way to another service of the platform: where it is, who must be there, and who we are.
public struct LinkConfiguration: Decodable, Sendable {
    /// `https://`, host and port.
    public var url: String
    /// Where the same service runs as well: calls take turns, and go on where one does not answer.
    public var others: [String]?
    /// The one URI that its certificate must carry.
    public var identity: String
    public var credential: CredentialFiles

    private enum CodingKeys: String, CodingKey {
        case url, others, identity, credential
    }
}
