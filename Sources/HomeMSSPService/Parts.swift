import HomeMSSP
import HomeStore
import KeyVault
import MSSCore
import MSSRuntime
import OTA
import PostgreSQL
import Signatures

/// What the home's configuration names, read and checked: each error is one line that says whose it is.
enum Parts {
    /// How long a directory is of use that this home signs.
    static func validity(_ directory: HomeConfiguration.Directory?) throws(StartError) -> Duration {
        let seconds = directory?.validSeconds ?? 86_400
        guard (60...604_800).contains(seconds) else { throw StartError("directory.valid_seconds must be 60 to 604800") }
        return .seconds(seconds)
    }

    static func prefix(_ text: String) throws(StartError) -> TransactionID.Prefix {
        guard let prefix = TransactionID.Prefix(text) else {
            throw StartError("prefix: \(text) must be a lower-case letter and up to five letters or digits")
        }
        return prefix
    }

    /// Sealed as yet.
    static func vault(
        _ files: HomeConfiguration.VaultFiles,
        legacy: [LegacyPermission]
    ) throws(StartError) -> Vault {
        let importKey = try SecretFile.read(files.importKey.path)
        let importCertificate = try PublicFile.read(files.importCertificate.path)
        do throws(VaultError) {
            return try Vault(importKey: importKey, importCertificate: importCertificate, legacy: legacy)
        } catch { throw StartError("vault: \(error)") }
    }

    static func users(
        _ users: HomeConfiguration.Users,
        fetcher: RevocationFetcher
    ) throws(StartError) -> UserAuthority {
        let anchors = try PublicFile.read(users.authority.path)
        let lists = try addresses(users.listURLs, "users.crl_urls")
        let responders = try addresses(users.responderURLs, "users.ocsp_urls")
        let sources = RevocationSources(
            lists: lists,
            responders: responders,
            requiresNonce: users.requiresNonce ?? false,
            fetch: { try await fetcher.fetch($0) }
        )
        do throws(SignatureError) {
            return try UserAuthority(
                anchors: anchors,
                revocationList: users.revocations?.path,
                sources: lists.isEmpty && responders.isEmpty ? nil : sources,
                constraints: UserAuthority.Constraints(
                    policies: Set(users.policies ?? []),
                    testPolicies: Set(users.testPolicies ?? [])
                )
            )
        } catch { throw StartError("users.authority: \(users.authority): \(error)") }
    }

    private static func addresses(_ urls: [String]?, _ key: String) throws(StartError) -> [String] {
        let urls = urls ?? []
        for url in urls where !url.hasPrefix("http://") && !url.hasPrefix("https://") {
            throw StartError("\(key): \(url) must begin with http:// or https://")
        }
        return urls
    }

    static func readable(_ results: HomeConfiguration.Results?) throws(StartError) -> Duration {
        let seconds = results?.readableSeconds ?? 600
        guard (60...86_400).contains(seconds) else {
            throw StartError("results.readable_seconds must be 60 to 86400")
        }
        return .seconds(seconds)
    }

    static func keepDays(_ evidence: HomeConfiguration.Evidence?) throws(StartError) -> Int {
        let days = evidence?.keepDays ?? 3_650
        guard (1...36_500).contains(days) else { throw StartError("evidence.keep_days must be 1 to 36500") }
        return days
    }

    /// The database, reached and found to be laid out as this program needs it.
    ///
    /// - Parameters:
    ///   - database: As configured.
    ///   - watch: Looks at each new connection.
    /// - Returns: The connections.
    /// - Throws: One line.
    static func database(
        _ database: HomeConfiguration.Database,
        watch: DatabaseWatch = DatabaseWatch()
    ) async throws(StartError) -> Pool {
        let size = database.connections ?? 8
        guard (1...200).contains(size) else { throw StartError("database.connections must be 1 to 200") }
        let pool = Pool(database.connection, size: size, admit: { try await watch.admit($0) })
        do throws(StoreError) {
            guard try await HomeSchema.isCurrent(pool, until: .now + .seconds(5)) else {
                throw .conflict("its schema is older than this program: run HomeMSSPService migrate")
            }
        } catch {
            switch error {
            case .unavailable(let reason), .conflict(let reason), .exists(let reason):
                throw StartError("database: \(reason)")
            case .busy, .repeated, .held: throw StartError("database: busy")
            }
        }
        return pool
    }
}
