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
        /// The code from the desk, and the PIN: a new one, or the one the key already has.
        case activation(code: String, pin: String)
        case cancel
        /// "I did not start this."
        case notMe
        case nothing
    }

    /// A dialogue that is open; the card has one at a time.
    private struct Dialogue {
        var transaction: WPKITransaction
        /// VerifyCode tries.
        var codeTriesLeft = 3
    }

    private let keys: CardKeys
    private var inbox = CardInbox()
    private var slots: [UInt8: CardSlot] = [:]
    private var dialogue: Dialogue?
    private var last: (transaction: WPKITransaction, plaintext: [UInt8])?
    private var packetCounter: UInt64 = 0
    private var downCounter: UInt32 = 0
    private(set) var upCounter: UInt32 = 0
    private var reference: UInt8 = 0

    /// - Throws: ``SimulationError`` if the record's keys are not as they must be.
    public init(_ record: CardRecord) throws(SimulationError) {
        keys = try CardKeys(record)
    }

    /// A card in the middle of its life: with a key on it, and answers already given.
    init(_ record: CardRecord, keys installed: [UInt8: CardSlot], upCounter: UInt32) throws(SimulationError) {
        try self.init(record)
        slots = installed
        self.upCounter = upCounter
    }

    /// Takes the user data of a short message for the SIM.
    ///
    /// Both counters move before anything else is done, and only for what is authentic.
    public mutating func receive(_ userData: [UInt8]) -> Outcome {
        guard let packet = inbox.add(userData), let command = try? keys.open(packet: packet),
            command.tar == keys.tar, command.counter > packetCounter
        else { return .nothing }
        packetCounter = command.counter
        guard let header = try? FrameHeader(command.frame), header.counter > downCounter,
            let plaintext = try? keys.open(frame: command.frame)
        else { return .nothing }
        downCounter = header.counter
        guard let message = try? DownMessage(decoding: plaintext) else {
            return refuse(malformed: plaintext, command.counter)
        }
        return act(on: message, command.counter)
    }

    /// Takes what the person did.
    ///
    /// - Returns: User data of the short messages that answer the home; `nil` if the phone asks once more, or the
    ///   dialogue is not open any longer.
    public mutating func answer(_ question: Question, with reply: Reply) -> [[UInt8]]? {
        let kind: UpMessage.Kind
        let transaction: WPKITransaction
        switch question.subject {
        case .sign(let command): (kind, transaction) = (.sign, command.transaction)
        case .generate(let command): (kind, transaction) = (.generate, command.transaction)
        }
        guard dialogue?.transaction == transaction else { return nil }
        let answer: UpMessage?
        switch (question.subject, reply) {
        case (.sign(let command), .pin(let pin)): answer = sign(command, pin)
        case (.generate(let command), .activation(let code, let pin)): answer = generate(command, code, pin)
        case (_, .cancel): answer = UpMessage(kind: kind, transaction: transaction, status: .userCancelled)
        case (_, .notMe): answer = UpMessage(kind: kind, transaction: transaction, status: .notMe)
        case (_, .nothing): answer = UpMessage(kind: kind, transaction: transaction, status: .noUserResponse)
        case (.sign, .activation), (.generate, .pin): answer = nil
        }
        guard let answer else { return nil }
        dialogue = nil
        last = (transaction, answer.octets)
        return segments(answer.octets, question.packetCounter)
    }
}

extension Card {
    private mutating func act(on message: DownMessage, _ counter: UInt64) -> Outcome {
        switch message {
        case .status(let transaction):
            return say(UpMessage(kind: .status, transaction: transaction, status: .ok), counter)
        case .message(let transaction, _):
            return say(UpMessage(kind: .message, transaction: transaction, status: .ok), counter)
        case .repeatLast(let transaction):
            guard let last, last.transaction == transaction else {
                return say(UpMessage(kind: .status, transaction: transaction, status: .noSuchAnswer), counter)
            }
            return outcome(last.plaintext, counter)
        case .sign(let command):
            return ask(.sign(command), .sign, command.transaction, refusal(of: command), counter)
        case .generate(let command):
            return ask(.generate(command), .generate, command.transaction, refusal(of: command), counter)
        }
    }

    private func refusal(of command: SignCommand) -> AppletStatus? {
        guard !slots.isEmpty else { return .notActive }
        guard let slot = slots[command.key] else { return .keyNotFound }
        guard slot.triesLeft > 0 else { return .pinBlocked }
        guard command.algorithm == .p256 else { return .algorithmUnsupported }
        guard AttributeRule.allows(mid: command.mid ?? [], extra: command.extra ?? []) else { return .malformed }
        // UCS-2 octets could be a SET OF attributes: they are not signed as they are.
        let isBare = command.form.isDisjoint(with: [.signedAttributes, .utf8])
        return isBare && command.text.encoding == .ucs2 ? .textUnsupported : nil
    }

    private func refusal(of command: GenerateCommand) -> AppletStatus? {
        guard command.algorithm == .p256 else { return .algorithmUnsupported }
        return slots[command.key]?.triesLeft == 0 ? .pinBlocked : nil
    }

    private mutating func ask(
        _ subject: Question.Subject,
        _ kind: UpMessage.Kind,
        _ transaction: WPKITransaction,
        _ refusal: AppletStatus?,
        _ counter: UInt64
    ) -> Outcome {
        guard dialogue == nil else {
            return say(UpMessage(kind: kind, transaction: transaction, status: .busy), counter)
        }
        if let refusal {
            let answer = UpMessage(kind: kind, transaction: transaction, status: refusal)
            last = (transaction, answer.octets)
            return say(answer, counter)
        }
        dialogue = Dialogue(transaction: transaction)
        return .ask(Question(subject: subject, packetCounter: counter))
    }

    /// Signs by FORM once the PIN is right; a wrong one is asked again until none is left.
    private mutating func sign(_ command: SignCommand, _ pin: String) -> UpMessage? {
        var answer = UpMessage(kind: .sign, transaction: command.transaction, status: .ok)
        switch slots[command.key]?.enter(pin) {
        case .wrong: return nil
        case .right: break
        case .blocked, nil:
            answer.status = .pinBlocked
            answer.triesLeft = 0
            return answer
        }
        if let content = Self.content(of: command), let key = slots[command.key]?.key,
            let signature = try? key.signature(for: content)
        {
            answer.signature = [UInt8](signature.rawRepresentation)
        } else {
            answer.status = .textUnsupported
        }
        return answer
    }

    /// What is hashed and signed.
    private static func content(of command: SignCommand) -> [UInt8]? {
        guard let text = SignedContent.text(command.text, command.form) else { return nil }
        guard command.form.contains(.signedAttributes) else { return text }
        return SignedContent.signedAttributes(
            digest: Array(SHA256.hash(data: text)),
            mid: command.mid ?? [],
            extra: command.extra ?? []
        )
    }

    /// Makes a key once the code is right; where there is one its PIN must be right too.
    private mutating func generate(_ command: GenerateCommand, _ code: String, _ pin: String) -> UpMessage? {
        var answer = UpMessage(kind: .generate, transaction: command.transaction, status: .ok)
        guard code == command.code else {
            dialogue?.codeTriesLeft -= 1
            guard dialogue?.codeTriesLeft == 0 else { return nil }
            answer.status = .verifyCodeWrong
            return answer
        }
        switch slots[command.key]?.enter(pin) {
        case .right, nil: break
        case .wrong: return nil
        case .blocked:
            answer.status = .pinBlocked
            return answer
        }
        guard (command.pinPolicy.shortest...command.pinPolicy.longest).contains(UInt8(clamping: pin.utf8.count))
        else { return nil }
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
        guard let proof = try? key.signature(for: proven) else {
            answer.status = .keyGenerationFailed
            return answer
        }
        slots[command.key] = CardSlot(key, pin: pin, tries: command.pinPolicy.tries)
        answer.publicKey = point
        answer.proof = [UInt8](proof.rawRepresentation)
        return answer
    }

    /// What cannot be read is answered if it names a transaction; it was authentic after all.
    private mutating func refuse(malformed plaintext: [UInt8], _ counter: UInt64) -> Outcome {
        guard let answer = MalformedAnswer(to: plaintext), let transaction = WPKITransaction(answer.transaction)
        else { return .nothing }
        if dialogue == nil { last = (transaction, answer.plaintext) }
        return outcome(answer.plaintext, counter)
    }

    private mutating func say(_ message: UpMessage, _ counter: UInt64) -> Outcome {
        outcome(message.octets, counter)
    }

    private mutating func outcome(_ plaintext: [UInt8], _ counter: UInt64) -> Outcome {
        segments(plaintext, counter).map { .answer($0) } ?? .nothing
    }

    /// The answer in a plain response packet; the counter is stored before it is sent.
    private mutating func segments(_ plaintext: [UInt8], _ counter: UInt64) -> [[UInt8]]? {
        guard upCounter < 0x7FFF_FFFF else { return nil }
        upCounter += 1
        reference &+= 1
        guard let frame = try? keys.seal(plaintext, counter: upCounter) else { return nil }
        let packet = ResponsePacket(tar: keys.tar, counter: counter, status: 0, data: frame)
        return try? packet.segments(reference: reference)
    }
}
