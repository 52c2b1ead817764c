import MSSRuntime
import PostgreSQL

@main
enum HomeMSSPService {
    static func main() async {
        await ServiceMain.run("HomeMSSPService", commands: ["migrate"]) { invocation in
            guard invocation.command == "migrate" else {
                let configuration = try ConfigurationFile.load(HomeConfiguration.self, from: invocation.configuration)
                return try await Composition(configuration).run()
            }
            try await migrate(try ConfigurationFile.load(MigrationConfiguration.self, from: invocation.configuration))
        }
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
