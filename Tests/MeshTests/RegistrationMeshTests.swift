import AE
import Alauda
import HomeMSSP
import ME
import MSSCore
import MSSTestSupport
import Testing

@Suite("A registration through the mesh")
struct RegistrationMeshTests {
    @Test("takes a card from its import to a user who can sign", arguments: Depth.allCases)
    func whole(depth: Depth) async throws {
        let stage = Stage()
        stage.setPhone(.makesKey)
        try await Mesh.run(depth, around: stage) { mesh in
            try await Self.registerToCreated(mesh, stage)
            _ = try await Self.ask(mesh, .activateMobileUser(try Self.activation(stage)))
            guard case .mobileUser(let user) = try await Self.ask(mesh, .getMobileUser(stage.card.msisdn)) else {
                Issue.record("no record came back")
                return
            }
            #expect(user.state == .active && user.certificate == [2])
            _ = try await Self.ask(mesh, .deactivateMobileUser(stage.card.msisdn))
            let refused = await fault { () async throws(MSSFault) in
                let request = Sample.signature(msisdn: stage.card.msisdn.description)
                _ = try await mesh.acquiring.signature(request, Sample.call(Sample.ap))
            }
            #expect(refused == "105/1052")
        }
    }

    @Test("is taken up again after the CA was away: the card makes no second key", arguments: Depth.allCases)
    func takenUp(depth: Depth) async throws {
        let stage = Stage()
        stage.setPhone(.makesKey)
        try await Mesh.run(depth, around: stage, authority: FakeAuthority(isAway: true)) { mesh in
            try await Self.registerToCreated(mesh, stage)
            let activation = try Self.activation(stage)
            let found = await fault { () async throws(MSSFault) in
                _ = try await Self.ask(mesh, .activateMobileUser(activation))
            }
            #expect(found == "407/4072")
        }
        // The phone is off now: only what is known already can be taken up.
        stage.setPhone(.cannotBeReached)
        try await Mesh.run(depth, around: stage) { mesh in
            _ = try await Self.ask(mesh, .activateMobileUser(try Self.activation(stage)))
        }
    }

    @Test("is refused to a provider, and its home's own steps to everybody", arguments: Depth.allCases)
    func refused(depth: Depth) async throws {
        let stage = try await Stage.withSigner()
        try await Mesh.run(depth, around: stage) { mesh in
            let operation = RegistrationOperation.getMobileUser(stage.card.msisdn)
            let provider = await fault { () async throws(MSSFault) in
                _ = try await Self.ask(mesh, operation, as: Sample.ap)
            }
            #expect(provider == "104")
            let inner = await fault { () async throws(MSSFault) in
                _ = try await Self.ask(mesh, .installCertificate(stage.card.msisdn, certificate: [1]))
            }
            #expect(inner == "104")
        }
    }

    private static func registerToCreated(_ mesh: Mesh, _ stage: Stage) async throws {
        let card = SIMCardImport(
            iccid: stage.card.iccid,
            imsi: Sample.imsi(1),
            msisdn: stage.card.msisdn,
            envelopedKeys: [1, 2, 3]
        )
        _ = try await ask(mesh, .importSIMCard(card))
        _ = try await ask(mesh, .createMobileUser(Sample.person(stage.card)))
    }

    private static func activation(_ stage: Stage) throws -> MobileUserActivation {
        MobileUserActivation(msisdn: stage.card.msisdn, verifyCode: try #require(VerifyCode("123456")))
    }

    private static func ask(
        _ mesh: Mesh,
        _ operation: RegistrationOperation,
        as peer: PeerIdentity = Sample.ra
    ) async throws(MSSFault) -> RegistrationResponse.Outcome {
        try await mesh.management.register(
            RegistrationRequest(header: Sample.header(), operation: operation),
            Sample.call(peer)
        ).outcome
    }
}
