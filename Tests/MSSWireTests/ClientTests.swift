import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("The clients")
struct ClientTests {
    private let pki: WirePKI
    private let log = RecordedLog()
    private let tally = RecordedTally()

    init() throws {
        pki = try WirePKI()
    }

    private func home(_ service: ScriptedService = ScriptedService(), uri: String = WirePKI.server.uri) throws
        -> ServerFixture
    {
        var home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh, uri: uri), service)
        home.settings.exposesTiming = true
        return home
    }

    /// Calls `body` with a connection to a port.
    private func connect<Value>(
        _ port: Int,
        trusting authority: TestAuthority? = nil,
        _ body: (MeshConnection) async throws -> Value
    ) async throws -> Value {
        let credential = try pki.mesh.issue(uris: [Sample.ae.uri], for: [.client])
        let connection = MeshConnection(
            to: "https://127.0.0.1:\(port)",
            server: WirePKI.server,
            credential: try credential.credential(trusting: authority ?? pki.mesh),
            tally: tally,
            logger: log.logger(),
            // A machine that is busy with other tests is no failure of this one.
            connectTime: .seconds(30)
        )
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.shutdown()
        return try result.get()
    }

    private func fault(_ work: () async throws(MSSFault) -> Void) async -> MSSFault? {
        do throws(MSSFault) {
            try await work()
            return nil
        } catch { return error }
    }

    private func call(for time: Duration = .seconds(10)) -> Call {
        Call(peer: Sample.ae, origin: Sample.ap, deadline: .now + time)
    }

    private func signatureFault(_ port: Int, for time: Duration = .seconds(10)) async throws -> MSSFault? {
        try await connect(port) { connection in
            await fault { () throws(MSSFault) in
                _ = try await SignatureClient(to: connection).signature(Sample.signature(), call(for: time))
            }
        }
    }

    @Test("a signature, a status, a registration and a directory come back as they were answered")
    func roundTrips() async throws {
        let home = try home()
        let request = Sample.signature("Sign @ä€ñ_ Привет\nplease")
        let sent = call()
        try await home.run { port in
            try await connect(port) { connection in
                let signed = try await SignatureClient(to: connection).signature(request, sent)
                #expect(signed == ScriptedService.signed(request))
                #expect(signed.simTime == .milliseconds(1500))
                let status = try await SignatureClient(to: connection).status(Sample.status("h1abc"), sent)
                #expect(status.signature == [1, 2, 3])
                let registration = RegistrationRequest(
                    header: Sample.header(),
                    operation: .deactivateMobileUser(try #require(MSISDN("+358401234567")))
                )
                let registered = try await RegistrationClient(to: connection).register(registration, sent)
                #expect(registered.outcome == .done)
                let directory = try await ProviderClient(to: connection).directory(sent)
                #expect(directory.cms == [1, 2, 3])
            }
        }
        let calls = home.service.calls
        #expect(calls.count == 4)
        #expect(calls.allSatisfy { $0.peer == Sample.ae && $0.origin == Sample.ap && $0.trace == sent.trace })
        #expect(tally.all.isEmpty)
        #expect(log.lines.isEmpty)
    }

    @Test("a fault of the other service goes on with its specifier, without its cause")
    func faults() async throws {
        let home = try home(
            ScriptedService { _, _ throws(MSSFault) in
                throw MSSFault(.unknownClient, "Nobody there.", specifier: 1052, cause: "inner matter")
            }
        )
        let fault = try await home.run { try await signatureFault($0) }
        #expect(fault?.code == .unknownClient)
        #expect(fault?.detail == "Nobody there.")
        #expect(fault?.specifier == 1052)
        #expect(fault?.cause == nil)
        #expect(tally.all.isEmpty)
    }

    @Test("a server with another name, another root or a client's certificate gets no request")
    func wrongServer() async throws {
        let other = try home(uri: "urn:mssp:test:home2")
        let named = try await other.run { try await signatureFault($0) }
        #expect(named?.code == .unableToProvideServices)
        #expect(other.service.calls.isEmpty)
        #expect(tally.count(of: "mesh_calls_failed{reason=wrong_server}") == 1)

        let foreign = try home()
        let untrusted = try await foreign.run { port in
            try await connect(port, trusting: pki.providers) { connection in
                await fault { () throws(MSSFault) in _ = try await ProviderClient(to: connection).directory(call()) }
            }
        }
        #expect(untrusted?.code == .unableToProvideServices)
        #expect(foreign.service.calls.isEmpty)

        let client = try pki.mesh.issue(uris: [WirePKI.server.uri], for: [.client]).material(trusting: pki.mesh)
        let misused = ServerFixture(.mesh, client)
        let refused = try await misused.run { try await signatureFault($0) }
        #expect(refused?.code == .unableToProvideServices)
        #expect(misused.service.calls.isEmpty)
    }

    @Test("nobody there is 780, and says that nothing was started")
    func nobody() async throws {
        let fault = try await signatureFault(try FreePort.next())
        #expect(fault?.code == .unableToProvideServices)
        #expect(fault?.detail?.contains("nothing was started") == true)
        #expect(tally.count(of: "mesh_calls_failed{reason=unreachable}") == 1)
    }

    @Test("a home whose gate or limits refuse is an internal matter, one that is busy can be asked again")
    func refusals() async throws {
        var home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh), gate: PeerGate([:]))
        let refused = try await home.run { try await signatureFault($0) }
        #expect(refused?.code == .internalError)
        #expect(refused?.detail == nil)
        #expect(refused?.cause?.contains("403") == true)
        home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh))
        home.settings.limits.requests = 0
        let busy = try await home.run { try await signatureFault($0) }
        #expect(busy?.code == .unableToProvideServices)
    }

    @Test("each hop keeps a part of the time for the way back")
    func margin() async throws {
        var told: Duration?
        try await home().run { port in
            try await connect(port) { connection in
                _ = try await connection.send(
                    .directory,
                    call(for: .seconds(10)),
                    encode: { mesh in
                        told = mesh.remaining
                        return DirectoryCodec.encodeRequest(mesh)
                    },
                    decode: DirectoryCodec.decodeResponse
                )
            }
        }
        #expect(try #require(told) <= .milliseconds(9_950))
    }

    @Test("when the time is over the answer is 208, before anything is sent where it is over already")
    func deadline() async throws {
        let home = try home(
            ScriptedService { request, _ throws(MSSFault) in
                try? await Task.sleep(for: .seconds(60))
                return ScriptedService.signed(request)
            }
        )
        try await home.run { port in
            let late = try await signatureFault(port, for: .zero)
            #expect(late?.code == .expiredTransaction)
            #expect(home.service.calls.isEmpty)
            try await connect(port) { connection in
                _ = try await ProviderClient(to: connection).directory(call())
                let waited = await fault { () throws(MSSFault) in
                    _ = try await SignatureClient(to: connection).signature(Sample.signature(), call(for: .seconds(3)))
                }
                #expect(waited?.code == .expiredTransaction)
            }
            #expect(home.service.calls.count == 2)
        }
    }

    @Test(
        "a signature is sent once, whatever breaks; what changes nothing is asked for twice",
        arguments: [false, true]
    )
    func atMostOnce(_ isAbrupt: Bool) async throws {
        let server = try BreakingServer(try pki.listener(trusting: pki.mesh), isAbrupt: isAbrupt)
        try await server.run { port in
            let fault = try await signatureFault(port)
            #expect(fault?.code == .internalError)
            #expect(fault?.detail?.contains("not known") == true)
            #expect(fault?.detail?.contains("nothing was started") == false)
            #expect(server.requests == 1)
            try await connect(port) { connection in
                let status = await self.fault { () throws(MSSFault) in
                    _ = try await SignatureClient(to: connection).status(Sample.status("h1abc"), call())
                }
                #expect(status?.code == .internalError)
            }
            #expect(server.requests == 3)
        }
        #expect(tally.count(of: "mesh_calls_failed{reason=connection_broke}") == 3)
    }

    @Test("nor is it sent again when a kept-alive connection breaks under it")
    func atMostOnceKeptAlive() async throws {
        let response = ScriptedService.signed(Sample.signature())
        let answer = String(decoding: SignatureCodec.encodeResponse(response, .plain), as: UTF8.self)
        let server = try BreakingServer(try pki.listener(trusting: pki.mesh), answers: [answer])
        try await server.run { port in
            try await connect(port) { connection in
                let client = SignatureClient(to: connection)
                _ = try await client.signature(Sample.signature(), call())
                let fault = await self.fault { () throws(MSSFault) in
                    _ = try await client.signature(Sample.signature(), call())
                }
                #expect(fault?.code == .internalError)
            }
        }
        #expect(server.requests == 2)
    }

    @Test("an answer that cannot be read is nobody's fault but the platform's")
    func unreadable() async throws {
        let answer = SignatureCodec.encodeResponse(ScriptedService.signed(Sample.signature()), .plain)
        let incomplete = String(decoding: answer, as: UTF8.self).replacing("AP_TransID=", with: "Other=")
        let server = try BreakingServer(try pki.listener(trusting: pki.mesh), answers: ["nonsense", incomplete])
        try await server.run { port in
            for _ in 0..<2 {
                let fault = try await signatureFault(port)
                #expect(fault?.code == .internalError)
            }
        }
        #expect(tally.count(of: "mesh_calls_failed{reason=unreadable_answer}") == 2)
        #expect(log.lines.allSatisfy { !$0.contains("unclassified") && !$0.contains("401234567") })
    }
}
