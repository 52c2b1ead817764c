import AE
import Alauda
import HomeMSSP
import ME
import MSSCore
import MSSTestSupport
import Testing

@Suite("A signature through the mesh")
struct SignatureMeshTests {
    @Test("comes back from the card to its provider", arguments: Depth.allCases)
    func signed(depth: Depth) async throws {
        let stage = try await Stage.withSigner()
        try await Mesh.run(depth, around: stage) { mesh in
            let answer = try await mesh.acquiring.signature(Self.request(stage), Sample.call(Sample.ap))
            #expect(answer.status == .signature)
            #expect(answer.signature != nil)
            #expect(answer.transactionID.hasPrefix(Sample.homePrefix.description))
            #expect(answer.mobileUser.msisdn == stage.card.msisdn.description)
        }
    }

    @Test(
        "is the same fault at every depth",
        arguments: Depth.allCases,
        [
            (Stage.Phone.answers(.userCancelled), "401/4011"), (.answers(.pinBlocked), "402/4021"),
            (.signsWrongly, "900/9003"), (.cannotBeReached, "209/2091"),
        ]
    )
    func faults(depth: Depth, phone: (Stage.Phone, String)) async throws {
        let stage = try await Stage.withSigner(phone.0)
        try await Mesh.run(depth, around: stage) { mesh in
            let found = await fault { () async throws(MSSFault) in
                _ = try await mesh.acquiring.signature(Self.request(stage), Sample.call(Sample.ap))
            }
            #expect(found == phone.1)
        }
    }

    @Test(
        "that is to be validated says what came of it, at once and later, at every depth",
        arguments: Depth.allCases,
        [
            SignatureVerdict(.validSignature), SignatureVerdict(.signature, problem: .crlProblem),
            SignatureVerdict(.signature, problem: .crlExpired), SignatureVerdict(.revokedCertificate),
            SignatureVerdict(.invalidSignature), SignatureVerdict(.constraintMismatch),
        ]
    )
    func validated(depth: Depth, verdict: SignatureVerdict) async throws {
        let stage = try await Stage.withSigner()
        stage.evidence.say(verdict)
        try await Mesh.run(depth, around: stage) { mesh in
            var request = Self.request(stage)
            request.additionalServices = [AdditionalService(uri: AdditionalService.validate)]
            let answer = try await mesh.acquiring.signature(request, Sample.call(Sample.ap))
            #expect(answer.status == verdict.status && answer.signature != nil)
            #expect(answer.serviceResponses.map(\.content) == [verdict.problem].compactMap { $0.map { .status($0) } })
            for response in answer.serviceResponses {
                #expect(response.uri == AdditionalService.validate && response.entity.uri == "http://home.test.mssp")
            }
            let later = try await mesh.acquiring.status(Sample.status(answer.transactionID), Sample.call(Sample.ap))
            #expect(later.status == answer.status && later.serviceResponses == answer.serviceResponses)
        }
    }

    @Test("that nobody asked to validate says nothing of its certificate", arguments: Depth.allCases)
    func unvalidated(depth: Depth) async throws {
        let stage = try await Stage.withSigner()
        stage.evidence.say(SignatureVerdict(.signature, problem: .crlProblem))
        try await Mesh.run(depth, around: stage) { mesh in
            let answer = try await mesh.acquiring.signature(Self.request(stage), Sample.call(Sample.ap))
            #expect(answer.status == .signature && answer.serviceResponses.isEmpty)
        }
    }

    @Test("of a silent phone ends with 208 before its provider stops waiting", arguments: Depth.allCases)
    func silent(depth: Depth) async throws {
        let stage = try await Stage.withSigner(.isSilent)
        try await Mesh.run(depth, around: stage) { mesh in
            let request = Sample.signature(msisdn: stage.card.msisdn.description, timeOut: 1)
            let found = await fault { () async throws(MSSFault) in
                _ = try await mesh.acquiring.signature(request, Sample.call(Sample.ap))
            }
            #expect(found == "208/2081")
        }
    }

    @Test("is refused to a certificate of another provider", arguments: Depth.allCases)
    func foreign(depth: Depth) async throws {
        let stage = try await Stage.withSigner()
        try await Mesh.run(depth, around: stage) { mesh in
            let found = await fault { () async throws(MSSFault) in
                _ = try await mesh.acquiring.signature(Self.request(stage), Sample.call(Stage.otherAP))
            }
            #expect(found == "104")
        }
    }

    @Test("can be asked for later, by its own provider alone", arguments: Depth.allCases)
    func later(depth: Depth) async throws {
        let stage = try await Stage.withSigner()
        try await Mesh.run(depth, around: stage) { mesh in
            let request = Sample.signature(msisdn: stage.card.msisdn.description, mode: .asynchClientServer)
            let answer = try await mesh.acquiring.signature(request, Sample.call(Sample.ap))
            #expect(answer.status == .requestOK)
            let status = try await mesh.acquiring.status(
                Sample.status(answer.transactionID),
                Sample.call(Sample.ap)
            )
            #expect(status.status == .signature)
            let header = Sample.header(ap: Stage.otherProvider.id)
            let foreign = await Self.words { () async throws(MSSFault) in
                let asked = StatusRequest(header: header, transactionID: answer.transactionID)
                _ = try await mesh.acquiring.status(asked, Sample.call(Stage.otherAP))
            }
            let unknown = await Self.words { () async throws(MSSFault) in
                let asked = StatusRequest(header: header, transactionID: "h1" + String(repeating: "a", count: 26))
                _ = try await mesh.acquiring.status(asked, Sample.call(Stage.otherAP))
            }
            // Another provider's transaction looks exactly like one that never was.
            #expect(foreign != nil && foreign == unknown)
        }
    }

    @Test("is followed by one receipt, whose reader is told of, at every depth", arguments: Depth.allCases)
    func receipt(depth: Depth) async throws {
        let stage = try await Stage.withSigner()
        try await Mesh.run(depth, around: stage) { mesh in
            let answer = try await mesh.acquiring.signature(Self.request(stage), Sample.call(Sample.ap))
            stage.answers(.userCancelled, from: 200)
            let request = ReceiptRequest(
                header: Sample.header(transaction: "T2"),
                mobileUser: answer.mobileUser,
                transactionID: answer.transactionID,
                message: DataToBeSigned("Paid"),
                acknowledgement: ReceiptRequest.Acknowledgement(timeOut: 10)
            )
            let told = try await mesh.acquiring.receipt(request, Sample.call(Sample.ap))
            #expect(told.reaction == .cancelled)
            let second = await Self.words { () async throws(MSSFault) in
                _ = try await mesh.acquiring.receipt(request, Sample.call(Sample.ap))
            }
            #expect(second?.last??.hasPrefix("Only one receipt per transaction") == true)
        }
    }

    private static func request(_ stage: Stage) -> SignatureRequest {
        Sample.signature(msisdn: stage.card.msisdn.description)
    }

    /// Everything that a stranger reads of a fault.
    private static func words(_ work: () async throws(MSSFault) -> Void) async -> [String?]? {
        do throws(MSSFault) {
            try await work()
            return nil
        } catch { return ["\(error.code)", error.detail] }
    }
}
