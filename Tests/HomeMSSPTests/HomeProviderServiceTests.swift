import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import MSSWire
import Testing

@Suite("The home's directories of providers")
struct HomeProviderServiceTests {
    private static let otherEntity = PeerIdentity(uri: "urn:mssp:test:other-ae")
    private let identity: TestIdentity
    private let numbers = MemoryNumbers()
    private let log = CapturedLog()

    init() throws { identity = try TestIdentity() }

    private func service(_ providers: [ApplicationProvider], signer: (any DirectorySigner)? = nil)
        -> HomeProviderService
    {
        HomeProviderService(
            identity: Sample.home.uri,
            providers: ProviderRegister(providers),
            numbers: numbers,
            signer: signer ?? identity,
            validity: .seconds(600),
            logger: log.logger
        )
    }

    private func directory(
        _ providers: [ApplicationProvider],
        for entity: PeerIdentity = Sample.ae
    ) async throws -> ProviderDirectory {
        try await identity.seal().read(try await service(providers).directory(Sample.call(entity)), at: Date())
    }

    @Test("have each entity's own providers alone, and say whose, by whom and until when")
    func own() async throws {
        var foreign = Sample.provider
        (foreign.id, foreign.acquiringEntities) = ("http://foreign", [Self.otherEntity])
        var both = Sample.provider
        (both.id, both.acquiringEntities) = ("http://both", [Sample.ae, Self.otherEntity])
        let all = [Sample.provider, foreign, both]
        let mine = try await directory(all)
        #expect(mine.providers.map(\.id) == [Sample.apID, "http://both"].sorted())
        #expect(mine.home == Sample.home && mine.acquiringEntity == Sample.ae)
        #expect(mine.expires.timeIntervalSince(mine.issued) == 600 && abs(mine.issued.timeIntervalSinceNow) < 5)
        #expect(
            try await directory(all, for: Self.otherEntity).providers.map(\.id) == ["http://both", "http://foreign"]
        )
        #expect(try await directory(all, for: PeerIdentity(uri: "urn:nobody")).providers.isEmpty)
    }

    @Test("have numbers that grow with each change of an entity's own providers, and with no other")
    func numbers() async throws {
        var changed = Sample.provider
        changed.displayName = "Renamed"
        #expect(try await directory([Sample.provider]).number == 1)
        #expect(try await directory([Sample.provider]).number == 1)
        #expect(try await directory([changed]).number == 2)
        #expect(try await directory([changed], for: Self.otherEntity).number == 1)
        #expect(try await directory([Sample.provider]).number == 3)
        #expect(log.shown.filter { $0.contains("provider directory told") }.count == 5)
    }

    @Test("are told by nobody who cannot number or sign them")
    func unable() async throws {
        struct Mute: DirectorySigner {
            func sign(_ content: [UInt8]) async throws(MSSFault) -> SignedDirectory {
                throw MSSFault(.unableToProvideServices, cause: "no identity signs")
            }
        }
        let unsigned = service([Sample.provider], signer: Mute())
        let fault = await #expect(throws: MSSFault.self) { try await unsigned.directory(Sample.call(Sample.ae)) }
        #expect(fault?.code == .unableToProvideServices && fault?.cause == "no identity signs")
        numbers.setDown(true)
        let unnumbered = service([Sample.provider])
        let other = await #expect(throws: MSSFault.self) { try await unnumbered.directory(Sample.call(Sample.ae)) }
        #expect(other?.code == .unableToProvideServices && other?.cause?.hasPrefix("database: ") == true)
    }
}
