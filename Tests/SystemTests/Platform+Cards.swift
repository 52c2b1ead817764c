import Foundation
import MSSTestSupport
import Testing

extension Platform {
    /// A card that was personalised, as index.tsv has it.
    struct Card: Sendable {
        var msisdn: String
        var behaviour: String
        fileprivate var line: String
    }

    var cards: [Card] {
        get throws {
            let lines = try String(contentsOfFile: file("cards/index.tsv"), encoding: .utf8).split(separator: "\n")
            return lines.map { line in
                let values = line.split(separator: "\t").map { String($0) }
                return Card(msisdn: values[2], behaviour: values[3], line: String(line))
            }
        }
    }

    /// Makes cards users, as an agent does: several agents, if they are to work at once.
    func register(_ cards: [Card], atOnce agents: Int = 1) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for agent in 0..<agents {
                let part = cards.enumerated().filter { $0.offset % agents == agent }.map(\.element)
                group.addTask { try await registerInTurn(part) }
            }
            try await group.waitForAll()
        }
    }

    private func registerInTurn(_ cards: [Card]) async throws {
        let folder = try TemporaryFolder()
        let lines = cards.map { $0.line + "\n" }.joined()
        try lines.write(toFile: folder.path("index.tsv"), atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: folder.path("keys"), withDestinationPath: file("cards/keys"))
        let script = BuiltProducts.packageRoot.appending(path: "deploy/demo/register").path
        let result = try await Command.run(
            script,
            [folder.url.path, "\(cards.count)"],
            environment: ["RUN_DIR": self.folder.path]
        )
        #expect(result.status == 0, "\(result.text) \(result.errorText)")
    }
}
