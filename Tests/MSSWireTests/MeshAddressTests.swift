import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("A service at several addresses")
struct MeshAddressTests {
    private let pki: WirePKI
    private let tally = RecordedTally()

    init() throws {
        pki = try WirePKI()
    }

    @Test("is called in turn; an address that could not be reached comes last until it has rested")
    func order() {
        let addresses = MeshAddresses(["a", "b", "c"])
        let now = ContinuousClock.now
        #expect(addresses.order(now) == ["a", "b", "c"])
        #expect(addresses.order(now) == ["b", "c", "a"])
        addresses.note("c", isReached: false, now)
        #expect(addresses.order(now) == ["a", "b", "c"])
        #expect(addresses.order(now) == ["a", "b", "c"])
        #expect(addresses.order(now) == ["b", "a", "c"])
        #expect(addresses.order(now + MeshAddresses.rest) == ["c", "a", "b"])
        addresses.note("c", isReached: true, now)
        addresses.note("nowhere", isReached: false, now)
        #expect(addresses.order(now) == ["a", "b", "c"])
    }

    @Test("answers a signature at the other one while one is away, every time, and is asked once")
    func away() async throws {
        let home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        try await home.run { port in
            try await connect([try FreePort.next(), port]) { connection in
                for _ in 0..<6 { _ = try await SignatureClient(to: connection).signature(Sample.signature(), call) }
            }
        }
        #expect(home.service.calls.count == 6)
        #expect(tally.count(of: "mesh_calls_failed{reason=unreachable}") == 1)
    }

    @Test("answers at the other one while one says that it can begin nothing, and in its words when no other is left")
    func unable() async throws {
        let sealed = ServerFixture(
            .mesh,
            try pki.listener(trusting: pki.mesh),
            ScriptedService { _, _ throws(MSSFault) in throw MSSFault(.unableToProvideServices, "Not unlocked yet.") }
        )
        let home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        try await sealed.run { first in
            try await home.run { second in
                try await connect([first, second]) { connection in
                    for _ in 0..<4 { _ = try await SignatureClient(to: connection).signature(Sample.signature(), call) }
                }
            }
            try await connect([first]) { connection in
                let fault = await #expect(throws: MSSFault.self) {
                    try await SignatureClient(to: connection).signature(Sample.signature(), call)
                }
                #expect(fault?.code == .unableToProvideServices && fault?.detail == "Not unlocked yet.")
            }
        }
        #expect(home.service.calls.count == 4)
        #expect(sealed.service.calls.count == 3)
    }

    @Test("shares the calls among all that are there")
    func shared() async throws {
        let one = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        let other = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        try await one.run { first in
            try await other.run { second in
                try await connect([first, second]) { connection in
                    for _ in 0..<8 { _ = try await ProviderClient(to: connection).directory(call) }
                }
            }
        }
        #expect(one.service.calls.count == 4 && other.service.calls.count == 4)
    }

    @Test("gets no request at an address where another service is")
    func another() async throws {
        let stranger = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh, uri: "urn:mssp:test:another"))
        let home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        try await stranger.run { first in
            try await home.run { second in
                try await connect([first, second]) { connection in
                    for _ in 0..<2 { _ = try await SignatureClient(to: connection).signature(Sample.signature(), call) }
                }
            }
        }
        #expect(stranger.service.calls.isEmpty)
        #expect(home.service.calls.count == 2)
    }

    @Test("is 780 when none is there")
    func none() async throws {
        let ports = [try FreePort.next(), try FreePort.next()]
        let code = try await connect(ports) { connection -> MSSFault.Code? in
            do throws(MSSFault) {
                _ = try await SignatureClient(to: connection).signature(Sample.signature(), call)
                return nil
            } catch { return error.code }
        }
        #expect(code == .unableToProvideServices)
        #expect(tally.count(of: "mesh_calls_failed{reason=unreachable}") == 2)
    }

    private var call: Call { Call(peer: Sample.ae, origin: Sample.ap, deadline: .now + .seconds(20)) }

    private func connect<Value>(
        _ ports: [Int],
        _ body: (MeshConnection) async throws -> Value
    ) async throws -> Value {
        let credential = try pki.mesh.issue(uris: [Sample.ae.uri], for: [.client])
        let urls = ports.map { "https://127.0.0.1:\($0)" }
        let connection = MeshConnection(
            to: urls[0],
            or: Array(urls.dropFirst()),
            server: WirePKI.server,
            credential: try credential.credential(trusting: pki.mesh),
            tally: tally,
            logger: RecordedLog().logger(),
            connectTime: .seconds(30)
        )
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.shutdown()
        return try result.get()
    }
}
