import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

/// An acquiring entity of another operator before a home that wants to be told of routes, over TLS.
@Suite("A route between two services")
struct RoamingServerTests {
    private let pki: WirePKI
    private let log = RecordedLog()
    private let tally = RecordedTally()

    init() throws { pki = try WirePKI() }

    private func home(_ service: ScriptedService = ScriptedService(), roams: Bool = true) throws -> ServerFixture {
        var home = ServerFixture(.mesh, try pki.listener(trusting: pki.mesh), service)
        if roams { home.settings.roaming = RoamingRules(identity: WirePKI.server, requiredOf: [Sample.ae]) }
        return home
    }

    /// What a signature request through the connection ends with.
    private func sign(
        _ port: Int,
        tells: Bool = true,
        as identity: PeerIdentity = Sample.ae,
        for time: Duration = .seconds(10)
    ) async throws -> Result<SignatureResponse, MSSFault> {
        let connection = MeshConnection(
            to: "https://127.0.0.1:\(port)",
            server: WirePKI.server,
            credential: try pki.mesh.issue(uris: [Sample.ae.uri], for: [.client]).credential(trusting: pki.mesh),
            tally: tally,
            logger: log.logger(),
            roaming: tells ? RoamingSender(identity: identity, home: WirePKI.server) : nil,
            role: .acquiringEntity,
            connectTime: .seconds(30)
        )
        let result: Result<SignatureResponse, MSSFault>
        do throws(MSSFault) {
            let call = Call(peer: Sample.ae, origin: Sample.ap, deadline: .now + time)
            result = .success(try await SignatureClient(to: connection).signature(Sample.signature(), call))
        } catch { result = .failure(error) }
        await connection.shutdown()
        return result
    }

    @Test("is told and answered, and bounds the call's time")
    func told() async throws {
        let home = try home()
        let result = try await home.run { try await sign($0, for: .milliseconds(2_500)) }
        #expect(throws: Never.self) { try result.get() }
        #expect(tally.all.isEmpty && log.lines.isEmpty)
        let left = try #require(home.service.calls.first).deadline - .now
        #expect(left < .milliseconds(2_500))
    }

    @Test("that is not told as the home wants it is the operator's to mend: 780, nothing was begun")
    func refused() async throws {
        let home = try home()
        for (tells, identity, code) in [
            (false, Sample.ae, 701), (true, PeerIdentity(uri: "urn:mssp:test:other"), 710), (true, WirePKI.server, 750),
        ] {
            let result = try await home.run { try await sign($0, tells: tells, as: identity) }
            let fault = try #require(throws: MSSFault.self) { try result.get() }
            #expect(fault.code == .unableToProvideServices && fault.role == .acquiringEntity)
            #expect(fault.detail?.contains("(\(code))") == true, "\(fault.detail ?? "")")
            #expect(tally.count(of: "mesh_routes_refused{fault=\(code)}") == 1)
            #expect(home.tally.count(of: "wire_routes_refused{fault=\(code)}") == 1)
        }
        #expect(home.service.calls.isEmpty)
    }

    @Test("whose service finds a fault tells that fault as it is")
    func fault() async throws {
        let home = try home(
            ScriptedService { _, _ throws(MSSFault) in throw MSSFault(.unknownClient, "Nobody.", specifier: 1052) }
        )
        let result = try await home.run { try await sign($0) }
        let fault = try #require(throws: MSSFault.self) { try result.get() }
        #expect(fault.code == .unknownClient && fault.specifier == 1052 && fault.role == nil)
        #expect(tally.all.isEmpty)
    }

    @Test("is not understood by a home that does not ask for it, which is the operator's to mend too")
    func notOffered() async throws {
        let silent = try home(roams: false)
        let result = try await silent.run { try await sign($0) }
        let fault = try #require(throws: MSSFault.self) { try result.get() }
        #expect(fault.code == .unableToProvideServices && fault.detail?.contains("(108)") == true)
        #expect(silent.service.calls.isEmpty)
    }

    @Test("that leads nowhere is told with who says so")
    func away() async throws {
        let result = try await sign(try FreePort.next())
        let fault = try #require(throws: MSSFault.self) { try result.get() }
        #expect(fault.code == .unableToProvideServices && fault.role == .acquiringEntity)
        let octets = FaultCodec.encode(fault, .plain, trace: .random(), inMesh: false)
        let role = "<soapenv:Role>http://uri.etsi.org/TS102207/v1.1.3#role_AcquiringEntity</soapenv:Role>"
        #expect(Written.text(octets).contains(role + "<soapenv:Detail>"))
        let old = FaultCodec.encode(fault, Self.old, trace: .random(), inMesh: false)
        #expect(Written.text(old).contains("<faultactor>http://uri.etsi.org/TS102207/v1.1.3#role_AcquiringEntity<"))
        #expect(Written.text(JSONFault.encode(fault, trace: .random())).contains(#""Role":"http:"#))
        #expect(try SOAPReader.fault(octets).role == .acquiringEntity)
        #expect(
            !Written.text(FaultCodec.encode(MSSFault(.wrongParam), .plain, trace: .random(), inMesh: false)).contains(
                "Role"
            )
        )
    }

    private static let old: SOAPShape = {
        var shape = SOAPShape.plain
        shape.version = .v11
        return shape
    }()
}
