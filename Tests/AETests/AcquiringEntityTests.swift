import AE
import Logging
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@Suite("The acquiring entity")
struct AcquiringEntityTests {
    @Test("passes a provider's request on, with the provider as its origin")
    func passesOn() async throws {
        let home = try RecordingHome([Sample.provider])
        let (entity, cache) = try home.entity()
        await cache.pull()
        _ = try await entity.signature(Sample.signature(), Sample.call(Sample.ap))
        _ = try await entity.status(Sample.status("h1"), Sample.call(Sample.ap))
        let header = Sample.header()
        let user = MobileUser(msisdn: "+358401234567")
        _ = try await entity.profile(ProfileRequest(header: header, mobileUser: user), Sample.call(Sample.ap))
        let receipt = ReceiptRequest(header: header, mobileUser: user, transactionID: "h1")
        _ = try await entity.receipt(receipt, Sample.call(Sample.ap))
        _ = try await entity.cancel(CancelRequest(header: header, transactionID: "h1"), Sample.call(Sample.ap))
        _ = try await entity.fit(FitRequest(header: header, text: "x"), Sample.call(Sample.ap))
        #expect(home.calls.withLock { $0.map(\.origin) } == [PeerIdentity?](repeating: Sample.ap, count: 6))
        let counted = "ae_provider_requests{provider=\(Sample.provider.id),outcome=ok}"
        #expect(home.tally.count(of: "ae_provider_requests") == 6 && home.tally.count(of: counted) == 6)
        #expect(home.tally.count(of: "ae_provider_request") == 6)
        for name in ["Signature", "StatusQuery", "ProfileQuery", "Receipt"].map({ "MSS_" + $0 }) + [
            "MSSP_Cancel", "MSSP_Fit",
        ] {
            let measured = "ae_provider_request{provider=\(Sample.provider.id),operation=\(name)}"
            #expect(home.tally.count(of: measured) == 1, "\(name)")
        }
        // What it answers by itself goes no further.
        let handshake = try await entity.handshake(HandshakeRequest(header: header), Sample.call(Sample.ap))
        #expect(handshake.header.msspInfo.msspID.uri == Sample.ae.uri && home.calls.withLock { $0.count } == 6)
        let stranger = Sample.call(PeerIdentity(uri: "urn:mssp:test:stranger"))
        #expect(await fault { () async throws(MSSFault) in _ = try await entity.receipt(receipt, stranger) } == "104")
        #expect(
            await fault { () async throws(MSSFault) in
                _ = try await entity.cancel(CancelRequest(header: header, transactionID: "h1"), stranger)
            } == "104"
        )
        #expect(
            await fault { () async throws(MSSFault) in
                _ = try await entity.handshake(HandshakeRequest(header: header), stranger)
            } == "104"
        )
    }

    @Test("passes on what the phone does not show only of a provider whose entry allows it")
    func unseen() async throws {
        var digest = Sample.signature()
        digest.dataToBeSigned.mimeType = "Application/X-SHA256"
        var separate = Sample.signature()
        separate.dataToBeDisplayed = DataToBeSigned("Another")
        for (showsOtherwise, signsDigests) in [(false, false), (true, false), (false, true)] {
            var provider = Sample.provider
            (provider.showsOtherwise, provider.signsDigests) = (showsOtherwise, signsDigests)
            let home = try RecordingHome([provider])
            let (entity, cache) = try home.entity()
            await cache.pull()
            for (request, isAllowed, code) in [
                (digest, signsDigests, MSSFault.Code.unauthorizedAccess), (separate, showsOtherwise, .wrongParam),
            ] {
                let before = home.calls.withLock { $0.count }
                var refused: MSSFault.Code?
                do throws(MSSFault) { _ = try await entity.signature(request, Sample.call(Sample.ap)) } catch {
                    refused = error.code
                }
                #expect(refused == (isAllowed ? nil : code))
                #expect(home.calls.withLock { $0.count } == before + (isAllowed ? 1 : 0))
            }
        }
    }

    @Test("takes a request without AP_ID for its certificate's provider, if that is one, and says so to the home")
    func nameless() async throws {
        var request = Sample.signature()
        request.header.apInfo.id = ""
        let home = try RecordingHome([Sample.provider])
        let (entity, cache) = try home.entity()
        await cache.pull()
        #expect(try await entity.signature(request, Sample.call(Sample.ap)).header.apInfo.id == Sample.apID)
        var query = Sample.status("h1")
        query.header.apInfo.id = ""
        #expect(try await entity.status(query, Sample.call(Sample.ap)).header.apInfo.id == Sample.apID)
        var other = Sample.provider
        other.id = "http://ap.test.mssp/other"
        for (providers, peer) in [
            ([Sample.provider, other], Sample.ap), ([Sample.provider], PeerIdentity(uri: "urn:x")),
        ] {
            home.providers.withLock { $0 = providers }
            await cache.pull()
            let fault = await #expect(throws: MSSFault.self) { try await entity.signature(request, Sample.call(peer)) }
            #expect(fault?.code == .unauthorizedAccess)
        }
        #expect(home.calls.withLock { $0.count } == 2)
    }

    @Test("tells faults precisely only once every provider of a certificate wants it, and to nobody's certificate")
    func preciseStatus() async throws {
        var precise = Sample.provider
        precise.id = "http://ap.test.mssp/precise"
        precise.wantsPreciseStatus = true
        for (providers, wanted) in [
            ([precise], true), ([Sample.provider], false), ([precise, Sample.provider], false), ([], nil),
        ] as [([ApplicationProvider], Bool?)] {
            let (_, cache) = try RecordingHome(providers).entity()
            #expect(cache.wantsPreciseStatus(Sample.ap) == false)
            await cache.pull()
            #expect(cache.wantsPreciseStatus(Sample.ap) == wanted)
        }
    }

    @Test("refuses a certificate that is not the one of the AP_ID")
    func otherCertificate() async throws {
        let home = try RecordingHome([Sample.provider])
        let (entity, cache) = try home.entity()
        await cache.pull()
        let stranger = PeerIdentity(uri: "urn:mssp:test:other")
        let fault = await #expect(throws: MSSFault.self) {
            try await entity.signature(Sample.signature(), Sample.call(stranger))
        }
        #expect(fault?.code == .unauthorizedAccess)
        let statusFault = await #expect(throws: MSSFault.self) {
            try await entity.status(Sample.status("h1"), Sample.call(stranger))
        }
        #expect(statusFault?.code == .unauthorizedAccess)
        #expect(home.calls.withLock { $0.isEmpty })
    }

    @Test("says 780 until it has a provider directory, and serves from its last copy when the home is away")
    func directory() async throws {
        let home = try RecordingHome(nil)
        let (entity, cache) = try home.entity()
        await cache.pull()
        let fault = await #expect(throws: MSSFault.self) {
            try await entity.signature(Sample.signature(), Sample.call(Sample.ap))
        }
        #expect(fault?.code == .unableToProvideServices)
        #expect(!cache.isReady)
        home.providers.withLock { $0 = [Sample.provider] }
        await cache.pull()
        home.providers.withLock { $0 = nil }
        await cache.pull()
        _ = try await entity.signature(Sample.signature(), Sample.call(Sample.ap))
    }

    @Test("refuses when its copy has become too old")
    func tooOld() async throws {
        let home = try RecordingHome([Sample.provider])
        let (entity, cache) = try home.entity(longest: .zero)
        await cache.pull()
        let fault = await #expect(throws: MSSFault.self) {
            try await entity.signature(Sample.signature(), Sample.call(Sample.ap))
        }
        #expect(fault?.code == .unableToProvideServices)
    }

    @Test("tells a caller the AP_IDs that it may name, in their order, and nothing while it has no directory")
    func callers() async throws {
        var other = Sample.provider
        other.id = "http://ap.test.mssp/another"
        var foreign = Sample.provider
        (foreign.id, foreign.identities) = ("http://ap.test.mssp/foreign", [Sample.ra])
        let (_, cache) = try RecordingHome([Sample.provider, foreign, other]).entity()
        #expect(cache.knownProviders(of: Sample.ap) == nil)
        await cache.pull()
        #expect(cache.knownProviders(of: Sample.ap) == [other, Sample.provider])
        #expect(cache.knownProviders(of: Sample.me) == [])
    }
}
