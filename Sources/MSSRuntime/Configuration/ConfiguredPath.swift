/// The path of a file in a configuration; a relative one is meant from the configuration file's folder.
public struct ConfiguredPath: Decodable, Sendable, Hashable, CustomStringConvertible {
    /// Ready to be opened.
    public let path: String
    public var description: String { path }

    /// A path that is used as it stands.
    public init(_ path: String) {
        self.path = path
    }

    /// A path that is meant from this file's folder.
    public func beside(_ name: String) -> ConfiguredPath {
        ConfiguredPath(name.hasPrefix("/") ? name : Self.folder(of: path) + name)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be the path of a file")
        }
        let folder = Self.folderKey.flatMap { decoder.userInfo[$0] as? String }
        path = text.hasPrefix("/") ? text : (folder ?? "") + text
    }
}

extension ConfiguredPath {
    private static let folderKey = CodingUserInfoKey(rawValue: "folder")

    static func userInfo(folder: String) -> [CodingUserInfoKey: Any] {
        folderKey.map { [$0: folder] } ?? [:]
    }

    /// What stands before the last `/` of `path`, with it; empty for a file of the working directory.
    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }
}
