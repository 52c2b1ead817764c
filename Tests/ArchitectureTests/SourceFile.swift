import Foundation
import MSSTestSupport

/// A Swift source and the import lines in it.
struct SourceFile {
    let name: String
    let imports: [Import]

    struct Import {
        var module: String
        var line: String
    }

    /// Every Swift source below a folder of the package.
    static func all(in folder: String) throws -> [SourceFile] {
        let root = BuiltProducts.packageRoot.appending(path: folder)
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?
            .compactMap { $0 as? URL }
        return try (files ?? []).filter { $0.pathExtension == "swift" }.map(SourceFile.init)
    }

    init(_ file: URL) throws {
        self.init(name: file.lastPathComponent, text: try String(contentsOf: file, encoding: .utf8))
    }

    init(name: String, text: String) {
        self.name = name
        imports = text.split(separator: "\n").compactMap(Self.imported)
    }

    private static func imported(_ line: Substring) -> Import? {
        // Attributes and access first, then `import`, perhaps the kind of what is imported, then the module.
        var words = line.split(separator: " ").filter { !$0.hasPrefix("@") }
        while let first = words.first, ["public", "package", "internal", "private", "fileprivate"].contains(first) {
            words.removeFirst()
        }
        guard words.first == "import", words.count > 1 else { return nil }
        let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor"]
        guard let path = words.dropFirst().first(where: { !kinds.contains(String($0)) }) else { return nil }
        return Import(module: String(path.prefix { $0 != "." }), line: String(line))
    }
}
