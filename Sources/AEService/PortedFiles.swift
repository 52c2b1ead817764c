import AE
import Logging
import MSSCore
import MSSRuntime

/// The files of ported numbers: read at the start, and again when one of them changes.
struct PortedFiles: Sendable {
    /// 20 million lines of the longest.
    private static let longest = 1 << 30

    let table: ConfiguredPath
    let changes: ConfiguredPath?
    /// In the order of their places.
    let homes: [String]
    let numbers: PortedTable
    let tally: any Tally
    /// What the files were before they were read for the first time.
    private let named: (table: [Int], changes: [Int])

    init(table: ConfiguredPath, changes: ConfiguredPath?, homes: [String], numbers: PortedTable, tally: any Tally) {
        self.table = table
        self.changes = changes
        self.homes = homes
        self.numbers = numbers
        self.tally = tally
        named = (Self.stamp(table), Self.stamp(changes))
    }

    /// Reads both; changes may be missing.
    ///
    /// - Throws: One line with the file and what is wrong with it.
    func start(_ logger: Logger) throws(StartError) {
        numbers.take(try read(table, .table))
        note(table, "table", logger)
        guard let changes, NewFile.exists(changes.path) else { return }
        let isOfTable = numbers.take(try read(changes, .changes))
        isOfTable ? note(changes, "changes", logger) : noteOtherTable(logger)
    }

    /// Reads again whatever changes, until it is cancelled; a file that is not as it must be changes nothing.
    ///
    /// Away from the event loops: ten million numbers take some seconds.
    func follow(_ logger: Logger) async {
        await withTaskExecutorPreference(globalConcurrentExecutor) {
            var (tableSeen, changesSeen) = named
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                let (tableNow, changesNow) = (Self.stamp(table), Self.stamp(changes))
                let isNewTable = tableNow != tableSeen
                guard isNewTable || changesNow != changesSeen else { continue }
                (tableSeen, changesSeen) = (tableNow, changesNow)
                if isNewTable { take(table, .table, logger) }
                guard let changes else { continue }
                if changesNow.isEmpty { numbers.dropChanges() } else { take(changes, .changes, logger) }
            }
        }
    }

    private func take(_ file: ConfiguredPath, _ form: PortedReader.Form, _ logger: Logger) {
        let word = form == .table ? "table" : "changes"
        do throws(StartError) {
            let isLookedUp = numbers.take(try read(file, form))
            isLookedUp ? note(file, word, logger) : noteOtherTable(logger)
        } catch {
            tally.count("ae_ported_files", [("file", word), ("outcome", "refused")])
            logger.error(
                "file of ported numbers refused: what was read before serves on",
                metadata: ["problem": "\(error.description, as: .system)"]
            )
        }
    }

    private func read(_ file: ConfiguredPath, _ form: PortedReader.Form) throws(StartError) -> PortedNumbers {
        var reader = PortedReader(form, homes: homes)
        try PublicFile.read(file.path, maximum: Self.longest) { octets throws(StartError) in
            do throws(PortedProblem) { try reader.take(octets) } catch { throw StartError("\(file): \(error)") }
        }
        do throws(PortedProblem) { return try reader.finish() } catch { throw StartError("\(file): \(error)") }
    }

    private func note(_ file: ConfiguredPath, _ word: String, _ logger: Logger) {
        tally.count("ae_ported_files", [("file", word), ("outcome", "taken")])
        logger.notice(
            "file of ported numbers taken",
            metadata: [
                "file": "\(word, as: .open)", "serial": "\(numbers.serial, as: .open)",
                "numbers": "\(numbers.count, as: .open)",
            ]
        )
    }

    private func noteOtherTable(_ logger: Logger) {
        tally.count("ae_ported_files", [("file", "changes"), ("outcome", "other_table")])
        logger.warning("changes of ported numbers are of another table than the one that was read: they do not count")
    }

    private static func stamp(_ file: ConfiguredPath?) -> [Int] { file.map { PublicFile.stamp($0.path) } ?? [] }
}
