import Glibc
import HomeMSSP
import HomeStore
import MSSRuntime
import PostgreSQL

@main
enum HomeMSSPService {
    static func main() async {
        await ServiceMain.run(
            "HomeMSSPService",
            commands: ["migrate", "restore", "status", "import", "evidence", "roll-key"] + CustodyCall.commands
                + IdentityCall.commands,
            options: ["batch", "components", "components-fd", "transaction", "to", "for", "msisdn"]
                + CustodyCall.options,
            flags: ["all-or-none", "keep-good"] + CustodyCall.flags,
            usage: [ImportCall.usage, EvidenceCall.usage, RollKeyCall.usage] + CustodyCall.usage
        ) { invocation in
            let file = invocation.configuration
            switch invocation.command {
            case "migrate": try await migrate(try ConfigurationFile.load(MigrationConfiguration.self, from: file))
            case "restore": try await restore(try ConfigurationFile.load(HomeConfiguration.self, from: file))
            case "status":
                try await atConsole(["status"], try ConfigurationFile.load(HomeConfiguration.self, from: file))
            case let command where CustodyCall.commands.contains(command):
                let call = try CustodyCall(invocation)
                try await atConsole(call.words, try ConfigurationFile.load(HomeConfiguration.self, from: file))
            case "roll-key":
                let call = try RollKeyCall(invocation)
                try await atConsole(call.words, try ConfigurationFile.load(HomeConfiguration.self, from: file))
            case let command where IdentityCall.commands.contains(command):
                let call = try IdentityCall(invocation)
                let configuration = try ConfigurationFile.load(HomeConfiguration.self, from: file)
                try await atConsole(call.words, configuration, file: call.parts())
            case "import":
                let call = try ImportCall(invocation)
                let configuration = try ConfigurationFile.load(HomeConfiguration.self, from: file)
                try await atConsole(call.words, configuration, terminal: call.terminal, file: call.next)
            case "evidence":
                let call = try EvidenceCall(invocation)
                let configuration = try ConfigurationFile.load(HomeConfiguration.self, from: file)
                try await atConsole(call.words, configuration, file: call.parts(), take: { try call.keep($0) })
            default: try await Composition(try ConfigurationFile.load(HomeConfiguration.self, from: file)).run()
            }
        }
    }

    /// Takes the database that is there now as the home's: ends what it takes for running, moves all counters.
    private static func restore(_ configuration: HomeConfiguration) async throws {
        _ = try await Parts.database(configuration.database)
        // All counters in one statement may take minutes.
        let pool = Pool(configuration.database.connection, size: 2, limits: .migration)
        let epoch = try HomeEpoch(configuration.vault.epoch, pool, for: .restoring)
        let who = "uid \(getuid())"
        do throws(StoreError) {
            try await VaultKeyTable(pool: pool).note("restore", "intent", who)
        } catch { throw StartError("database: \(error.line)") }
        print(try await epoch.restore(by: who))
    }

    /// Runs a command at the console of the home that serves here.
    ///
    /// `file` gives the octets of what goes along, `take` keeps those that come back.
    private static func atConsole(
        _ command: [String],
        _ configuration: HomeConfiguration,
        terminal: Terminal = Terminal(),
        file: ((_ most: Int) throws -> [UInt8])? = nil,
        take: ((_ octets: [UInt8]) throws -> Void)? = nil
    ) async throws {
        guard let console = configuration.console else {
            throw StartError("console.socket is not configured: the home has no console")
        }
        let answer = try await ConsoleClient.run(
            console.socket.path,
            command,
            terminal: terminal,
            file: file,
            take: take
        )
        print(answer)
    }

    /// Brings the database's schema up to date with a role of its own; does nothing where it is already.
    private static func migrate(_ configuration: MigrationConfiguration) async throws {
        do throws(MigrationError) {
            let migrations = try Migrations.read(directory: configuration.migrations.path)
            let applied = try await migrations.apply(connection: configuration.connection)
            print(applied.isEmpty ? "the schema is up to date" : "applied \(applied.joined(separator: ", "))")
        } catch {
            throw StartError("migrate: \(error)")
        }
    }
}
