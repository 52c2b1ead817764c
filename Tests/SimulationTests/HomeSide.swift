@_spi(KeyMaterial) import Alauda
import Crypto
@_spi(KeyMaterial) import OTA
import Testing

@testable import Simulation

/// The home's end of the way to one card: seals commands, opens answers.
struct HomeSide {
    static let record = CardRecord(
        iccid: "8999900000000000017",
        imsi: "001010000000001",
        msisdn: "358401000001",
        ssd: .init(
            keyVersion: 3,
            kic: "00112233445566778899aabbccddeeff",
            kid: "ffeeddccbbaa99887766554433221100",
            tar: "b00001"
        ),
        wpki: .init(keyVersion: 1, root: "0123456789abcdef0123456789abcdef"),
        behaviour: .sign,
        verifyCode: "471147"
    )
    static let iccid: [UInt8] = [0x89, 0x99, 0x90, 0, 0, 0, 0, 0, 0x01, 0x7F]

    var packetCounter: UInt64 = 0
    var frameCounter: UInt32 = 0
    var kid: [UInt8] = stride(from: 0xFF, through: 0, by: -0x11).map { UInt8($0) }
    var tar: [UInt8] = [0xB0, 0, 1]
    private var reference: UInt8 = 0

    static func keys() throws -> WPKIKeys {
        try WPKIKeys(
            root: [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF],
            iccid: iccid,
            keyVersion: 1
        )
    }

    /// The next command's short messages, both counters one higher.
    mutating func segments(_ message: DownMessage) throws -> [[UInt8]] {
        try segments(message.octets)
    }

    mutating func segments(_ plaintext: [UInt8]) throws -> [[UInt8]] {
        frameCounter += 1
        return try segments(frame: try Self.keys().seal(plaintext, counter: frameCounter, direction: .down))
    }

    mutating func segments(frame: [UInt8]) throws -> [[UInt8]] {
        packetCounter += 1
        reference &+= 1
        let indication = KeyIndication.aes(keyVersion: 3)
        let header = CommandPacket.Header(
            spi: .secured,
            kic: indication,
            kid: indication,
            tar: try #require(TAR(tar))
        )
        let keyset = try OTAKeyset(kic: (0...15).map { UInt8($0 * 0x11) }, kid: kid)
        let sealed = try SealedCommand(
            CommandPacket(header: header, data: frame),
            under: keyset,
            counter: packetCounter
        )
        return try sealed.segments(reference: reference)
    }

    /// An answer's message and its counter; the outer packet must belong to the last command.
    func open(_ segments: [[UInt8]], packetCounter: UInt64? = nil) throws -> (message: UpMessage, counter: UInt32) {
        let packet = try ResponsePacket(try Self.whole(segments))
        #expect(packet.counter == packetCounter ?? self.packetCounter)
        #expect(packet.status == 0)
        let plaintext = try Self.keys().open(packet.data, direction: .up)
        return (try UpMessage(decoding: plaintext), try FrameHeader(packet.data).counter)
    }

    static func whole(_ segments: [[UInt8]]) throws -> [UInt8] {
        let first = try UserData(try #require(segments.first))
        guard let part = first.part else { return first.octets }
        var reassembly = Reassembly(total: part.total)
        for segment in segments.reversed() {
            if case .complete(Segmentation.response, let packet) = try reassembly.add(try UserData(segment)) {
                return packet
            }
        }
        throw WPKIError.malformed
    }
}

extension HomeSide {
    static func sign(
        _ text: String,
        transaction: WPKITransaction = .random(),
        key: UInt8 = 1,
        form: SignatureForm = [.signedAttributes, .utf8],
        mid: [UInt8]? = nil,
        extra: [UInt8]? = nil,
        timeLimit: UInt8? = nil
    ) throws -> DownMessage {
        .sign(
            SignCommand(
                transaction: transaction,
                key: key,
                algorithm: .p256,
                head: try CardText("Bank"),
                text: try CardText(text),
                form: form,
                mid: mid,
                extra: extra,
                timeLimit: timeLimit
            )
        )
    }

    static func generate(
        _ transaction: WPKITransaction = .random(),
        key: UInt8 = 1,
        code: String = record.verifyCode,
        policy: PINPolicy = .standard
    ) -> DownMessage {
        .generate(
            GenerateCommand(transaction: transaction, key: key, algorithm: .p256, code: code, pinPolicy: policy)
        )
    }
}

/// A card and its home, talking to each other.
final class Conversation {
    var home = HomeSide()
    private var card: Card

    init() throws {
        card = try Card(HomeSide.record)
    }

    /// Hands over a command's short messages; what came of the last.
    func take(_ segments: [[UInt8]]) -> Card.Outcome {
        segments.reduce(.nothing) { _, segment in card.receive(segment) }
    }

    /// Sends a command that a person has to react to.
    func ask(_ message: DownMessage) throws -> Card.Question {
        let question = take(try home.segments(message)).question
        return try #require(question)
    }

    /// Sends a command that the card answers by itself.
    func tell(_ message: DownMessage) throws -> UpMessage {
        let answer = take(try home.segments(message)).answer
        return try home.open(try #require(answer)).message
    }

    /// The PUK that the phone shows.
    var shownPUK: String? { card.shownPUK }
    var state: CardState { card.state }

    /// The card is switched off and on again.
    func restore(_ state: CardState) throws {
        card = try Card(HomeSide.record, state: state)
    }

    /// The short messages that what the person does leads to.
    func answer(_ question: Card.Question, _ reply: Card.Reply) -> [[UInt8]]? {
        card.answer(question, with: reply)
    }

    /// What the person does; `nil` if the phone asks once more.
    func reply(_ question: Card.Question, _ reply: Card.Reply, packetCounter: UInt64? = nil) throws -> UpMessage? {
        try card.answer(question, with: reply).map { try home.open($0, packetCounter: packetCounter).message }
    }
}

extension Card.Outcome {
    var question: Card.Question? {
        if case .ask(let question) = self { question } else { nil }
    }

    var answer: [[UInt8]]? {
        if case .answer(let segments) = self { segments } else { nil }
    }

    var isSilence: Bool {
        if case .nothing = self { true } else { false }
    }
}
