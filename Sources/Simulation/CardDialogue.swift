public import Alauda

extension Card {
    /// A dialogue on the phone's screen.
    public struct Question: Sendable {
        public enum Subject: Sendable {
            case sign(SignCommand)
            case generate(GenerateCommand)
            /// To be read and put away.
            case message(WPKITransaction, CardText)
            case changePIN(WPKITransaction, key: UInt8)
            case unblockPIN(WPKITransaction, key: UInt8)
            case deleteKey(WPKITransaction, key: UInt8)
        }

        public var subject: Subject
        let origin: Origin

        /// What the phone shows before it asks; empty where the card has its own words.
        public var pages: [Pages.Page] {
            switch subject {
            case .sign(let command): Pages(command).pages
            case .generate(let command): command.text.map { Pages(text: $0).pages } ?? []
            case .message(_, let text): Pages(text: text).pages
            case .changePIN, .unblockPIN, .deleteKey: []
            }
        }

        var transaction: WPKITransaction {
            switch subject {
            case .sign(let command): command.transaction
            case .generate(let command): command.transaction
            case .message(let transaction, _), .changePIN(let transaction, _), .unblockPIN(let transaction, _),
                .deleteKey(let transaction, _):
                transaction
            }
        }

        /// The key that the dialogue is about; `nil` if it is about none.
        public var key: UInt8? {
            switch subject {
            case .sign(let command): command.key
            case .generate(let command): command.key
            case .changePIN(_, let key), .unblockPIN(_, let key), .deleteKey(_, let key): key
            case .message: nil
            }
        }

        var kind: UpMessage.Kind {
            switch subject {
            case .sign: .sign
            case .generate: .generate
            case .message: .message
            case .changePIN: .changePIN
            case .unblockPIN: .unblockPIN
            case .deleteKey: .deleteKey
            }
        }
    }

    /// What the person does.
    public enum Reply: Sendable {
        case pin(String)
        /// The code from the desk, and the PIN: a new one, typed twice alike, or the one the key already has.
        case activation(code: String, pin: String)
        /// The same with a new PIN that is typed twice.
        case newActivation(code: String, pin: String, again: String)
        case newPIN(old: String, new: String, again: String)
        case unblocking(puk: String, new: String, again: String)
        /// "Yes" to the deletion of a key; "OK" to a message.
        case approve
        case cancel
        /// "I did not start this."
        case notMe
        case nothing
        /// The phone could not show or ask.
        case phoneBusy
        case phoneLacksCapability
    }

    /// A dialogue that is open; the card has one at a time.
    struct Dialogue {
        var transaction: WPKITransaction
        /// VerifyCode tries.
        var codeTriesLeft = 3
        /// New PINs that may still be refused before the dialogue ends.
        var newPINsLeft = 3
    }

    /// Takes what the person did.
    ///
    /// - Returns: User data of the short messages that answer the home; `nil` if the phone asks once more, or the
    ///   dialogue is not open any longer.
    public mutating func answer(_ question: Question, with reply: Reply) -> [[UInt8]]? {
        guard dialogue?.transaction == question.transaction, let status = status(question, reply) else { return nil }
        var answer = UpMessage(kind: question.kind, transaction: question.transaction, status: status.status)
        answer.signature = status.signature
        answer.publicKey = status.publicKey
        answer.proof = status.proof
        if case .sign(let command) = question.subject, let slot = state.slots[command.key], slot.triesLeft < slot.tries
        {
            answer.triesLeft = slot.triesLeft
        }
        dialogue = nil
        remember(answer)
        return segments(answer.octets, question.origin)
    }

    /// What a dialogue came to.
    private struct Result {
        var status: AppletStatus
        var signature: [UInt8]?
        var publicKey: [UInt8]?
        var proof: [UInt8]?
    }

    /// `nil` asks once more.
    private mutating func status(_ question: Question, _ reply: Reply) -> Result? {
        switch (question.subject, reply) {
        case (_, .cancel): Result(status: .userCancelled)
        case (_, .notMe): Result(status: .notMe)
        case (_, .nothing): Result(status: .noUserResponse)
        case (_, .phoneBusy): Result(status: .phoneBusy)
        case (_, .phoneLacksCapability): Result(status: .phoneLacksCapability)
        case (.sign(let command), .pin(let pin)): sign(command, pin)
        case (.generate(let command), .activation(let code, let pin)):
            generate(command, code, pin, again: pin, question.origin)
        case (.generate(let command), .newActivation(let code, let pin, let again)):
            generate(command, code, pin, again: again, question.origin)
        case (.changePIN(_, let key), .newPIN(let old, let new, let again)):
            change(key, new, again, by: { $0.enter(old) }, blocked: .pinBlocked)
        case (.unblockPIN(_, let key), .unblocking(let puk, let new, let again)):
            change(key, new, again, by: { $0.enter(puk: puk) }, blocked: .pukBlocked)
        case (.deleteKey(_, let key), .approve): delete(key)
        case (.message, .approve): Result(status: .ok)
        default: nil
        }
    }
}

// MARK: What a right answer leads to

extension Card {
    /// Signs by FORM, or each digest, once the PIN is right; a wrong one is asked again until none is left.
    private mutating func sign(_ command: SignCommand, _ pin: String) -> Result? {
        switch state.slots[command.key]?.enter(pin) {
        case .wrong: return nil
        case .right: break
        case .blocked, nil: return Result(status: .pinBlocked)
        }
        guard let key = state.slots[command.key]?.key else { return Result(status: .keyNotFound) }
        guard let digests = Self.digests(of: command, key) else { return Result(status: .textUnsupported) }
        guard let signatures = try? digests.map({ try key.signature(digest: $0) }) else {
            return Result(status: .algorithmUnsupported)
        }
        return Result(status: .ok, signature: signatures.flatMap(\.self))
    }

    /// What is signed: the digests of HASH, or one of the text or its SET OF attributes.
    private static func digests(of command: SignCommand, _ key: CardSigningKey) -> [[UInt8]]? {
        guard command.digests.isEmpty else { return command.digests }
        guard let text = SignedContent.text(command.text, command.form) else { return nil }
        guard command.form.contains(.signedAttributes) else { return [key.digest(of: text)] }
        let attributes = SignedContent.signedAttributes(
            digest: key.digest(of: text),
            mid: command.mid ?? [],
            extra: command.extra ?? []
        )
        return [key.digest(of: attributes)]
    }

    /// Makes a key once the code is right.
    ///
    /// Where there is one its PIN must be right, and stays; else a new one is set.
    private mutating func generate(
        _ command: GenerateCommand,
        _ code: String,
        _ pin: String,
        again: String,
        _ origin: Origin
    ) -> Result? {
        guard code == command.code else {
            dialogue?.codeTriesLeft -= 1
            return dialogue?.codeTriesLeft == 0 ? Result(status: .verifyCodeWrong) : nil
        }
        let lengths = command.pinPolicy.lengths
        switch state.slots[command.key]?.enter(pin) {
        case .right: break
        case .wrong: return nil
        case .blocked: return Result(status: .pinBlocked)
        case nil: guard PINRule.allows(pin, lengths), pin == again else { return refuseNewPIN() }
        }
        guard let key = try? CardSigningKey(command.algorithm), let result = proof(of: key, command, origin) else {
            return Result(status: .keyGenerationFailed)
        }
        let policy = command.keyPolicy ?? []
        if state.slots[command.key] != nil {
            state.slots[command.key]?.key = key
            state.slots[command.key]?.policy = policy
        } else {
            let slot = CardSlot(key, pin: pin, tries: command.pinPolicy.allowedTries, lengths: lengths, policy: policy)
            state.slots[command.key] = slot
            shownPUK = slot.puk
        }
        return result
    }

    private func proof(of key: CardSigningKey, _ command: GenerateCommand, _ origin: Origin) -> Result? {
        guard let publicKey = try? key.publicKey() else { return nil }
        let proven = SignedContent.proofOfPossession(
            transaction: command.transaction,
            iccid: iccid,
            key: command.key,
            algorithm: command.algorithm,
            keyVersion: origin.keyVersion,
            publicKey: publicKey
        )
        guard let proof = try? key.signature(for: proven) else { return nil }
        return Result(status: .ok, publicKey: publicKey, proof: proof)
    }

    /// Sets a new PIN once the old one or the PUK is right.
    private mutating func change(
        _ key: UInt8,
        _ new: String,
        _ again: String,
        by enter: (inout CardSlot) -> CardSlot.Entry,
        blocked: AppletStatus
    ) -> Result? {
        guard var slot = state.slots[key] else { return Result(status: .keyNotFound) }
        let entry = enter(&slot)
        // A try is spent before its result is known to anybody.
        state.slots[key] = slot
        switch entry {
        case .wrong: return nil
        case .blocked: return Result(status: blocked)
        case .right: break
        }
        guard PINRule.allows(new, slot.lengths), new == again else { return refuseNewPIN() }
        state.slots[key]?.set(new)
        return Result(status: .ok)
    }

    /// Asks for another new PIN, three times.
    private mutating func refuseNewPIN() -> Result? {
        dialogue?.newPINsLeft -= 1
        return dialogue?.newPINsLeft == 0 ? Result(status: .userCancelled) : nil
    }

    private mutating func delete(_ key: UInt8) -> Result {
        state.slots[key] = nil
        return Result(status: .ok)
    }
}
