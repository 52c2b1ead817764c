import Logging
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@testable import AE

/// Two homes behind one acquiring entity.
private struct Behind {
    let north, south: RecordingHome
    let caches: (ProviderCache, ProviderCache)
    let entity: AcquiringEntity
    let tally = RecordedTally()
    let log = CapturedLog()
    let ported = PortedTable()

    static let northID = "n1" + String(repeating: "a", count: 26)
    static let southID = "s1" + String(repeating: "b", count: 26)

    init(
        north providers: [ApplicationProvider]? = [Sample.provider],
        south others: [ApplicationProvider]? = [Sample.provider]
    ) async throws {
        north = try RecordingHome(providers, transaction: Self.northID)
        south = try RecordingHome(others, transaction: Self.southID)
        caches = (try north.cache(), try south.cache())
        let links = [
            HomeLink(
                name: "north",
                identity: PeerIdentity(uri: "urn:mssp:north:home"),
                ways: HomeLink.Ways(
                    transactions: TransactionID.Prefix("n1"),
                    numbers: try ["+358", "+3585"].map { try #require(NumberPrefix($0)) },
                    operators: ["north.example"]
                ),
                signatures: north,
                providers: caches.0
            ),
            HomeLink(
                name: "south",
                identity: PeerIdentity(uri: "urn:mssp:south:home"),
                ways: HomeLink.Ways(
                    transactions: TransactionID.Prefix("s1"),
                    numbers: try ["+35850", "+47"].map { try #require(NumberPrefix($0)) },
                    operators: ["south.example"]
                ),
                signatures: south,
                providers: caches.1
            ),
        ]
        entity = AcquiringEntity(
            identity: Sample.ae.uri,
            homes: HomeRoutes(links, ported: ported, tally: tally, logger: log.logger),
            meter: RequestMeter(tally: NoTally()),
            tally: NoTally(),
            logger: log.logger
        )
        await ProviderCaches([caches.0, caches.1]).start()
    }

    var calls: [Int] { [north, south].map { home in home.calls.withLock { $0.count } } }

    /// Which of the homes a signature request reached, or the fault.
    func sign(_ user: MobileUser, from peer: PeerIdentity = Sample.ap) async -> String {
        var request = Sample.signature()
        request.mobileUser = user
        do throws(MSSFault) {
            return try await entity.signature(request, Sample.call(peer)).transactionID == Self.northID
                ? "north" : "south"
        } catch { return "\(error.code.rawValue)" + (error.specifier.map { "/\($0)" } ?? "") }
    }
}

@Suite("The acquiring entity before several homes")
struct HomeRoutesTests {
    @Test("asks the home that the provider names, then that of the number, then that of the operator")
    func persons() async throws {
        let behind = try await Behind()
        for (number, home) in [
            ("+358401234567", "north"), ("358501234567", "south"), ("+358511234567", "north"), ("+4712345678", "south"),
            ("+4612345678", "105/1052"), ("0401234567", "101"), ("", "105/1052"),
        ] {
            #expect(await behind.sign(MobileUser(msisdn: number)) == home, "\(number)")
        }
        for (identifier, home) in [
            ("aino@south.example", "south"), ("a@b@NORTH.example", "north"), ("aino@west.example", "105/1052"),
            ("south.example", "105/1052"),
        ] {
            #expect(await behind.sign(MobileUser(userIdentifier: identifier)) == home, "\(identifier)")
        }
        // The number says more than the operator, and the provider's word more than both.
        let number = "+358401234567"
        #expect(await behind.sign(MobileUser(userIdentifier: "aino@south.example", msisdn: number)) == "north")
        for (member, home) in [
            (MeshMember(uri: "urn:mssp:south:home"), "south"), (MeshMember(identifier: "south"), "south"),
            (MeshMember(uri: "http://mid.swisscom.ch/"), "north"), (MeshMember(), "north"),
            (MeshMember(dnsName: "south"), "north"),
        ] {
            #expect(await behind.sign(MobileUser(homeMSSP: member, msisdn: number)) == home, "\(member)")
        }
    }

    @Test("asks the table of ported numbers before any prefix")
    func ported() async throws {
        let behind = try await Behind()
        let rows = [(358_401_234_567, 1), (358_501_234_567, 0)].map { PortedNumbers.row($0, $1) }
        behind.ported.take(PortedNumbers(.table, serial: 1, rows: rows))
        #expect(await behind.sign(MobileUser(msisdn: "+358401234567")) == "south")
        #expect(await behind.sign(MobileUser(msisdn: "+358501234567")) == "north")
        #expect(await behind.sign(MobileUser(msisdn: "+358401234568")) == "north")
        behind.ported.take(
            PortedNumbers(
                .changes(of: 1),
                serial: 2,
                rows: [PortedNumbers.row(358_401_234_567, PortedNumbers.nowhere)]
            )
        )
        #expect(await behind.sign(MobileUser(msisdn: "+358401234567")) == "north")
        #expect(behind.tally.count(of: "ae_routes{home=south,by=ported}") == 1)
        #expect(behind.tally.count(of: "ae_routes{home=north,by=prefix}") == 2)
        let lines = behind.log.shown.filter { $0.contains("request routed") }
        #expect(lines.count == 4 && lines.allSatisfy { $0.contains("home=") && $0.contains("trace=") })
        #expect(!behind.log.shown.joined().contains("35840") && behind.log.unclassified.isEmpty)
    }

    @Test(
        "follows a transaction by the beginning of its id, whatever MSSP_ID says; by MSSP_ID where that tells nothing"
    )
    func transactions() async throws {
        let behind = try await Behind()
        var request = Sample.status(Behind.southID)
        request.header.msspInfo.msspID = MeshMember(uri: "urn:mssp:north:home")
        _ = try await behind.entity.status(request, Sample.call(Sample.ap))
        #expect(behind.calls == [0, 1])
        let header = request.header
        let receipt = ReceiptRequest(header: header, mobileUser: MobileUser(), transactionID: Behind.northID)
        _ = try await behind.entity.receipt(receipt, Sample.call(Sample.ap))
        #expect(behind.calls == [1, 1])
        let cancel = CancelRequest(header: header, transactionID: Behind.southID)
        _ = try await behind.entity.cancel(cancel, Sample.call(Sample.ap))
        #expect(behind.calls == [1, 2])
        request.transactionID = "of-another-making"
        _ = try await behind.entity.status(request, Sample.call(Sample.ap))
        #expect(behind.calls == [2, 2])
        request.header.msspInfo.msspID = MeshMember(uri: "http://mid.swisscom.ch/")
        for id in ["of-another-making", "w1" + String(repeating: "a", count: 26)] {
            request.transactionID = id
            let strange = request
            let found = await fault { () async throws(MSSFault) in
                _ = try await behind.entity.status(strange, Sample.call(Sample.ap))
            }
            #expect(found == "101")
        }
        #expect(behind.calls == [2, 2])
        #expect(behind.tally.count(of: "ae_routes{home=none,by=none}") == 2)
    }

    @Test("lets a home decide by its own entry of the provider")
    func entries() async throws {
        var other = Sample.provider
        other.allowance.textPrefix = "South: "
        let behind = try await Behind(south: [other])
        #expect(await behind.sign(MobileUser(msisdn: "+358401234567")) == "north")
        #expect(await behind.sign(MobileUser(msisdn: "+4712345678")) == "107")
        #expect(behind.calls == [1, 0])
    }

    @Test("refuses a provider that the request's home does not know, and tells strangers of no route")
    func unknown() async throws {
        let behind = try await Behind(south: [Stage.otherProvider])
        #expect(await behind.sign(MobileUser(msisdn: "+358401234567")) == "north")
        #expect(await behind.sign(MobileUser(msisdn: "+4712345678")) == "104")
        let stranger = PeerIdentity(uri: "urn:mssp:test:stranger")
        for number in ["+358401234567", "+4712345678", "+4612345678"] {
            #expect(await behind.sign(MobileUser(msisdn: number), from: stranger) == "104")
        }
        #expect(behind.calls == [1, 0])
        #expect(behind.log.shown.contains { $0.contains("no provider of the home that its request goes to") })
        // A text is about nobody: it goes to a home that knows who asks.
        let header = Sample.header(ap: Stage.otherProvider.id)
        _ = try await behind.entity.fit(FitRequest(header: header, text: "x"), Sample.call(Stage.otherAP))
        #expect(behind.calls == [1, 1])
    }

    @Test("serves one home's users while the other has never been there")
    func away() async throws {
        let behind = try await Behind(south: nil)
        #expect(await behind.sign(MobileUser(msisdn: "+358401234567")) == "north")
        #expect(await behind.sign(MobileUser(msisdn: "+4712345678")) == "780")
        let caches = ProviderCaches([behind.caches.0, behind.caches.1])
        #expect(caches.isReady && !caches.isFresh)
        #expect(caches.knownProviders(of: Sample.ap)?.map(\.id) == [Sample.apID])
        let none = ProviderCaches([behind.caches.1])
        #expect(!none.isReady && none.knownProviders(of: Sample.ap) == nil)
    }

    @Test("knows a caller as any home does")
    func callers() async throws {
        var precise = Sample.provider
        precise.wantsPreciseStatus = true
        for (south, wanted) in [([precise], true), ([Sample.provider], false), ([], true)]
            as [([ApplicationProvider], Bool)]
        {
            let behind = try await Behind(north: [precise], south: south)
            let caches = ProviderCaches([behind.caches.0, behind.caches.1])
            #expect(caches.wantsPreciseStatus(Sample.ap) == wanted)
            #expect(caches.wantsPreciseStatus(Stage.otherAP) == nil)
            #expect(caches.knownProviders(of: Sample.ap)?.count == 1)
        }
        // Without AP_ID: one provider in all homes together.
        let behind = try await Behind(south: [Stage.otherProvider])
        var request = Sample.signature(msisdn: "+4712345678")
        request.header.apInfo.id = ""
        _ = try await behind.entity.signature(request, Sample.call(Stage.otherAP))
        #expect(behind.calls == [0, 1])
    }

    @Test("notices a home whose transactions begin otherwise than its configuration says")
    func strangeIDs() async throws {
        let north = try RecordingHome([Sample.provider], transaction: Behind.southID)
        let links = try ["n1", "s1"].map { prefix in
            HomeLink(
                name: prefix,
                identity: PeerIdentity(uri: prefix),
                ways: HomeLink.Ways(transactions: TransactionID.Prefix(prefix)),
                signatures: north,
                providers: try north.cache()
            )
        }
        let (tally, log) = (RecordedTally(), CapturedLog())
        let routes = HomeRoutes(links, tally: tally, logger: log.logger)
        routes.check(Behind.southID, from: links[1])
        #expect(tally.all.isEmpty && log.shown.isEmpty)
        routes.check(Behind.southID, from: links[0])
        #expect(tally.count(of: "ae_foreign_transactions{home=n1}") == 1)
        #expect(log.shown.contains { $0.hasPrefix("error") && $0.contains("home=n1") })
    }
}
