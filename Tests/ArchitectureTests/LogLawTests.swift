import Foundation
import MSSTestSupport
import Testing

/// A log value has one class.
///
/// Of two interpolations in one value the last one's class would win over both, and text
/// beside a classified value would be shown with it.
@Suite("The law of log values")
struct LogLawTests {
    private static let classes = ["open", "mobileUser", "registration", "applicationProvider", "system"]

    @Test("gives each value one class and nothing beside it")
    func oneClassAValue() throws {
        let files = try SourceText.all(in: "Sources")
        try #require(files.count > 100)
        var found = 0
        for file in files {
            for line in file.lines where Self.classes.contains(where: { line.contains(", as: .\($0))") }) {
                found += 1
                #expect(Self.isLawful(line), "\(file.name): \(line)")
            }
        }
        #expect(found > 20, "a scan that finds nothing proves nothing")
    }

    @Test(
        "sees what breaks it",
        arguments: [
            #""a": "\(x, as: .mobileUser) \(y, as: .open)""#, #""a": "text \(x, as: .open)""#,
            #""a": "\(x, as: .open) text""#,
        ]
    )
    func broken(line: String) {
        #expect(!Self.isLawful(line))
    }

    @Test("lets pass what keeps it", arguments: [#""a": "\(x ?? "", as: .open)", "b": "\(y, as: .system)","#])
    func kept(line: String) {
        #expect(Self.isLawful(line))
    }

    /// Each `as: .class)` closes a literal that its interpolation opened.
    private static func isLawful(_ line: String) -> Bool {
        for name in classes {
            let end = ", as: .\(name))"
            var rest = line[...]
            while let range = rest.range(of: end) {
                let isClosed = rest[range.upperBound...].hasPrefix("\"")
                let opening = rest[..<range.lowerBound].range(of: "\\(", options: .backwards)
                let before = opening.map { rest[..<$0.lowerBound] }
                guard isClosed, let before, before.hasSuffix("\"") else { return false }
                rest = rest[range.upperBound...]
            }
        }
        return true
    }
}

/// A Swift source, line by line.
struct SourceText {
    let name: String
    let lines: [String]

    static func all(in folder: String) throws -> [SourceText] {
        let root = BuiltProducts.packageRoot.appending(path: folder)
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?
            .compactMap { $0 as? URL }
        return try (files ?? []).filter { $0.pathExtension == "swift" }.map { file in
            let text = try String(contentsOf: file, encoding: .utf8)
            return SourceText(name: file.lastPathComponent, lines: text.components(separatedBy: "\n"))
        }
    }
}
