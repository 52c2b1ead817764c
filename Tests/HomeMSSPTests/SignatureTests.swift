import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import OTA
import Testing

@Suite("A signature at the home")
struct SignatureTests {
    @Test("is committed before it is sent, and committed again before it is told")
    func order() async throws {
        let stage = try await Stage.withSigner()
        let before = stage.chronicle.all.count
        let response = try await stage.sign()
        stage.chronicle.note("told")
        #expect(response.status == .signature)
        #expect(response.signature == [0x30] + Array("Sign this".utf8))
        #expect(
            Array(stage.chronicle.all.dropFirst(before))
                == ["begin committed", "sealed", "sent", "end committed: 500", "told"]
        )
    }

    @Test("is asked of the card with the provider's registered name and the very text")
    func command() async throws {
        let stage = try await Stage.withSigner()
        _ = try await stage.sign(Sample.signature("Привет @ä€", msisdn: stage.card.msisdn.description))
        guard case .sign(let command) = stage.vault.lastMessage else { throw MSSFault(.internalError) }
        #expect(command.head?.text == "Test Bank")
        #expect(command.text.text == "Привет @ä€")
        #expect(command.form == [.signedAttributes, .utf8])
        #expect(command.key == 1)
    }

    @Test("is validated without being asked where the provider's entry says so", arguments: [true, false])
    func alwaysValidated(_ isSet: Bool) async throws {
        var provider = Sample.provider
        provider.alwaysValidates = isSet
        let stage = try await Stage.withSigner(provider: provider)
        let answer = try await stage.sign()
        #expect(answer.status == (isSet ? .validSignature : .signature))
        #expect(try await stage.status(answer.transactionID).status == answer.status)
    }

    @Test("is validated when the provider asks for it: 502")
    func validated() async throws {
        let stage = try await Stage.withSigner()
        var request = Sample.signature(msisdn: stage.card.msisdn.description)
        request.additionalServices = [AdditionalService(uri: AdditionalService.validate)]
        #expect(try await stage.sign(request).status == .validSignature)
    }

    @Test(
        "fails with the code of what the card said",
        arguments: [
            (AppletStatus.userCancelled, "401/4011"), (.notMe, "401/4014"), (.pinBlocked, "402/4021"),
            (.noUserResponse, "208/2082"), (.keyNotFound, "404/4041"), (.phoneBusy, "209/2093"),
            (.pukBlocked, "403/4031"), (.busy, "406"), (.notActive, "105/1053"), (.textUnsupported, "101/1016"),
            (.unknown(0xEE), "900/9003"),
        ]
    )
    func statuses(_ status: AppletStatus, _ expected: String) async throws {
        let stage = try await Stage.withSigner(.answers(status))
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == expected)
        let code = expected.prefix(3)
        #expect(stage.chronicle.all.last == "end committed: \(code)")
        #expect(stage.tally["home_transactions_ended outcome=\(code)"] == 1)
    }

    @Test("that does not verify is delivered to nobody and raises an alarm")
    func wrongSignature() async throws {
        let stage = try await Stage.withSigner(.signsWrongly)
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "900/9003")
        #expect(stage.tally["home_alarms alarm=answer_does_not_verify"] == 1)
        #expect(stage.log.shown.contains { $0.hasPrefix("critical ALARM") })
    }

    @Test("is refused for a number that cannot sign, and no card is disturbed")
    func unknownUser() async throws {
        let stage = try await Stage.withSigner()
        let before = stage.chronicle.all.count
        let cases = [("+358409999999", "105/1052"), ("", "105/1051"), ("0401234567", "101"), ("12", "101")]
        for (number, expected) in cases {
            let request = Sample.signature(msisdn: number)
            #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign(request) } == expected)
        }
        try await stage.home.deactivateUser(stage.card.msisdn, by: Sample.act())
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "105/1052")
        #expect(stage.chronicle.all.count == before)
    }

    @Test("is refused for a certificate that is known to be revoked")
    func revoked() async throws {
        let stage = try await Stage.withSigner()
        stage.evidence.refuse(with: MSSFault(.errorCertificate))
        #expect(await fault { () async throws(MSSFault) in _ = try await stage.sign() } == "425")
        #expect(!stage.chronicle.all.contains("sent"))
    }

    @Test(
        "is refused when name, certificate and acquiring entity do not belong together",
        arguments: [
            (Sample.apID, Sample.ae, Stage.otherAP), (Sample.apID, Sample.me, Sample.ap),
            ("http://nobody.test.mssp", Sample.ae, Sample.ap), (Stage.otherProvider.id, Sample.ae, Sample.ap),
        ]
    )
    func unauthorised(_ id: String, _ entity: PeerIdentity, _ origin: PeerIdentity) async throws {
        let stage = try await Stage.withSigner()
        var request = Sample.signature(msisdn: stage.card.msisdn.description)
        request.header.apInfo.id = id
        let call = Sample.call(through: entity, from: origin)
        let code = await fault { () async throws(MSSFault) in _ = try await stage.signatures.signature(request, call) }
        #expect(code == "104")
        var direct = call
        direct.origin = nil
        let without = await fault { () async throws(MSSFault) in
            _ = try await stage.signatures.signature(request, direct)
        }
        #expect(without == "104")
    }

    @Test("is refused while another one is on the card's screen: 406")
    func busy() async throws {
        let stage = try await Stage.withSigner(.isSilent)
        let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
        _ = try await stage.sign(request)
        do throws(MSSFault) {
            _ = try await stage.sign(Sample.signature(msisdn: stage.card.msisdn.description))
            Issue.record("two requests on one card")
        } catch {
            #expect(error.code == .signatureProcess)
            #expect(error.detail?.contains("try again in 30 s") == true, "\(error.detail ?? "")")
        }
        #expect(stage.tally["home_busy"] == 1)
        #expect(stage.chronicle.all.filter { $0 == "sent" }.count == 1)
    }

    @Test("holds no number, text or key in any log line, and every value is classified")
    func logs() async throws {
        let phones: [Stage.Phone] = [
            .signs, .signsWrongly, .answers(.userCancelled), .forges, .repeats, .cannotBeReached, .isUncertain,
        ]
        for phone in phones {
            let stage = try await Stage.withSigner(phone)
            let request = Sample.signature("Pay 1000 to Eve", msisdn: stage.card.msisdn.description)
            _ = await fault { () async throws(MSSFault) in _ = try await stage.sign(request) }
            stage.home.setDown(true)
            _ = await fault { () async throws(MSSFault) in _ = try await stage.sign(request) }
            _ = await stage.receive(.ok)
            let lines = stage.log.shown.joined(separator: "\n")
            #expect(!lines.isEmpty)
            for secret in [stage.card.msisdn.digits, stage.card.iccid.description[...], "Pay 1000", "Aino", "Virtanen"]
            {
                #expect(!lines.contains(secret), "\(secret) stands in the log")
            }
            #expect(stage.log.unclassified.isEmpty)
        }
    }
}
