import Crypto
import Foundation
import Glibc
import HomeMSSP
import HomeStore
import KeyVault
import MSSCore
import MSSRuntime

/// `import` at the home's console: custodians enter the transport key's components, the file is streamed after them.
struct ImportCommand: Sendable {
    let work: CardImport

    var command: ConsoleCommand {
        ConsoleCommand(
            "import",
            usage: "all-or-none|keep-good BATCH SHA256 COMPONENTS",
            words: 4...4
        ) { [self] call throws(ConsoleRefusal) in try await run(call) }
    }

    private func run(_ call: ConsoleCall) async throws(ConsoleRefusal) -> String {
        guard !work.vault.isSealed else { throw ConsoleRefusal("the vault is sealed") }
        guard let mode = CardBatch.Mode(rawValue: call.words[0]), let name = BatchName(call.words[1]),
            let digest = Hexadecimal.octets(call.words[2]), digest.count == 32,
            let components = Int(call.words[3]), (2...3).contains(components)
        else { throw ConsoleRefusal("usage: import \(command.usage)") }
        let key = try await transportKey(components, call)
        let batch = CardBatch(digest: digest, name: name.text, mode: mode, peer: call.peer.description)
        let progress: CardImport.Progress
        do {
            progress = try await work.run(
                CardImport.Order(batch: batch, key: key),
                octets: { try await call.octets() },
                tell: { event in
                    switch event {
                    case .progress(let progress): try await call.report(progress.line)
                    case .refused(let line, let reason): try await call.report("line \(line): \(reason)")
                    }
                }
            )
        } catch let error as ConsoleRefusal {
            throw error
        } catch let error as StoreError {
            throw ConsoleRefusal(error.line)
        } catch let error as CardImportError {
            throw ConsoleRefusal(error.description)
        } catch { throw ConsoleRefusal("the import was broken off") }
        guard progress.refused == 0 || mode == .keepGood else {
            throw ConsoleRefusal("\(progress.refused) of \(progress.rows) rows are refused: no card was taken")
        }
        guard progress.kept > 0 else { throw ConsoleRefusal("every row is refused: no card was taken") }
        return progress.line
    }

    /// Each component with its check value; what is typed is shown to nobody and kept by nobody.
    private func transportKey(_ count: Int, _ call: ConsoleCall) async throws(ConsoleRefusal) -> TransportKey {
        var components: [TransportKeyComponent] = []
        for number in 1...count {
            var digits = try await call.secret("component \(number) of the transport key, in hexadecimal digits")
            defer { digits.wipe() }
            let checkValue = try await call.secret("its check value, 6 digits")
            do throws(TransportKeyError) {
                components.append(try TransportKeyComponent(digits: digits, checkValue: checkValue))
            } catch { throw ConsoleRefusal("component \(number): \(error)") }
        }
        let key: TransportKey
        do throws(TransportKeyError) { key = try TransportKey(components) } catch {
            throw ConsoleRefusal(error.description)
        }
        try await call.report("check value of the transport key: \(Hexadecimal.text(key.checkValue))")
        return key
    }
}

/// How a batch may be called: 1 to 64 letters of ASCII, digits, `.`, `_` and `-`.
struct BatchName {
    let text: String

    init?(_ text: some StringProtocol) {
        let others = Set("._-".utf8)
        guard (1...64).contains(text.utf8.count),
            text.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || others.contains($0)
            })
        else { return nil }
        self.text = String(text)
    }
}

/// The caller's side of `import`: the file is read twice, for its digest and to be sent.
struct ImportCall {
    static let usage =
        "import (--all-or-none | --keep-good) [--batch NAME] [--components 2|3] [--components-fd N]"
        + " --config FILE BATCH-FILE"

    /// What the home is asked.
    let words: [String]
    let terminal: Terminal
    private let file: FileHandle

    /// Reads the command line.
    ///
    /// - Throws: `StartError` that says what is wrong with it.
    init(_ invocation: Invocation) throws(StartError) {
        let options = invocation.options
        guard invocation.arguments.count == 1, let path = invocation.arguments.first else {
            throw StartError(usage: "import wants one FILE")
        }
        guard (options["all-or-none"] == nil) != (options["keep-good"] == nil) else {
            throw StartError(usage: "import wants either --all-or-none or --keep-good")
        }
        let stem = URL(filePath: path).deletingPathExtension().lastPathComponent
        guard let name = BatchName(options["batch"] ?? stem) else {
            throw StartError(usage: "--batch NAME has 1 to 64 letters, digits, dots, hyphens and underscores")
        }
        guard let components = Int(options["components"] ?? "2"), (2...3).contains(components) else {
            throw StartError(usage: "--components must be 2 or 3")
        }
        let descriptor = Int32(options["components-fd"] ?? "0")
        guard let descriptor, descriptor >= 0, fcntl(descriptor, F_GETFD) >= 0 else {
            throw StartError(usage: "--components-fd must be an open descriptor")
        }
        guard let file = FileHandle(forReadingAtPath: path) else { throw StartError("\(path) cannot be read") }
        self.file = file
        terminal = Terminal(input: descriptor, output: STDOUT_FILENO)
        let mode = options["all-or-none"] == nil ? CardBatch.Mode.keepGood : .allOrNone
        words = ["import", mode.rawValue, name.text, try Self.digest(of: file, path), "\(components)"]
    }

    /// The next octets of the file; empty after the last.
    func next(_ most: Int) throws -> [UInt8] { [UInt8](try file.read(upToCount: most) ?? Data()) }

    private static func digest(of file: FileHandle, _ path: String) throws(StartError) -> String {
        var digest = SHA256()
        do {
            while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { digest.update(data: part) }
            try file.seek(toOffset: 0)
        } catch { throw StartError("\(path) cannot be read") }
        return Hexadecimal.text(Array(digest.finalize()))
    }
}
