import AE
import MSSCore
import MSSRuntime
import MSSWire

/// What `[providers]` names, read and checked.
enum DirectoryParts {
    static func seal(
        _ trust: ConfiguredPath,
        of home: PeerIdentity
    ) throws(StartError) -> DirectorySeal {
        let roots = try PublicFile.read(trust.path)
        do throws(TLSMaterialError) { return try DirectorySeal(trust: roots, home: home) } catch {
            throw StartError("providers.trust: \(trust): \(error.reason)")
        }
    }

    static func times(_ providers: AEConfiguration.Providers) throws(StartError) -> ProviderCache.Times {
        var times = ProviderCache.Times()
        if let seconds = providers.pullEvery {
            guard (1...3_600).contains(seconds) else { throw StartError("providers.pull_every must be 1 to 3600") }
            times.interval = .seconds(seconds)
        }
        if let seconds = providers.serveFor {
            guard (60...604_800).contains(seconds) else { throw StartError("providers.serve_for must be 60 to 604800") }
            times.longest = .seconds(seconds)
        }
        guard times.interval < times.longest else {
            throw StartError("providers.pull_every must be less than providers.serve_for")
        }
        return times
    }
}
