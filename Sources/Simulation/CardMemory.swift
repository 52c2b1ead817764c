import Crypto
import Foundation
import Synchronization

/// What cards keep without power, over a restart of the simulator: a file for each card that has changed, mode 0600.
///
/// A card that nothing was sent to has none; it is made from its record again.
public final class CardMemory: Sendable {
    private let folder: String
    /// What was last written of each card, to write nothing twice.
    private let written = Mutex<[String: SHA256.Digest]>([:])
    private let failed = Mutex(0)

    /// - Throws: ``SimulationError`` if the folder cannot be made.
    public init(folder: String) throws(SimulationError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch { throw SimulationError("\(folder) cannot be made") }
        self.folder = folder
    }

    /// How many states could not be written.
    var failures: Int { failed.withLock { $0 } }

    /// - Returns: `nil` for a card that never changed.
    func state(of iccid: String) -> CardState? {
        try? CardState(reading: path(iccid))
    }

    /// Keeps a card's state if it is another than last time.
    func keep(_ state: CardState, _ iccid: String) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(state) else { return failed.withLock { $0 += 1 } }
        let digest = SHA256.hash(data: data)
        guard written.withLock({ $0[iccid] != digest }) else { return }
        do {
            try state.write(to: path(iccid))
            written.withLock { $0[iccid] = digest }
        } catch { failed.withLock { $0 += 1 } }
    }

    private func path(_ iccid: String) -> String { folder + "/" + iccid + ".json" }
}
