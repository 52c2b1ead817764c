import Alauda
import HomeMSSP
import MSSCore
import MSSTestSupport
import OTA
import Testing

@Suite("A registration at the home")
struct RegistrationTests {
    @Test("takes a person from the card to the certificate")
    func wholeWay() async throws {
        let stage = Stage()
        stage.setPhone(.makesKey)
        #expect(try await stage.register(.importSIMCard(Self.delivery(stage))) == .done)
        #expect(try await stage.register(.createMobileUser(Sample.person(stage.card))) == .done)
        #expect(try await record(stage).state == .created)
        let proven = try await generate(stage)
        #expect(proven.publicKey == [0x30, 4, 5, 6])
        #expect(proven.subject.commonName == "Aino Virtanen")
        #expect(proven.subject.serialNumber.hasPrefix("MSSP"))
        #expect(proven.subject.serialNumber.count == 24)
        #expect(try await record(stage).state == .proven)
        #expect(try await stage.register(.installCertificate(stage.card.msisdn, certificate: [9])) == .done)
        let user = try await record(stage)
        #expect(user.state == .active)
        #expect(user.certificate == [9])
        stage.setPhone(.signs)
        #expect(try await stage.register(.deactivateMobileUser(stage.card.msisdn)) == .done)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "105/1052")
    }

    @Test("commits a key generation before the command leaves, with the code in it and in no log")
    func order() async throws {
        let stage = try await Self.created(.makesKey)
        _ = try await generate(stage)
        #expect(stage.chronicle.all == ["begin committed", "sealed", "sent", "end committed: proven key"])
        guard case .generate(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        #expect(command.code == "246813")
        let lines = stage.log.shown.joined(separator: "\n")
        #expect(!lines.contains("246813"))
        #expect(!lines.contains(stage.card.msisdn.digits))
        #expect(stage.log.unclassified.isEmpty)
    }

    @Test("is taken up again after a fault of the CA: the card makes no second key")
    func takenUpAgain() async throws {
        let stage = try await Self.created(.makesKey)
        let first = try await generate(stage)
        let second = try await generate(stage)
        #expect(first == second)
        #expect(stage.chronicle.all.filter { $0 == "sent" }.count == 1)
    }

    @Test("asks the card again after a person who cancelled or did not react")
    func again() async throws {
        let stage = try await Self.created(.answers(.userCancelled))
        #expect(await fault { () async throws(MSSFault) in _ = try await generate(stage) } == "401/4011")
        stage.setPhone(.isSilent)
        let silent = await fault { () async throws(MSSFault) in
            _ = try await generate(stage, timeRunsOut: true)
        }
        #expect(silent == "208/2081")
        stage.setPhone(.answers(.verifyCodeWrong))
        // Each frame is newer than the one before; the card counts.
        stage.channel.whenSent { _ in _ = await stage.receive(.verifyCodeWrong, counter: 101) }
        #expect(await fault { () async throws(MSSFault) in _ = try await generate(stage) } == "401/4012")
        stage.channel.whenSent { _ in
            _ = await stage.receive(.ok, publicKey: [4, 5, 6], proof: FakeEvidence.rightProof, counter: 102)
        }
        #expect(try await generate(stage).publicKey == [0x30, 4, 5, 6])
    }

    @Test("believes no key whose possession is not proven")
    func unproven() async throws {
        let stage = try await Self.created(.isSilent)
        stage.channel.whenSent { _ in _ = await stage.receive(.ok, publicKey: [4, 5, 6], proof: [0]) }
        #expect(await fault { () async throws(MSSFault) in _ = try await generate(stage) } == "900/9003")
        #expect(try await record(stage).state == .created)
        #expect(stage.tally["home_alarms alarm=answer_does_not_verify"] == 1)
    }

    @Test("refuses a certificate that is not for the proven key, or comes at the wrong time")
    func certificates() async throws {
        let stage = try await Self.created(.makesKey)
        let install = RegistrationOperation.installCertificate(stage.card.msisdn, certificate: [9])
        let foreign = RegistrationOperation.installCertificate(
            stage.card.msisdn,
            certificate: FakeEvidence.foreignCertificate
        )
        #expect(await code(stage, install) == "407/4071")
        _ = try await generate(stage)
        #expect(await code(stage, foreign) == "407/4072")
        #expect(try await record(stage).state == .proven)
        #expect(await code(stage, install) == nil)
        #expect(await code(stage, install) == "407/4071")
        let again = RegistrationOperation.generateKey(Self.activation(stage))
        #expect(await code(stage, again) == "407/4071")
    }

    @Test("refuses what is there already, what is unknown and what is damaged")
    func refused() async throws {
        let stage = try await Self.created(.makesKey)
        #expect(await code(stage, .importSIMCard(Self.delivery(stage))) == "407/4071")
        #expect(await code(stage, .createMobileUser(Sample.person(stage.card))) == "407/4071")
        #expect(await code(stage, .createMobileUser(Sample.person(Sample.card(5)))) == "407/4071")
        #expect(await code(stage, .getMobileUser(Sample.card(5).msisdn)) == "105/1052")
        #expect(await code(stage, .deactivateMobileUser(Sample.card(5).msisdn)) == "105/1052")
        #expect(await code(stage, .activateMobileUser(Self.activation(stage))) == "101")
        var damaged = Self.delivery(stage)
        damaged.envelopedKeys = FakeVault.damagedEnvelope
        #expect(await code(stage, .importSIMCard(damaged)) == "101")
    }

    @Test("has the card make a key for digests alone beside the first one, and refuses it twice or too early")
    func secondKey() async throws {
        let stage = try await Self.created(.makesKey)
        let digests = RegistrationOperation.generateKey(Self.activation(stage, .digests, .p384))
        #expect(await code(stage, digests) == "407/4071")
        _ = try await generate(stage)
        #expect(await code(stage, digests) == "407/4071")
        _ = try await stage.register(.installCertificate(stage.card.msisdn, certificate: [9]))
        stage.channel.whenSent { _ in
            _ = await stage.receive(.ok, publicKey: [7, 8], proof: FakeEvidence.rightProof, counter: 101)
        }
        guard case .provenKey(let key) = try await stage.register(digests) else { throw MSSFault(.internalError) }
        #expect(key.publicKey == [0x30, 7, 8])
        guard case .generate(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        #expect(command.key == 3 && command.keyPolicy == .digests && command.algorithm == .p384)
        #expect(try await record(stage).state == .active)
        // Taken up again after a fault of the CA, as with the first key.
        #expect(try await stage.register(digests) == .provenKey(key))
        let install = RegistrationOperation.installCertificate(stage.card.msisdn, certificate: [10], for: .digests)
        #expect(await code(stage, install) == nil)
        #expect(await code(stage, install) == "407/4071")
        #expect(await code(stage, digests) == "407/4071")
        let user = try await record(stage)
        #expect(user.certificate == [9])
        #expect(user.otherCertificates == [.digests: [10]])
        stage.channel.whenSent { _ in
            _ = await stage.receive(.ok, signature: FakeEvidence.rightSignature, counter: 102)
        }
        #expect(try await stage.sign().status == .signature)
    }

    @Test("changes nothing while storage is down")
    func storageDown() async throws {
        let stage = try await Self.created(.makesKey)
        stage.home.setDown(true)
        #expect(await code(stage, .getMobileUser(stage.card.msisdn)) == "900")
        #expect(await code(stage, .generateKey(Self.activation(stage))) == "900")
        stage.home.setDown(false)
        #expect(!stage.chronicle.all.contains("sent"))
        #expect(try await record(stage).state == .created)
    }

    // MARK: Scripts

    private static func created(_ phone: Stage.Phone) async throws -> Stage {
        let stage = Stage()
        stage.setPhone(phone)
        _ = try await stage.register(.importSIMCard(delivery(stage)))
        _ = try await stage.register(.createMobileUser(Sample.person(stage.card)))
        return stage
    }

    private static func delivery(_ stage: Stage) -> SIMCardImport {
        SIMCardImport(
            iccid: stage.card.iccid,
            imsi: Sample.imsi(1),
            msisdn: stage.card.msisdn,
            envelopedKeys: [1, 2, 3]
        )
    }

    private static func activation(
        _ stage: Stage,
        _ use: KeyUse = .authentication,
        _ algorithm: KeyAlgorithm = .p256
    ) -> MobileUserActivation {
        guard let code = VerifyCode("246813") else { preconditionFailure("six digits are a code") }
        return MobileUserActivation(
            msisdn: stage.card.msisdn,
            verifyCode: code,
            keyUse: use,
            algorithm: algorithm
        )
    }

    private func generate(_ stage: Stage, timeRunsOut: Bool = false) async throws(MSSFault) -> ProvenKey {
        let outcome = try await stage.register(.generateKey(Self.activation(stage)), timeRunsOut: timeRunsOut)
        guard case .provenKey(let key) = outcome else { throw MSSFault(.internalError, cause: "no proven key") }
        return key
    }

    private func record(_ stage: Stage) async throws(MSSFault) -> MobileUserRecord {
        let outcome = try await stage.register(.getMobileUser(stage.card.msisdn))
        guard case .mobileUser(let user) = outcome else { throw MSSFault(.internalError, cause: "no mobile user") }
        return user
    }

    private func code(_ stage: Stage, _ operation: RegistrationOperation) async -> String? {
        await fault { () async throws(MSSFault) in _ = try await stage.register(operation) }
    }
}
