@_spi(KeyMaterial) import Alauda
import Crypto
import OTA
import Simulation
import Testing

struct CardTests {
    private let card: Conversation
    private let publicKey: P256.Signing.PublicKey
    private static let pin = "271828"

    /// A card with one key.
    init() throws {
        card = try Conversation()
        let question = try card.ask(HomeSide.generate())
        let answer = try card.reply(question, .activation(code: "471147", pin: Self.pin))
        publicKey = try P256.Signing.PublicKey(x963Representation: try #require(answer?.publicKey))
    }

    @Test("a generated key comes with a proof of possession")
    func proof() throws {
        let transaction = WPKITransaction.random()
        let question = try card.ask(HomeSide.generate(transaction, key: 2))
        let answer = try #require(try card.reply(question, .activation(code: "471147", pin: "314159")))
        #expect(answer.kind == .generate && answer.status == .ok && answer.transaction == transaction)
        let point = try #require(answer.publicKey)
        let proven = SignedContent.proofOfPossession(
            transaction: transaction,
            iccid: HomeSide.iccid,
            key: 2,
            algorithm: .p256,
            keyVersion: 1,
            publicKey: point
        )
        let key = try P256.Signing.PublicKey(x963Representation: point)
        let proof = try P256.Signing.ECDSASignature(rawRepresentation: try #require(answer.proof))
        #expect(key.isValidSignature(proof, for: proven))
    }

    @Test("the signed attributes hold the digest of the text in UTF-8", arguments: ["Log in?", "@ä€ñ_", "Привет\nда"])
    func signature(_ text: String) throws {
        let signature = try signature(over: try HomeSide.sign(text))
        let attributes = SignedContent.signedAttributes(digest: Array(SHA256.hash(data: Array(text.utf8))))
        #expect(publicKey.isValidSignature(signature, for: attributes))
        #expect(!publicKey.isValidSignature(signature, for: Array(text.utf8)))
    }

    @Test("without signed attributes the text itself is signed, in the alphabet that FORM names")
    func bareForms() throws {
        for (form, content) in [(SignatureForm.utf8, Array("ä@".utf8)), ([], [0x7B, 0x00])] {
            let signature = try signature(over: try HomeSide.sign("ä@", form: form))
            #expect(publicKey.isValidSignature(signature, for: content))
        }
    }

    @Test("UCS-2 octets are not signed as they are, and attributes out of order not at all")
    func unsignable() throws {
        #expect(try card.tell(try HomeSide.sign("Привет", form: [])).status == .textUnsupported)
        #expect(try card.tell(try HomeSide.sign("Pay?", mid: [0x30, 0])).status == .malformed)
    }

    @Test("a long text comes in several messages, in any order and doubled")
    func segments() throws {
        var segments = try card.home.segments(try HomeSide.sign(String(repeating: "Ж", count: 120)))
        #expect(segments.count > 2)
        segments.append(segments[1])
        #expect(card.take(segments.reversed()).question != nil)
    }

    @Test("a packet whose first half was lost does not spoil the next of the same reference")
    func lostHalf() throws {
        let lost = try card.home.segments(try HomeSide.sign(String(repeating: "Ж", count: 60)))
        #expect(card.take([lost[0]]).isSilence)
        let segments = try card.home.segments(try HomeSide.sign(String(repeating: "Я", count: 60))).map { segment in
            var segment = segment
            segment[3] = lost[0][3]
            return segment
        }
        #expect(card.take(segments).question != nil)
    }

    @Test("what was received is not taken again, whole or re-packed")
    func replay() throws {
        let segments = try card.home.segments(.status(.random()))
        #expect(card.take(segments).answer != nil)
        #expect(card.take(segments).isSilence)
        let old = try HomeSide.keys().seal(
            DownMessage.status(.random()).octets,
            counter: card.home.frameCounter,
            direction: .down
        )
        #expect(card.take(try card.home.segments(frame: old)).isSilence)
        #expect(try card.tell(.status(.random())).status == .ok)
    }

    @Test("another key, another application, a flipped bit: silence, and no frame counter moves")
    func silence() throws {
        var stranger = card.home
        stranger.kid[0] ^= 1
        #expect(card.take(try stranger.segments(.status(.random()))).isSilence)
        stranger = card.home
        stranger.tar[2] = 9
        #expect(card.take(try stranger.segments(.status(.random()))).isSilence)
        var frame = try HomeSide.keys().seal(DownMessage.status(.random()).octets, counter: 99, direction: .down)
        frame[frame.count - 1] ^= 1
        #expect(card.take(try card.home.segments(frame: frame)).isSilence)
        #expect(try card.tell(.status(.random())).status == .ok)
    }

    @Test("a repeated answer is the same, under a new counter, without a prompt")
    func repetition() throws {
        let transaction = WPKITransaction.random()
        let question = try card.ask(try HomeSide.sign("Once", transaction: transaction))
        let first = try card.reply(question, .pin(Self.pin))
        let again = take(try card.home.segments(.repeatLast(transaction)))
        let (second, counter) = try card.home.open(again)
        let onceMore = take(try card.home.segments(.repeatLast(transaction)))
        let (third, later) = try card.home.open(onceMore)
        #expect(first == second && second == third && second.signature != nil)
        #expect(later == counter + 1)
        #expect(try card.tell(.repeatLast(.random())).status == .noSuchAnswer)
    }

    @Test("one dialogue at a time: another is told that the card is busy, and the first goes on")
    func busy() throws {
        let question = try card.ask(try HomeSide.sign("First"))
        let asked = card.home.packetCounter
        #expect(try card.tell(try HomeSide.sign("Second")).status == .busy)
        #expect(try card.reply(question, .pin(Self.pin), packetCounter: asked)?.status == .ok)
        #expect(try card.reply(question, .pin(Self.pin)) == nil)
    }

    @Test("three wrong PINs block the key for good")
    func blocked() throws {
        let question = try card.ask(try HomeSide.sign("Pay?"))
        #expect(try card.reply(question, .pin("000000")) == nil)
        #expect(try card.reply(question, .pin("000000")) == nil)
        let answer = try card.reply(question, .pin("000000"))
        #expect(answer?.status == .pinBlocked && answer?.triesLeft == 0 && answer?.signature == nil)
        #expect(try card.tell(try HomeSide.sign("Pay?")).status == .pinBlocked)
        #expect(try card.tell(HomeSide.generate()).status == .pinBlocked)
    }

    @Test("the right PIN gives the tries back")
    func triesComeBack() throws {
        for _ in 0..<3 {
            let question = try card.ask(try HomeSide.sign("Pay?"))
            #expect(try card.reply(question, .pin("000000")) == nil)
            #expect(try card.reply(question, .pin("000001")) == nil)
            #expect(try card.reply(question, .pin(Self.pin))?.status == .ok)
        }
    }

    @Test("a wrong code may be typed three times; no key is made")
    func wrongCode() throws {
        let question = try card.ask(HomeSide.generate(key: 5))
        let wrong = Card.Reply.activation(code: "999999", pin: Self.pin)
        #expect(try card.reply(question, wrong) == nil)
        #expect(try card.reply(question, wrong) == nil)
        #expect(try card.reply(question, wrong)?.status == .verifyCodeWrong)
        #expect(try card.tell(try HomeSide.sign("Pay?", key: 5)).status == .keyNotFound)
    }

    @Test("a new key in the place of another needs that one's PIN, and a PIN must be as long as the policy says")
    func renewal() throws {
        let question = try card.ask(HomeSide.generate())
        #expect(try card.reply(question, .activation(code: "471147", pin: "000000")) == nil)
        let renewed = try card.reply(question, .activation(code: "471147", pin: Self.pin))?.publicKey
        #expect(renewed != nil && renewed != Array(publicKey.x963Representation))
        let other = try card.ask(HomeSide.generate(key: 2))
        #expect(try card.reply(other, .activation(code: "471147", pin: "12345")) == nil)
        #expect(try card.reply(other, .activation(code: "471147", pin: "135246"))?.status == .ok)
    }

    @Test("cancelled, not started, left alone: each has its status")
    func refusals() throws {
        let replies: [(Card.Reply, AppletStatus)] = [
            (.cancel, .userCancelled), (.notMe, .notMe), (.nothing, .noUserResponse),
        ]
        for (reply, status) in replies {
            let question = try card.ask(try HomeSide.sign("Pay?"))
            #expect(try card.reply(question, reply)?.status == status)
        }
    }

    @Test("a card without a key is not active")
    func notActive() throws {
        let fresh = try Conversation()
        #expect(try fresh.tell(try HomeSide.sign("Pay?")).status == .notActive)
    }

    @Test("an authentic message that is none is answered as malformed, by its own type")
    func malformed() throws {
        let message: [UInt8] = [0x03, 0x81, 1, 1, 0x80, 4, 1, 2, 3, 4, 0x99, 0]
        let segments = take(try card.home.segments(message))
        let answer = try card.home.open(segments).message
        #expect(answer.kind == .sign && answer.status == .malformed && answer.transaction.octets == [1, 2, 3, 4])
        let hopeless: [[UInt8]] = [
            [], [0x03], [0x03, 0x80], [0x83, 0x80, 4, 1, 2, 3, 4], [0x03, 0x80, 0x84, 1, 2, 3],
        ]
        for hopeless in hopeless {
            #expect(card.take(try card.home.segments(hopeless)).isSilence)
        }
    }

    /// The answer that a card gives by itself; empty if there is none.
    private func take(_ segments: [[UInt8]]) -> [[UInt8]] {
        card.take(segments).answer ?? []
    }

    private func signature(over message: DownMessage) throws -> P256.Signing.ECDSASignature {
        let answer = try card.reply(try card.ask(message), .pin(Self.pin))
        #expect(answer?.status == .ok)
        return try P256.Signing.ECDSASignature(rawRepresentation: try #require(answer?.signature))
    }
}
