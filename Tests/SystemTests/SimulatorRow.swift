import Foundation
import MSSTestSupport
import Testing

/// A row of docs/simulator.md: what a number does, and what it promises that the provider gets.
struct SimulatorRow: Sendable {
    enum Promise: Sendable, Equatable {
        case signature
        /// The code and the text that AE tells, and the finer code that stays with the home.
        case fault(code: String, specifier: String, text: String)
    }

    /// The number's last four digits.
    var digits: String
    var behaviour: String
    var promise: Promise

    /// The rows, as the document has them.
    static var documented: [SimulatorRow] {
        get throws {
            let file = BuiltProducts.packageRoot.appending(path: "docs/simulator.md")
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            return try lines.filter { $0.hasPrefix("| …92") }.map { try #require(SimulatorRow($0), "\($0)") }
        }
    }

    /// `| …92NN | what happens | `behaviour` | the signature |`, or `CODE/SPECIFIER TEXT` and `CODE TEXT` in the end.
    private init?(_ line: Substring) {
        let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        guard cells.count == 4, let promise = Self.promise(cells[3]) else { return nil }
        digits = String(cells[0].dropFirst())
        behaviour = cells[2].trimmingCharacters(in: ["`"])
        self.promise = promise
    }

    private static func promise(_ text: String) -> Promise? {
        guard text != "the signature" else { return .signature }
        guard let space = text.firstIndex(of: " ") else { return nil }
        let codes = text[..<space].split(separator: "/").map { String($0) }
        guard (1...2).contains(codes.count), codes.allSatisfy({ Int($0) != nil }) else { return nil }
        return .fault(
            code: codes[0],
            specifier: codes.count == 2 ? codes[1] : "",
            text: String(text[text.index(after: space)...])
        )
    }
}
