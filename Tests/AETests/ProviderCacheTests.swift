import AE
import Foundation
import Logging
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

/// A home whose answers a test writes.
private final class ScriptedHome: ProviderService {
    let answer = Mutex<SignedDirectory?>(nil)

    func directory(_ call: Call) async throws(MSSFault) -> SignedDirectory {
        guard let answer = answer.withLock({ $0 }) else { throw MSSFault(.unableToProvideServices, cause: "away") }
        return answer
    }
}

/// A shelf in memory.
private final class MemoryShelf: DirectoryShelf {
    let content = Mutex<SignedDirectory?>(nil)
    let keeps = Mutex(0)
    let isBroken = Mutex(false)

    func kept() throws(DirectoryRefusal) -> SignedDirectory? {
        guard !isBroken.withLock({ $0 }) else { throw DirectoryRefusal(.file, "broken") }
        return content.withLock { $0 }
    }

    func keep(_ directory: SignedDirectory) throws(DirectoryRefusal) {
        guard !isBroken.withLock({ $0 }) else { throw DirectoryRefusal(.file, "broken") }
        content.withLock { $0 = directory }
        keeps.withLock { $0 += 1 }
    }
}

/// A cache, what is around it, and a clock that a test moves.
private struct CacheStage {
    let identity: TestIdentity
    let home = ScriptedHome()
    let shelf = MemoryShelf()
    let tally = RecordedTally()
    let log = CapturedLog()
    let clock = Clock()

    final class Clock: Sendable {
        let time = Mutex(Date())
        var now: Date { time.withLock { $0 } }
        func move(by seconds: TimeInterval) { time.withLock { $0 += seconds } }
    }

    init() throws { identity = try TestIdentity() }

    func cache(longest: Duration = .seconds(600)) throws -> ProviderCache {
        ProviderCache(
            home: home,
            peer: Sample.ae,
            reader: try identity.seal(),
            shelf: shelf,
            times: ProviderCache.Times(longest: longest),
            tally: tally,
            logger: log.logger,
            now: { [clock] in clock.now }
        )
    }

    func say(_ directory: ProviderDirectory?) throws {
        let signed = try directory.map { try identity.sign($0) }
        home.answer.withLock { $0 = signed }
    }

    func outcomes(_ outcome: String) -> Int { tally.count(of: "ae_directory_pulls{outcome=\(outcome)}") }
}

@Suite("The acquiring entity's copy of its providers")
struct ProviderCacheTests {
    private func named(_ id: String) -> ApplicationProvider {
        var provider = Sample.provider
        provider.id = id
        return provider
    }

    private func ids(_ cache: ProviderCache) -> [String]? {
        cache.knownProviders(of: Sample.ap).map { $0.map(\.id) }
    }

    @Test("follows the home's numbers upwards, without a restart")
    func grows() async throws {
        let stage = try CacheStage()
        let cache = try stage.cache()
        #expect(cache.number == 0 && cache.age == -1 && !cache.isReady && !cache.isFresh)
        try stage.say(Sample.directory(number: 3))
        #expect(await cache.pull() && cache.number == 3 && ids(cache) == [Sample.apID] && cache.isFresh)
        try stage.say(Sample.directory([named("http://new")], number: 4))
        #expect(await cache.pull() && cache.number == 4 && ids(cache) == ["http://new"])
        #expect(stage.outcomes("ok") == 2)
    }

    @Test("takes none that is older, another's, expired or from the future, and keeps what it has")
    func refused() async throws {
        let stage = try CacheStage()
        let cache = try stage.cache()
        try stage.say(Sample.directory(number: 5))
        #expect(await cache.pull())
        var other = Sample.directory(number: 6)
        other.acquiringEntity = PeerIdentity(uri: "urn:mssp:test:other-ae")
        var unbound = Sample.provider
        unbound.acquiringEntities = [other.acquiringEntity]
        for (directory, reason) in [
            (Sample.directory(number: 4), "older"), (Sample.directory([named("http://x")], number: 5), "older"),
            (other, "foreign"), (Sample.directory([unbound], number: 6), "foreign"),
            (Sample.directory(number: 6, age: -400), "early"),
        ] {
            try stage.say(directory)
            #expect(await !cache.pull(), "\(reason)")
            #expect(stage.tally.count(of: "ae_directory_pulls{outcome=\(reason)}") > 0, "\(reason)")
            #expect(cache.number == 5 && ids(cache) == [Sample.apID] && cache.isReady && !cache.isFresh)
        }
        let foreign = try TestIdentity()
        stage.home.answer.withLock { $0 = try? foreign.sign(Sample.directory(number: 9)) }
        #expect(await !cache.pull() && stage.outcomes("untrusted") == 1 && cache.number == 5)
        try stage.say(Sample.directory(number: 6, age: 100, validity: 50))
        #expect(await !cache.pull() && stage.outcomes("expired") == 1)
    }

    @Test("serves from the last one for as long as it may, and not longer, and again when the home is back")
    func age() async throws {
        let stage = try CacheStage()
        let cache = try stage.cache(longest: .seconds(600))
        try stage.say(Sample.directory(number: 1))
        #expect(await cache.pull())
        try stage.say(nil)
        stage.clock.move(by: 590)
        #expect(
            await !cache.pull() && cache.isReady && ids(cache) == [Sample.apID] && stage.outcomes("unreachable") == 1
        )
        stage.clock.move(by: 20)
        #expect(!cache.isReady && ids(cache) == nil && cache.age > 600)
        try stage.say(Sample.directory(number: 1, at: stage.clock.now))
        #expect(await cache.pull() && cache.isReady && cache.age < 2)
    }

    @Test("ends with the directory's own end, if that is sooner")
    func expires() async throws {
        let stage = try CacheStage()
        let cache = try stage.cache(longest: .seconds(600))
        try stage.say(Sample.directory(validity: 60))
        #expect(await cache.pull() && cache.isReady)
        stage.clock.move(by: 61)
        #expect(!cache.isReady)
    }

    @Test("starts from what was kept while the home is away, and takes nothing older afterwards")
    func restart() async throws {
        let stage = try CacheStage()
        try stage.say(Sample.directory(number: 8))
        try await stage.cache().start()
        try stage.say(nil)
        let cache = try stage.cache()
        await cache.start()
        #expect(ids(cache) == [Sample.apID] && cache.number == 8 && !cache.isFresh)
        try stage.say(Sample.directory(number: 7))
        #expect(await !cache.pull() && stage.outcomes("older") == 1)
    }

    @Test("says that it cannot serve when what was kept is too old, and still takes nothing older than that")
    func tooOld() async throws {
        let stage = try CacheStage()
        try stage.say(Sample.directory(number: 8))
        try await stage.cache().start()
        try stage.say(nil)
        stage.clock.move(by: 700)
        let cache = try stage.cache()
        await cache.start()
        #expect(!cache.isReady && ids(cache) == nil && cache.number == 8)
        let lines = stage.log.shown.joined()
        #expect(lines.contains("too old to serve from") && lines.contains("every request is refused"), "\(lines)")
        try stage.say(Sample.directory(number: 7, at: stage.clock.now))
        #expect(await !cache.pull() && !cache.isReady)
        try stage.say(Sample.directory(number: 8, at: stage.clock.now))
        #expect(await cache.pull() && cache.isReady)
    }

    @Test("starts without what was kept if that was changed, or cannot be read; and serves though nothing can be kept")
    func broken() async throws {
        let stage = try CacheStage()
        stage.shelf.content.withLock { $0 = SignedDirectory(cms: [1, 2, 3]) }
        let cache = try stage.cache()
        await cache.start()
        #expect(!cache.isReady && stage.log.shown.joined().contains("is not taken"))
        stage.shelf.isBroken.withLock { $0 = true }
        try stage.say(Sample.directory())
        #expect(await cache.pull() && cache.isReady && cache.isFresh && stage.outcomes("file") == 1)
        #expect(await cache.pull() && stage.outcomes("file") == 2)
        #expect(stage.log.shown.filter { $0.contains("cannot be kept") }.count == 1)
        try await stage.cache().start()
    }

    @Test("writes what it keeps when the number grows, and otherwise now and then")
    func keeping() async throws {
        let stage = try CacheStage()
        let cache = try stage.cache(longest: .seconds(600))
        for (number, age) in [(1, 100), (1, 95), (2, 94), (2, 93), (2, 83)] as [(Int64, TimeInterval)] {
            try stage.say(Sample.directory(number: number, age: age))
            #expect(await cache.pull())
        }
        #expect(stage.shelf.keeps.withLock { $0 } == 3)
    }

    @Test("tells of a home that is away once")
    func quiet() async throws {
        let stage = try CacheStage()
        let cache = try stage.cache()
        for _ in 0..<5 { await cache.pull() }
        #expect(stage.log.shown.filter { $0.contains("not pulled") }.count == 1)
        try stage.say(Sample.directory())
        await cache.pull()
        await cache.pull()
        #expect(stage.log.shown.filter { $0.contains("pulled again") }.count == 1)
        #expect(stage.log.unclassified.isEmpty)
    }
}
