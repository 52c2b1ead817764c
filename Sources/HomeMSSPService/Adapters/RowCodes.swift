import HomeStore
import KeyVault
import Logging
import MSSCore

/// The vault, as the home's storage asks for it: codes of rows that decide, and the alarm about one that is forged.
struct RowCodes: RowAuthenticator {
    let vault: Vault
    let tally: any Tally
    let logger: Logger

    func code(of row: DecidingRow) throws(RowRefusal) -> [UInt8] {
        do throws(VaultError) { return try vault.code(of: row.octets) } catch { throw refusal(error) }
    }

    func check(_ code: [UInt8], of row: DecidingRow) throws(RowRefusal) {
        guard try !isCode(code, of: row) else { return }
        tally.count("home_alarms", [("alarm", "row_not_authentic")])
        logger.critical(
            "ALARM: a row of the database is not as the home wrote it",
            metadata: ["table": "\(row.table, as: .open)", "card": "\(row.msisdn, as: .mobileUser)"]
        )
        throw RowRefusal(reason: "a row of \(row.table) is not as the home wrote it", isForged: true)
    }

    func isCode(_ code: [UInt8], of row: DecidingRow) throws(RowRefusal) -> Bool {
        do throws(VaultError) { return try vault.isCode(code, of: row.octets) } catch { throw refusal(error) }
    }

    func refuse(setBack row: DecidingRow) -> RowRefusal {
        tally.count("home_alarms", [("alarm", "row_set_back")])
        logger.critical(
            "ALARM: a row of the database was set back to an earlier version of itself",
            metadata: ["table": "\(row.table, as: .open)", "card": "\(row.msisdn, as: .mobileUser)"]
        )
        return RowRefusal(reason: "a row of \(row.table) was set back", isForged: true)
    }

    private func refusal(_ error: VaultError) -> RowRefusal {
        RowRefusal(reason: error.description, isForged: false)
    }
}
