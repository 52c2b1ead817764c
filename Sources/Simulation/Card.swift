public import Alauda

import Crypto
import OTA

/// A SIM with the Alauda applet: its security domain's counter, the applet's counters, keys and PINs.
///
/// A state machine without time or people: a short message goes in, an answer or a question to the person comes out.
public struct Card {
    /// What a short message led to.
    public enum Outcome {
        /// Not for this card, not authentic, seen before, or not whole yet: a card says nothing.
        case nothing
        /// User data of short messages that go back.
        case answer([[UInt8]])
        /// The person is asked; ``answer(_:with:)`` takes what they do.
        case ask(Question)
    }

    /// A dialogue on the phone's screen.
    public struct Question: Sendable {
        public enum Subject: Sendable {
            case sign(SignCommand)
            case generate(GenerateCommand)
        }

        public var subject: Subject
        let packetCounter: UInt64
    }

    /// What the person does.
    public enum Reply: Sendable {
        case pin(String)
        /// The code from the desk, and a PIN of their own for the new key.
        case activation(code: String, pin: String)
        case cancel
        case nothing
    }

    private struct Slot {
        var key: P256.Signing.PrivateKey
        var pin: String
        var triesLeft: UInt8
        var tries: UInt8
    }

    private let keys: CardKeys
    private var packetCounter: UInt64 = 0
    private var downCounter: UInt32 = 0
    private var upCounter: UInt32 = 0
    private var reassembly: (reference: UInt16, parts: Reassembly)?
    private var slots: [UInt8: Slot] = [:]
    private var asked: WPKITransaction?
    private var last: (transaction: WPKITransaction, plaintext: [UInt8])?
    private var reference: UInt8 = 0

    public init(_ record: CardRecord) throws {
        keys = try CardKeys(record)
    }

    /// Takes the user data of a short message for the SIM.
    public mutating func receive(_ userData: [UInt8]) -> Outcome {
        guard let packet = whole(userData), let command = try? keys.open(packet), command.tar == keys.tar,
            command.counter > packetCounter
        else { return .nothing }
        packetCounter = command.counter
        guard let header = try? FrameHeader(command.frame), header.counter > downCounter,
            let plaintext = try? keys.open(frame: command.frame)
        else { return .nothing }
        downCounter = header.counter
        guard let message = try? DownMessage(decoding: plaintext) else { return malformed(plaintext, command.counter) }
        return act(on: message, command.counter)
    }

    /// Takes what the person did, and answers the home.
    public mutating func answer(_ question: Question, with reply: Reply) -> [[UInt8]]? {
        switch question.subject {
        case .sign(let command):
            guard asked == command.transaction else { return nil }
            guard case .pin(let pin) = reply else {
                return finish(UpMessage(kind: .sign, command.transaction, Self.status(of: reply)), question)
            }
            return sign(command, pin, question)
        case .generate(let command):
            guard asked == command.transaction else { return nil }
            guard case .activation(let code, let pin) = reply else {
                return finish(UpMessage(kind: .generate, command.transaction, Self.status(of: reply)), question)
            }
            return generate(command, code, pin, question)
        }
    }
}

extension Card {
    private mutating func whole(_ userData: [UInt8]) -> [UInt8]? {
        guard let data = try? UserData(userData) else { return nil }
        guard let part = data.part else {
            return data.packetIdentifier == Segmentation.command ? data.octets : nil
        }
        let known = reassembly?.reference == part.reference ? reassembly?.parts : nil
        var current = known ?? Reassembly(total: part.total)
        guard let progress = try? current.add(data) else {
            reassembly = nil
            return nil
        }
        guard case .complete(let identifier, let packet) = progress else {
            reassembly = (part.reference, current)
            return nil
        }
        reassembly = nil
        return identifier == Segmentation.command ? packet : nil
    }

    private mutating func act(on message: DownMessage, _ counter: UInt64) -> Outcome {
        switch message {
        case .status(let transaction): return reply(UpMessage(kind: .status, transaction, .ok), counter)
        case .message(let transaction, _): return reply(UpMessage(kind: .message, transaction, .ok), counter)
        case .repeatLast(let transaction):
            guard let last, last.transaction == transaction else {
                return reply(UpMessage(kind: .status, transaction, .noSuchAnswer), counter)
            }
            return segments(last.plaintext, counter).map { .answer($0) } ?? .nothing
        case .sign(let command):
            let refusal = refusal(of: command)
            return ask(.sign(command), .sign, command.transaction, refusal, counter)
        case .generate(let command):
            var refusal: AppletStatus?
            if command.algorithm != .p256 { refusal = .algorithmUnsupported }
            if slots[command.key] != nil { refusal = .keyGenerationFailed }
            return ask(.generate(command), .generate, command.transaction, refusal, counter)
        }
    }

    private func refusal(of command: SignCommand) -> AppletStatus? {
        guard let slot = slots[command.key] else { return .keyNotFound }
        guard slot.triesLeft > 0 else { return .pinBlocked }
        guard command.algorithm == .p256 else { return .algorithmUnsupported }
        // UCS-2 octets could be a SET OF attributes: they are not signed as they are.
        let form = command.form
        let isBare = !form.contains(.signedAttributes) && !form.contains(.utf8)
        return isBare && command.text.encoding == .ucs2 ? .textUnsupported : nil
    }

    private mutating func ask(
        _ subject: Question.Subject,
        _ kind: UpMessage.Kind,
        _ transaction: WPKITransaction,
        _ refusal: AppletStatus?,
        _ counter: UInt64
    ) -> Outcome {
        if asked != nil { return reply(UpMessage(kind: kind, transaction, .busy), counter, remembers: false) }
        if let refusal { return reply(UpMessage(kind: kind, transaction, refusal), counter) }
        asked = transaction
        return .ask(Question(subject: subject, packetCounter: counter))
    }

    private mutating func sign(_ command: SignCommand, _ pin: String, _ question: Question) -> [[UInt8]]? {
        guard var slot = slots[command.key] else { return nil }
        guard pin == slot.pin else {
            slot.triesLeft -= 1
            slots[command.key] = slot
            // The phone asks again until the PIN is blocked.
            guard slot.triesLeft == 0 else { return nil }
            return finish(UpMessage(kind: .sign, command.transaction, .pinBlocked, triesLeft: 0), question)
        }
        slot.triesLeft = slot.tries
        slots[command.key] = slot
        guard let text = SignedContent.text(command.text, command.form) else {
            return finish(UpMessage(kind: .sign, command.transaction, .textUnsupported), question)
        }
        let content =
            command.form.contains(.signedAttributes)
            ? SignedContent.signedAttributes(
                digest: Array(SHA256.hash(data: text)),
                mid: command.mid ?? [],
                extra: command.extra ?? []
            ) : text
        guard let signature = try? slot.key.signature(for: content).rawRepresentation else { return nil }
        return finish(
            UpMessage(kind: .sign, transaction: command.transaction, status: .ok, signature: [UInt8](signature)),
            question
        )
    }

    private mutating func generate(
        _ command: GenerateCommand,
        _ code: String,
        _ pin: String,
        _ question: Question
    ) -> [[UInt8]]? {
        guard code == command.code else {
            return finish(UpMessage(kind: .generate, command.transaction, .verifyCodeWrong), question)
        }
        let key = P256.Signing.PrivateKey()
        let point = [UInt8](key.publicKey.x963Representation)
        let proven = SignedContent.proofOfPossession(
            transaction: command.transaction,
            iccid: keys.iccid,
            key: command.key,
            algorithm: command.algorithm,
            keyVersion: keys.appletKeyVersion,
            publicKey: point
        )
        guard let proof = try? key.signature(for: proven).rawRepresentation else { return nil }
        let tries = command.pinPolicy.tries
        slots[command.key] = Slot(key: key, pin: pin, triesLeft: tries, tries: tries)
        return finish(
            UpMessage(
                kind: .generate,
                transaction: command.transaction,
                status: .ok,
                publicKey: point,
                proof: [UInt8](proof)
            ),
            question
        )
    }

    private mutating func finish(_ message: UpMessage, _ question: Question) -> [[UInt8]]? {
        asked = nil
        last = (message.transaction, message.octets)
        return segments(message.octets, question.packetCounter)
    }

    private mutating func reply(_ message: UpMessage, _ counter: UInt64, remembers: Bool = true) -> Outcome {
        if remembers, message.kind == .sign || message.kind == .generate {
            last = (message.transaction, message.octets)
        }
        return segments(message.octets, counter).map { .answer($0) } ?? .nothing
    }

    /// What cannot be read is answered with 0E if it names a transaction; it was authentic after all.
    private mutating func malformed(_ plaintext: [UInt8], _ counter: UInt64) -> Outcome {
        guard plaintext.count >= 7, plaintext[1] == 0x80, plaintext[2] == 4,
            let transaction = WPKITransaction(Array(plaintext[3..<7]))
        else { return .nothing }
        return reply(UpMessage(kind: .status, transaction, .malformed), counter)
    }

    /// The answer in a plain response packet; the counter is stored before it is sent.
    private mutating func segments(_ plaintext: [UInt8], _ counter: UInt64) -> [[UInt8]]? {
        upCounter += 1
        reference &+= 1
        guard let frame = try? keys.seal(plaintext, counter: upCounter) else { return nil }
        let packet = ResponsePacket(tar: keys.tar, counter: counter, status: 0, data: frame)
        return try? packet.segments(reference: reference)
    }

    private static func status(of reply: Reply) -> AppletStatus {
        if case .cancel = reply { .userCancelled } else { .noUserResponse }
    }
}

extension UpMessage {
    fileprivate init(
        kind: Kind,
        _ transaction: WPKITransaction,
        _ status: AppletStatus,
        triesLeft: UInt8? = nil
    ) {
        self.init(kind: kind, transaction: transaction, status: status, triesLeft: triesLeft)
    }
}
