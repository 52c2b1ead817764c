/// Reads a service's configuration, strictly: what it does not know, it does not accept.
public enum ConfigurationFile {
    /// Octets a configuration may have.
    public static let maximum = 1 << 20

    /// Reads the TOML file at `path` as a `T`.
    ///
    /// Every key of every table must be one that its type has; a `ConfiguredPath` is resolved against the file's own
    /// folder.
    /// - Throws: One line that names the file and the key: unknown, missing, of the wrong type, out of its range; or
    ///   the place where the file is not TOML.
    public static func load<T: Decodable & Sendable>(_ type: T.Type, from path: String) throws(StartError) -> T {
        let octets = try PublicFile.read(path, maximum: maximum)
        guard let text = String(validating: octets, as: UTF8.self), !text.utf8.contains(0) else {
            throw StartError("\(path): is not UTF-8 text")
        }
        return try decode(type, from: text, file: path)
    }

    /// Decodes `text`, which stands in `file`.
    static func decode<T: Decodable & Sendable>(
        _ type: T.Type,
        from text: String,
        file: String
    ) throws(StartError) -> T {
        let root = try parse(text, file: file)
        let keys = KeyRecord()
        let decoder = ConfigurationDecoder(root, at: [], keys: keys, folder: ConfiguredPath.folder(of: file))
        let result = Result { try T(from: decoder) }
        // A misspelt key is the cause, and what it leaves missing only the effect: so it is told first.
        if let unknown = keys.firstUnknown { throw StartError("\(file): \(unknown)") }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw StartError("\(file): \(ConfigurationProblem.text(error))")
        }
    }

    private static func parse(_ text: String, file: String) throws(StartError) -> ConfigurationValue {
        do throws(TOMLProblem) {
            return try TOMLDocument.read(text)
        } catch {
            throw StartError("\(file):\(error.line):\(error.column): \(error.text)")
        }
    }
}
