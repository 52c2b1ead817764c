import MSSRuntime

@main
enum MEService {
    static func main() async {
        await ServiceMain.run("MEService") { invocation in
            let configuration = try ConfigurationFile.load(MEConfiguration.self, from: invocation.configuration)
            try await Composition(configuration).run()
        }
    }
}
