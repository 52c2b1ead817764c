import Foundation
import MSSTestSupport

/// The commands of docs/operations.md: the lines between ```` ```console ```` and the fence's end.
struct OperationsDocument {
    /// In the document's order, by heading.
    let commands: [(section: String, line: String)]

    init() throws {
        let file = BuiltProducts.packageRoot.appending(path: "docs/operations.md")
        var commands: [(section: String, line: String)] = []
        var section = ""
        var isCommand = false
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("## ") { section = String(line.dropFirst(3)) }
            if line.hasPrefix("```") {
                isCommand = line == "```console"
            } else if isCommand {
                commands.append((section, String(line)))
            }
        }
        self.commands = commands
    }

    func lines(_ section: String) -> [String] { commands.filter { $0.section == section }.map(\.line) }
}
