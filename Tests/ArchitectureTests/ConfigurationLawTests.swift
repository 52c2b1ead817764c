import Foundation
import MSSTestSupport
import Testing

/// What an operator may set stands in the files of deploy/config, set or behind a `#`.
@Suite("The law of configuration files")
struct ConfigurationLawTests {
    struct Part: Sendable, CustomTestStringConvertible {
        /// Where the keys are declared.
        var source: String
        /// Files that hold each of them, one or another.
        var files: [String]
        var testDescription: String { "\(source) in \(files)" }
    }

    private static let parts = [
        Part(source: "AEService/AEConfiguration.swift", files: ["ae"]),
        Part(source: "AEService/HomeEntry.swift", files: ["ae"]),
        Part(source: "MEService/MEConfiguration.swift", files: ["me"]),
        Part(source: "HomeMSSPService/HomeConfiguration.swift", files: ["home", "migrate"]),
        Part(source: "MSSCore/Directory/ProviderEntry.swift", files: ["providers"]),
        Part(source: "HomeMSSPService/MessageCentreConfiguration.swift", files: ["home"]),
        Part(source: "MSSRuntime/Configuration/CredentialFiles.swift", files: ["ae"]),
        Part(source: "MSSRuntime/Configuration/CredentialFiles.swift", files: ["me"]),
        Part(source: "MSSRuntime/Log/ServiceLog.swift", files: ["ae"]),
        Part(source: "MSSRuntime/Log/ServiceLog.swift", files: ["me"]),
        Part(source: "MSSRuntime/Log/ServiceLog.swift", files: ["home"]),
        Part(source: "MSSRuntime/Metrics/OperatorListener.swift", files: ["ae"]),
        Part(source: "MSSRuntime/Metrics/OperatorListener.swift", files: ["me"]),
        Part(source: "MSSRuntime/Metrics/OperatorListener.swift", files: ["home"]),
    ]

    @Test("has every key that a service reads", arguments: parts)
    func named(part: Part) throws {
        let root = BuiltProducts.packageRoot
        let source = try String(contentsOf: root.appending(path: "Sources/\(part.source)"), encoding: .utf8)
        let keys = Self.keys(of: source)
        try #require(!keys.isEmpty, "a scan that finds nothing proves nothing")
        let text = try part.files.map {
            try String(contentsOf: root.appending(path: "deploy/config/\($0).toml"), encoding: .utf8)
        }.joined()
        #expect(keys.filter { !Self.names(text, $0) } == [])
    }

    @Test("finds keys as they are declared and as they are set")
    func scan() {
        let source = """
            private enum CodingKeys: String, CodingKey {
                case url, `operator`,
                    console
                case topKey = "top_key"
            }
            case other
            """
        #expect(Self.keys(of: source) == ["url", "operator", "console", "top_key"])
        let text = "url = 1\n# [operator]\n[vault.token]\ntls = { trust = 2 }\n# this has no key\nmy_console = 3"
        for key in ["url", "operator", "token", "trust"] { #expect(Self.names(text, key), "\(key)") }
        for key in ["key", "console", "vault"] { #expect(!Self.names(text, key), "\(key)") }
    }

    /// The keys of every CodingKeys, by the names that files have.
    private static func keys(of source: String) -> [String] {
        source.components(separatedBy: "enum CodingKeys: String, CodingKey {").dropFirst().flatMap { part in
            part.prefix { $0 != "}" }.split(whereSeparator: { $0 == "\n" || $0 == "," }).compactMap { item in
                let words = item.split(whereSeparator: { $0 == " " || $0 == "=" }).filter { $0 != "case" }
                return words.last.map { $0.trimmingCharacters(in: ["`", "\""]) }
            }
        }
    }

    /// Whether a key or a table of this name stands in a file.
    private static func names(_ text: String, _ key: String) -> Bool {
        text.split(separator: "\n").contains { line in
            var rest = line[...]
            while let found = rest.range(of: key) {
                let before = rest[..<found.lowerBound].last
                let after = rest[found.upperBound...].drop { $0 == " " }
                let isWhole = before.map { !$0.isLetter && $0 != "_" } ?? true
                if isWhole, after.hasPrefix("=") || after.hasPrefix("]") { return true }
                rest = rest[found.upperBound...]
            }
            return false
        }
    }
}
