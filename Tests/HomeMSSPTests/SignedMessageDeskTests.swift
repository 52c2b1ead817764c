import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

/// Says of each envelope what a test wants, and which certificates it was asked with.
final class ScriptedSignatures: MessageSignatures {
    let problem: MessageProblem?
    let signs: Bool
    let asked = Mutex<[Set<[UInt8]>]>([])

    init(problem: MessageProblem? = nil, signs: Bool = true) {
        self.problem = problem
        self.signs = signs
    }

    func message(
        of envelope: [UInt8],
        by certificates: Set<[UInt8]>,
        at time: Date
    ) throws(MessageProblem) -> [UInt8] {
        asked.withLock { $0.append(certificates) }
        if let problem { throw problem }
        return envelope + [0]
    }

    func signer() async throws(MSSFault) -> @Sendable ([UInt8]) throws(MSSFault) -> [UInt8] {
        guard signs else { throw MSSFault(.unableToProvideServices) }
        return { (answer) throws(MSSFault) in answer + [1] }
    }
}

@Suite("A provider whose messages are signed, at the home")
struct SignedMessageDeskTests {
    private static var provider: ApplicationProvider {
        var provider = Sample.provider
        provider.messageCertificates = [[1, 2, 3], [4]]
        return provider
    }

    private func desk(
        _ signatures: ScriptedSignatures,
        _ provider: ApplicationProvider = provider,
        _ tally: EventTally = EventTally()
    ) -> SignedMessageDesk {
        SignedMessageDesk(
            providers: ProviderRegister([provider]),
            signatures: signatures,
            tally: tally,
            logger: CapturedLog().logger
        )
    }

    private static let good = Sample.call(through: Sample.ae, from: Sample.ap)

    @Test("has its signature looked at with its own certificates, and its answer signed")
    func opened() async throws {
        let signatures = ScriptedSignatures()
        let opened = try await desk(signatures).open([9], from: Sample.apID, Self.good)
        #expect(opened.message == [9, 0])
        #expect(try opened.seal([7]) == [7, 1])
        #expect(signatures.asked.withLock { $0 } == [Self.provider.messageCertificates])
    }

    @Test("has no signature looked at before it is known who came, through whom, and how often")
    func gate() async throws {
        let signatures = ScriptedSignatures()
        var limited = Self.provider
        limited.limits = RequestLimits(perSecond: 1)
        let busy = desk(signatures, limited)
        _ = try await busy.open([9], from: Sample.apID, Self.good)
        let before = signatures.asked.withLock { $0.count }
        let rows: [(SignedMessageDesk, String, Call, Int?)] = [
            (desk(signatures), "http://nobody.test.mssp", Self.good, nil),
            (desk(signatures), Sample.apID, Sample.call(through: Sample.ae, from: Stage.otherAP), nil),
            (desk(signatures), Sample.apID, Sample.call(through: Stage.otherEntity, from: Sample.ap), nil),
            (desk(signatures), Sample.apID, Sample.call(Sample.ae), nil),
            (desk(signatures, Sample.provider), Sample.apID, Self.good, 1046), (busy, Sample.apID, Self.good, 7801),
        ]
        for (desk, id, call, specifier) in rows {
            let fault = await #expect(throws: MSSFault.self) { try await desk.open([9], from: id, call) }
            #expect(fault?.specifier == specifier)
        }
        #expect(signatures.asked.withLock { $0.count } == before)
    }

    @Test("is told why its signature is not taken, and by whom something must be done")
    func refused() async throws {
        let tally = EventTally()
        let signatures = ScriptedSignatures(problem: MessageProblem(label: "reference", sentence: "Sign the message."))
        let fault = await #expect(throws: MSSFault.self) {
            try await desk(signatures, Self.provider, tally).open([9], from: Sample.apID, Self.good)
        }
        #expect(fault?.code == .unauthorizedAccess && fault?.specifier == 1046 && fault?.detail == "Sign the message.")
        #expect(fault?.meaning.actor == .provider)
        #expect(tally["home_message_signatures outcome=reference"] == 1)
    }

    @Test("begins nothing while the home cannot sign its answer")
    func noSigner() async throws {
        let fault = await #expect(throws: MSSFault.self) {
            try await desk(ScriptedSignatures(signs: false)).open([9], from: Sample.apID, Self.good)
        }
        #expect(fault?.code == .unableToProvideServices)
    }

    @Test("is served signed alone: whatever AE asks in its name without its signature is refused")
    func unsigned() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        let signatures = stage.signatures
        var forged = Self.good
        forged.signer = Stage.otherProvider.id
        for ask in Ask.allCases {
            for call in [Self.good, forged] {
                let fault = await #expect(throws: MSSFault.self) { try await ask.make(of: signatures, call) }
                #expect(fault?.code == .unauthorizedAccess && fault?.specifier == 1046)
            }
        }
        #expect(!stage.chronicle.all.contains("sent"))
        var signed = Self.good
        signed.signer = Sample.apID
        #expect(try await signatures.signature(Sample.signature(), signed).status == .signature)
    }

    @Test("that is repeated is the request that it was: nobody is asked twice")
    func repeated() async throws {
        let stage = try await Stage.withSigner(provider: Self.provider)
        var call = Self.good
        call.signer = Sample.apID
        let request = Sample.signature()
        let first = try await stage.signatures.signature(request, call)
        let again = try await stage.signatures.signature(request, call)
        #expect(first.transactionID == again.transactionID && first.signature == again.signature)
        #expect(stage.chronicle.all.count { $0 == "sent" } == 1)
    }
}

/// Each of the conversation's operations.
private enum Ask: CaseIterable {
    case signature, status, receipt, profile, cancel, fit

    func make(of service: HomeSignatureService, _ call: Call) async throws {
        let header = Sample.header()
        let id = Sample.homePrefix.description + "00"
        let user = MobileUser(msisdn: "+358401234567")
        switch self {
        case .signature: _ = try await service.signature(Sample.signature(), call)
        case .status: _ = try await service.status(StatusRequest(header: header, transactionID: id), call)
        case .receipt:
            let receipt = ReceiptRequest(header: header, mobileUser: user, transactionID: id)
            _ = try await service.receipt(receipt, call)
        case .profile: _ = try await service.profile(ProfileRequest(header: header, mobileUser: user), call)
        case .cancel: _ = try await service.cancel(CancelRequest(header: header, transactionID: id), call)
        case .fit: _ = try await service.fit(FitRequest(header: header, text: "x"), call)
        }
    }
}
