@_spi(KeyMaterial) import Alauda
import Crypto
import CryptoExtras
import Foundation
import OTA
import Testing

@testable import Simulation

/// What a card does beside making keys and signing texts with P-256.
struct CardManagementTests {
    private static let pin = "271828"
    private static let other = "314159"
    private let card: Conversation

    /// A card with one key, which may sign digests.
    init() throws {
        card = try Conversation()
        _ = try Self.activate(card, 1, .p256, policy: .digests)
    }

    private static func activate(
        _ card: Conversation,
        _ key: UInt8,
        _ algorithm: SignatureAlgorithm,
        policy: KeyPolicy? = nil
    ) throws -> UpMessage {
        let command = GenerateCommand(
            transaction: .random(),
            key: key,
            algorithm: algorithm,
            code: "471147",
            pinPolicy: .standard,
            keyPolicy: policy
        )
        let question = try card.ask(.generate(command))
        let answer = try card.reply(question, .newActivation(code: "471147", pin: pin, again: pin))
        let whole = try #require(answer)
        #expect(whole.status == .ok)
        let proven = SignedContent.proofOfPossession(
            transaction: command.transaction,
            iccid: HomeSide.iccid,
            key: key,
            algorithm: algorithm,
            keyVersion: 1,
            publicKey: try #require(whole.publicKey)
        )
        #expect(try verifies(try #require(whole.proof), proven, try #require(whole.publicKey), algorithm))
        return whole
    }

    private static func verifies(
        _ signature: [UInt8],
        _ content: [UInt8],
        _ key: [UInt8],
        _ algorithm: SignatureAlgorithm
    ) throws -> Bool {
        guard key.count == algorithm.publicKeyLength, signature.count == algorithm.signatureLength else { return false }
        switch algorithm {
        case .p256:
            let value = try P256.Signing.ECDSASignature(rawRepresentation: signature)
            return try P256.Signing.PublicKey(x963Representation: key).isValidSignature(value, for: content)
        case .p384:
            let value = try P384.Signing.ECDSASignature(rawRepresentation: signature)
            return try P384.Signing.PublicKey(x963Representation: key).isValidSignature(value, for: content)
        case .rsa2048, .rsaPSS:
            let rsa = try _RSA.Signing.PublicKey(n: key, e: [1, 0, 1] as [UInt8])
            let padding: _RSA.Signing.Padding = algorithm == .rsaPSS ? .PSS : .insecurePKCS1v1_5
            let value = _RSA.Signing.RSASignature(rawRepresentation: signature)
            return rsa.isValidSignature(value, for: SHA256.hash(data: content), padding: padding)
        }
    }

    private static func digest(_ content: [UInt8], _ algorithm: SignatureAlgorithm) -> [UInt8] {
        algorithm == .p384 ? Array(SHA384.hash(data: content)) : Array(SHA256.hash(data: content))
    }

    private func sign(
        _ algorithm: SignatureAlgorithm,
        key: UInt8,
        digests: [[UInt8]] = [],
        mid: [UInt8]? = nil
    ) throws -> DownMessage {
        .sign(
            SignCommand(
                transaction: .random(),
                key: key,
                algorithm: algorithm,
                head: try CardText("Bank 7K2M"),
                text: try CardText("Sign?"),
                form: digests.isEmpty ? [.signedAttributes, .utf8] : [],
                mid: mid,
                digests: digests
            )
        )
    }

    // MARK: Algorithms and digests

    @Test("every algorithm makes keys, proofs and signatures of its length", arguments: SignatureAlgorithm.allCases)
    func algorithms(_ algorithm: SignatureAlgorithm) throws {
        let made = try Self.activate(card, 3, algorithm, policy: .digests)
        let key = try #require(made.publicKey)
        let answer = try card.reply(try card.ask(try sign(algorithm, key: 3)), .pin(Self.pin))
        let signed = SignedContent.signedAttributes(digest: Self.digest(Array("Sign?".utf8), algorithm))
        #expect(try Self.verifies(try #require(answer?.signature), signed, key, algorithm))

        let documents = (1...2).map { [UInt8](repeating: $0, count: 5) }
        let digests = documents.map { Self.digest($0, algorithm) }
        let question = try card.ask(try sign(algorithm, key: 3, digests: digests))
        #expect(question.pages.map(\.text.text) == ["Bank 7K2M", "Sign?", "#2"])
        let both = try card.reply(question, .pin(Self.pin))?.signatures(algorithm, count: 2)
        for (document, signature) in zip(documents, try #require(both)) {
            #expect(try Self.verifies(signature, document, key, algorithm))
        }
        // ALG must be the key's.
        let wrong: SignatureAlgorithm = algorithm == .p256 ? .p384 : .p256
        #expect(try card.tell(try sign(wrong, key: 3)).status == .algorithmUnsupported)
    }

    @Test("digests are signed by a key whose policy allows it, as many as fit, and by no other")
    func digests() throws {
        let digest = [UInt8](repeating: 7, count: 32)
        let most = [[UInt8]](repeating: digest, count: SignatureAlgorithm.p256.mostDigests)
        let answer = try card.reply(try card.ask(try sign(.p256, key: 1, digests: most)), .pin(Self.pin))
        #expect(answer?.signatures(.p256, count: 9) != nil)
        #expect(try card.tell(try sign(.p256, key: 1, digests: most + [digest])).status == .algorithmUnsupported)
        _ = try Self.activate(card, 2, .p256)
        #expect(try card.tell(try sign(.p256, key: 2, digests: [digest])).status == .keyUsageNotAllowed)
    }

    @Test("with SHA-384 signing-certificate-v2 belongs before messageDigest")
    func attributesOfLongDigests() throws {
        _ = try Self.activate(card, 2, .p384)
        let certificate: [UInt8] =
            [0x30, 0x37, 6, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 0x10, 2, 0x2F, 0x31, 0x28]
            + [UInt8](repeating: 7, count: 40)
        let answer = try card.reply(try card.ask(try sign(.p384, key: 2, mid: certificate)), .pin(Self.pin))
        #expect(answer?.status == .ok)
        #expect(try card.tell(try sign(.p256, key: 1, mid: certificate)).status == .malformed)
    }

    // MARK: Texts

    @Test("a text that cannot be shown is refused as that: packed GSM, half a character, too long a heading, nothing")
    func texts() throws {
        let head: [UInt8] = [3, 0x80, 4, 1, 2, 3, 4, 0x81, 1, 1, 0x82, 1, 1]
        for text: [UInt8] in [[0, 0x41], [4, 0x80], [8, 0], [8, 0xD8, 0], [4]] {
            let answer = card.take(try card.home.segments(head + [0x83, UInt8(text.count)] + text)).answer
            #expect(try card.home.open(try #require(answer)).message.status == .textUnsupported)
        }
        var command = SignCommand(
            transaction: .random(),
            key: 1,
            algorithm: .p256,
            head: try CardText(String(repeating: "a", count: 240)),
            text: try CardText("Pay?"),
            form: [.signedAttributes, .utf8]
        )
        #expect(try card.tell(.sign(command)).status == .textUnsupported)
        command.head = try CardText(String(repeating: "a", count: 239))
        _ = try card.ask(.sign(command))
    }

    @Test("a message is shown and answered, and waits while a person is asked")
    func message() throws {
        for (reply, status) in [
            (Card.Reply.approve, AppletStatus.ok), (.cancel, .userCancelled), (.nothing, .noUserResponse),
        ] {
            let question = try card.ask(.message(.random(), try CardText("Cancelled")))
            #expect(question.pages.map(\.text.text) == ["Cancelled"])
            let answer = try card.home.open(try #require(card.answer(question, reply))).message
            #expect(answer.kind == .message && answer.status == status)
        }
        _ = try card.ask(try sign(.p256, key: 1))
        let busy: [DownMessage] = [
            .message(.random(), try CardText("Cancelled")), .changePIN(.random(), key: 1),
            .unblockPIN(.random(), key: 1), .deleteKey(.random(), key: 1), .retire(.random(), keyVersion: 1),
            HomeSide.generate(key: 4),
        ]
        for message in busy {
            let answer = try card.tell(message)
            #expect(answer.status == .busy && answer.kind == message.answer)
        }
        #expect(try card.tell(.status(.random())).status == .ok)
    }

    // MARK: PIN and PUK

    @Test(
        "trivial PINs are refused, and ones of another length",
        arguments: [
            "000000", "999999", "123456", "654321", "345678", "890123", "210987", "12345", "1234567890123", "",
            "27182a",
        ]
    )
    func trivial(_ pin: String) throws {
        let question = try card.ask(HomeSide.generate(key: 2))
        for attempt in 1...3 {
            let answer = try card.reply(question, .newActivation(code: "471147", pin: pin, again: pin))
            #expect(answer?.status == (attempt == 3 ? .userCancelled : nil))
        }
        #expect(try card.tell(try sign(.p256, key: 2)).status == .keyNotFound)
        #expect(PINRule.allows("271828", 6...12) && PINRule.allows("112233", 6...12))
    }

    @Test("a new PIN is typed twice alike")
    func twice() throws {
        let question = try card.ask(HomeSide.generate(key: 2))
        #expect(try card.reply(question, .newActivation(code: "471147", pin: "271828", again: "271829")) == nil)
        #expect(try card.reply(question, .newActivation(code: "471147", pin: "271828", again: "271828"))?.status == .ok)
    }

    @Test("a policy cannot go below six digits or above three tries")
    func policy() throws {
        let policy = PINPolicy(shortest: 4, longest: 5, tries: 10)
        #expect(policy.lengths == 6...6 && policy.allowedTries == 3)
        let question = try card.ask(HomeSide.generate(key: 2, policy: policy))
        #expect(try card.reply(question, .activation(code: "471147", pin: "27182")) == nil)
        #expect(try card.reply(question, .activation(code: "471147", pin: "271828"))?.status == .ok)
        let sign = try card.ask(try sign(.p256, key: 2))
        #expect(try card.reply(sign, .pin("000000")) == nil)
        #expect(try card.reply(sign, .pin("000000")) == nil)
        #expect(try card.reply(sign, .pin("000000"))?.status == .pinBlocked)
    }

    @Test("the PIN changes with the old one, and the key signs with the new one alone")
    func change() throws {
        let question = try card.ask(.changePIN(.random(), key: 1))
        #expect(try card.reply(question, .newPIN(old: "000000", new: Self.other, again: Self.other)) == nil)
        #expect(try card.reply(question, .newPIN(old: Self.pin, new: "111111", again: "111111")) == nil)
        let answer = try card.reply(question, .newPIN(old: Self.pin, new: Self.other, again: Self.other))
        #expect(answer?.status == .ok && answer?.kind == .changePIN)
        let sign = try card.ask(try sign(.p256, key: 1))
        #expect(try card.reply(sign, .pin(Self.pin)) == nil)
        let signed = try card.reply(sign, .pin(Self.other))
        #expect(signed?.status == .ok && signed?.triesLeft == nil)
    }

    @Test("a wrong old PIN blocks as it does in signing; the PUK, shown once, opens it again")
    func unblock() throws {
        _ = try Self.activate(card, 2, .p256)
        let puk = try #require(card.shownPUK)
        #expect(puk.utf8.count == 8)
        let change = try card.ask(.changePIN(.random(), key: 2))
        #expect(card.shownPUK == nil)
        for _ in 0..<2 {
            #expect(try card.reply(change, .newPIN(old: "000000", new: Self.other, again: Self.other)) == nil)
        }
        #expect(
            try card.reply(change, .newPIN(old: "000000", new: Self.other, again: Self.other))?.status == .pinBlocked
        )
        #expect(try card.tell(.changePIN(.random(), key: 2)).status == .pinBlocked)
        #expect(try card.tell(try sign(.p256, key: 2)).status == .pinBlocked)

        let unblock = try card.ask(.unblockPIN(.random(), key: 2))
        #expect(try card.reply(unblock, .unblocking(puk: "", new: Self.other, again: Self.other)) == nil)
        let answer = try card.reply(unblock, .unblocking(puk: puk, new: Self.other, again: Self.other))
        #expect(answer?.status == .ok && answer?.kind == .unblockPIN)
        #expect(try card.reply(try card.ask(try sign(.p256, key: 2)), .pin(Self.other))?.status == .ok)
    }

    @Test("five wrong PUKs block it for good; the key can only be deleted and made anew")
    func pukBlocked() throws {
        let unblock = try card.ask(.unblockPIN(.random(), key: 1))
        for attempt in 1...5 {
            let answer = try card.reply(unblock, .unblocking(puk: "x", new: Self.other, again: Self.other))
            #expect(answer?.status == (attempt == 5 ? .pukBlocked : nil))
        }
        #expect(try card.tell(.unblockPIN(.random(), key: 1)).status == .pukBlocked)
        #expect(try card.reply(try card.ask(.deleteKey(.random(), key: 1)), .approve)?.status == .ok)
        #expect(try card.tell(try sign(.p256, key: 1)).status == .notActive)
        _ = try Self.activate(card, 1, .p256)
    }

    @Test("a key is deleted when its person says so, and not otherwise")
    func delete() throws {
        let replies: [(Card.Reply, AppletStatus)] = [(.cancel, .userCancelled), (.notMe, .notMe)]
        for (reply, status) in replies {
            #expect(try card.reply(try card.ask(.deleteKey(.random(), key: 1)), reply)?.status == status)
        }
        #expect(try card.reply(try card.ask(try sign(.p256, key: 1)), .pin(Self.pin))?.status == .ok)
        for message: DownMessage in [.deleteKey(.random(), key: 5), .changePIN(.random(), key: 5)] {
            #expect(try card.tell(message).status == .keyNotFound)
        }
    }

    @Test("a phone that cannot show or ask is told as that, and tries that were spent are told too")
    func phone() throws {
        let replies: [(Card.Reply, AppletStatus)] = [
            (.phoneBusy, .phoneBusy), (.phoneLacksCapability, .phoneLacksCapability),
        ]
        for (reply, status) in replies {
            #expect(try card.reply(try card.ask(try sign(.p256, key: 1)), reply)?.status == status)
        }
        let question = try card.ask(try sign(.p256, key: 1))
        #expect(try card.reply(question, .pin("000000")) == nil)
        #expect(try card.reply(question, .cancel)?.triesLeft == 2)
    }

    // MARK: State of the card

    @Test("STATUS tells the applet, the last counter accepted, and each key's tries")
    func status() throws {
        _ = try Self.activate(card, 4, .p384)
        _ = try card.reply(try card.ask(try sign(.p256, key: 1)), .pin("000000"))
        _ = card.take(try card.home.segments(.status(.random())))
        let answer = try card.tell(.status(.random()))
        #expect(answer.downCounter == card.home.frameCounter)
        #expect(answer.keys == [CardKeyState(key: 1, triesLeft: 2), CardKeyState(key: 4, triesLeft: 3)])
        #expect(answer.info?.version == 0x0100 && answer.info?.capabilities.contains(.events) == true)
    }

    @Test("ten refused frames in a row are told once, until a good one came")
    func event() throws {
        for _ in 0..<2 {
            for attempt in 1...14 {
                let frame = try HomeSide.keys().seal([1], counter: 0, direction: .down)
                let answer = card.take(try card.home.segments(frame: frame)).answer
                #expect((answer != nil) == (attempt == 10))
                guard let answer else { continue }
                let event = try card.home.open(answer, packetCounter: 0).message
                #expect(event.kind == .event && event.status == .malformed && event.info != nil)
            }
            #expect(try card.tell(.status(.random())).status == .ok)
        }
    }

    @Test("what was said before a loss of power is said again after it")
    func restored() throws {
        let transaction = WPKITransaction.random()
        let question = try card.ask(try HomeSide.sign("Once", transaction: transaction))
        let first = try card.reply(question, .pin(Self.pin))
        let file = FileManager.default.temporaryDirectory.appending(path: "card-\(UInt64.random(in: 0...UInt64.max))")
            .path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try card.state.write(to: file)
        try card.state.write(to: file)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try card.restore(try CardState(reading: file))
        #expect(try card.tell(.repeatLast(transaction)) == first)
        #expect(try card.reply(try card.ask(try sign(.p256, key: 1)), .pin(Self.pin))?.status == .ok)
        #expect(String(describing: card.state) == "‹card›" && String(reflecting: card.state) == "‹card›")
        #expect(throws: SimulationError.self) { try CardState(reading: file + ".none") }
    }
}

/// Root keys of the applet, one after the other.
struct CardRolloverTests {
    private static let newRoot = [UInt8](repeating: 0x42, count: 32)
    private let card: Conversation
    private let transaction = WPKITransaction.random()

    init() throws {
        card = try Conversation()
    }

    private func newKeys() throws -> WPKIKeys {
        try WPKIKeys(root: Self.newRoot, iccid: HomeSide.iccid, keyVersion: 2)
    }

    private func rollover() throws -> DownMessage {
        .newRootKey(transaction, try HomeSide.keys().wrap(newRoot: Self.newRoot, keyVersion: 2))
    }

    private func tellNew(_ message: DownMessage, counter: UInt32) throws -> (message: UpMessage, header: FrameHeader)? {
        let frame = try newKeys().seal(message.octets, counter: counter, direction: .down)
        guard let answer = card.take(try card.home.segments(frame: frame)).answer else { return nil }
        return try openNew(answer)
    }

    private func openNew(_ answer: [[UInt8]]) throws -> (message: UpMessage, header: FrameHeader) {
        let frame = try ResponsePacket(try HomeSide.whole(answer)).data
        return (try UpMessage(decoding: try newKeys().open(frame, direction: .up)), try FrameHeader(frame))
    }

    @Test("the answer comes under the new root, whose first frame ends the old one")
    func whole() throws {
        let answer = try openNew(try #require(card.take(try card.home.segments(try rollover())).answer))
        #expect(answer.message.kind == .newRootKey && answer.message.status == .ok)
        #expect(answer.message.transaction == transaction && answer.header.counter == 1)
        // Until then the old one goes on, and the lost answer is repeated under the new one.
        #expect(try card.tell(.status(.random())).status == .ok)
        let again = try openNew(try #require(card.take(try card.home.segments(.repeatLast(transaction))).answer))
        #expect(again.message == answer.message && again.header.counter == 2)
        let status = try #require(try tellNew(.status(.random()), counter: 1))
        #expect(status.message.status == .ok && status.message.downCounter == 1 && status.header.counter == 3)
        #expect(card.take(try card.home.segments(.status(.random()))).isSilence)
        #expect(try tellNew(.retire(.random(), keyVersion: 1), counter: 2)?.message.status == .ok)
        #expect(try tellNew(.retire(.random(), keyVersion: 2), counter: 3)?.message.status == .malformed)
        #expect(try tellNew(.retire(.random(), keyVersion: 9), counter: 4)?.message.status == .malformed)
        let replayed = try tellNew(.status(.random()), counter: 4)
        #expect(replayed?.header == nil)
    }

    @Test("a root that was damaged, is under another one, or is not above every KVN is refused under the old root")
    func refused() throws {
        let good = try HomeSide.keys().wrap(newRoot: Self.newRoot, keyVersion: 2)
        for place in [2, 20, 43] {
            var octets = good.octets
            octets[place] ^= 1
            let answer = try card.tell(.newRootKey(.random(), try #require(WrappedRoot(octets))))
            #expect(answer.kind == .newRootKey && answer.status == .malformed)
        }
        var old = good.octets
        old[0] = 1
        #expect(try card.tell(.newRootKey(.random(), try #require(WrappedRoot(old)))).status == .malformed)
        #expect(card.state.roots.map(\.keyVersion) == [1])
    }

    @Test("a new root that waits gives way to a newer one, and to its end")
    func superseded() throws {
        _ = card.take(try card.home.segments(try rollover()))
        let newer = try HomeSide.keys().wrap(newRoot: [UInt8](repeating: 9, count: 16), keyVersion: 3)
        _ = card.take(try card.home.segments(.newRootKey(.random(), newer)))
        #expect(card.state.roots.map(\.keyVersion) == [1, 3])
        #expect(try card.tell(.retire(.random(), keyVersion: 3)).status == .ok)
        #expect(card.state.roots.map(\.keyVersion) == [1] && card.state.highestKeyVersion == 3)
        #expect(try card.tell(try rollover()).status == .malformed)
    }

    @Test("an answer that a person took long for goes under the new root when the old one is gone")
    func late() throws {
        _ = try card.reply(try card.ask(HomeSide.generate()), .activation(code: "471147", pin: "271828"))
        _ = card.take(try card.home.segments(try rollover()))
        let question = try card.ask(try HomeSide.sign("Pay?"))
        #expect(try tellNew(.status(.random()), counter: 1)?.message.status == .ok)
        let answer = try openNew(try #require(card.answer(question, .pin("271828"))))
        #expect(answer.message.status == .ok && answer.header.keyVersion == 2)
    }
}
