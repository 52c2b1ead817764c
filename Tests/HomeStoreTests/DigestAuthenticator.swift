import HomeStore
import MSSTestSupport
import Synchronization

/// Codes that anybody could make (FNV-1a), with an alarm that a test can read.
final class DigestAuthenticator: RowAuthenticator {
    private let forged = Mutex<[String]>([])
    private let sealed = Mutex(false)

    /// The tables whose rows were refused.
    var alarms: [String] { forged.withLock { $0 } }

    func seal() { sealed.withLock { $0 = true } }

    func code(of row: DecidingRow) throws(RowRefusal) -> [UInt8] {
        guard !sealed.withLock({ $0 }) else { throw RowRefusal(reason: "the vault is sealed", isForged: false) }
        return code(of: row.octets)
    }

    /// Of octets that no row needs to have written.
    func code(of octets: [UInt8]) -> [UInt8] {
        let digest = octets.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return [1] + (0..<32).map { UInt8(truncatingIfNeeded: digest >> UInt64($0 % 8 * 8)) }
    }

    func check(_ code: [UInt8], of row: DecidingRow) throws(RowRefusal) {
        guard try isCode(code, of: row) else {
            forged.withLock { $0.append(row.table) }
            throw RowRefusal(reason: "a row of \(row.table) is not as the home wrote it", isForged: true)
        }
    }

    func isCode(_ code: [UInt8], of row: DecidingRow) throws(RowRefusal) -> Bool { try self.code(of: row) == code }

    func refuse(setBack row: DecidingRow) -> RowRefusal {
        forged.withLock { $0.append(row.table + " set back") }
        return RowRefusal(reason: "a row of \(row.table) was set back", isForged: true)
    }
}
