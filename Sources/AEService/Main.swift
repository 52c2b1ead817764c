import MSSRuntime

@main
enum AEService {
    static func main() async {
        await ServiceMain.run("AEService") { invocation in
            let configuration = try ConfigurationFile.load(AEConfiguration.self, from: invocation.configuration)
            try await Composition(configuration).run()
        }
    }
}
