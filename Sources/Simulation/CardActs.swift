import Alauda

/// What the card does by itself, and when it asks.
extension Card {
    /// Version 1.0, with everything that the profile has.
    static let info = AppletInfo(
        version: 0x0100,
        capabilities: [.p256, .p384, .rsa2048, .rsaPSS, .digests, .ucs2, .longRoots, .events]
    )

    mutating func act(on message: DownMessage, _ origin: Origin) -> Outcome {
        switch message {
        case .status(let transaction): return outcome(status(transaction, origin).octets, origin)
        case .repeatLast(let transaction): return repeatLast(transaction, origin)
        default: break
        }
        guard dialogue == nil else {
            guard let kind = message.answer else { return .nothing }
            return outcome(UpMessage(kind: kind, transaction: message.transaction, status: .busy).octets, origin)
        }
        switch message {
        case .status, .repeatLast: return .nothing
        case .message(let transaction, let text):
            return ask(.message(transaction, text), text.octets.isEmpty ? .textUnsupported : nil, origin)
        case .newRootKey(let transaction, let root): return take(root, transaction, origin)
        case .retire(let transaction, let keyVersion): return retire(keyVersion, transaction, origin)
        case .sign(let command): return ask(.sign(command), refusal(of: command), origin)
        case .generate(let command): return ask(.generate(command), refusal(of: command), origin)
        case .changePIN(let transaction, let key):
            return ask(.changePIN(transaction, key: key), refusal(key) { $0.triesLeft > 0 ? nil : .pinBlocked }, origin)
        case .unblockPIN(let transaction, let key):
            return ask(
                .unblockPIN(transaction, key: key),
                refusal(key) { $0.pukTriesLeft > 0 ? nil : .pukBlocked },
                origin
            )
        case .deleteKey(let transaction, let key):
            return ask(.deleteKey(transaction, key: key), refusal(key) { _ in nil }, origin)
        }
    }

    private func status(_ transaction: WPKITransaction, _ origin: Origin) -> UpMessage {
        let slots = state.slots.sorted { $0.key < $1.key }
        return UpMessage(
            kind: .status,
            transaction: transaction,
            status: .ok,
            info: Self.info,
            downCounter: root(origin.keyVersion)?.down,
            keys: slots.map { CardKeyState(key: $0.key, triesLeft: $0.value.triesLeft) }
        )
    }

    private mutating func repeatLast(_ transaction: WPKITransaction, _ origin: Origin) -> Outcome {
        guard let last = state.last, last.transaction == transaction.octets else {
            return outcome(UpMessage(kind: .status, transaction: transaction, status: .noSuchAnswer).octets, origin)
        }
        var origin = origin
        if let keyVersion = last.keyVersion { origin.keyVersion = keyVersion }
        return outcome(last.plaintext, origin)
    }

    /// Takes a new root and answers under it: that is the proof that it arrived.
    private mutating func take(_ new: WrappedRoot, _ transaction: WPKITransaction, _ origin: Origin) -> Outcome {
        var answer = UpMessage(kind: .newRootKey, transaction: transaction, status: .malformed)
        guard new.keyVersion > state.highestKeyVersion, let root = unwrap(new, under: origin.keyVersion),
            install(CardState.Root(keyVersion: new.keyVersion, key: Hex.text(root)))
        else {
            remember(answer)
            return outcome(answer.octets, origin)
        }
        answer.status = .ok
        remember(answer, keyVersion: new.keyVersion)
        return outcome(answer.octets, Origin(packetCounter: origin.packetCounter, keyVersion: new.keyVersion))
    }

    /// Ends a root that is not the one of this request; one that has ended already is well.
    private mutating func retire(_ keyVersion: UInt8, _ transaction: WPKITransaction, _ origin: Origin) -> Outcome {
        var answer = UpMessage(kind: .retire, transaction: transaction, status: .malformed)
        if keyVersion != origin.keyVersion, keyVersion <= state.highestKeyVersion {
            drop(keyVersion)
            answer.status = .ok
        }
        remember(answer)
        return outcome(answer.octets, origin)
    }

    /// What cannot be read is answered if it names a transaction; it was authentic after all.
    mutating func refuse(_ plaintext: [UInt8], _ status: AppletStatus, _ origin: Origin) -> Outcome {
        guard let answer = MalformedAnswer(to: plaintext, status: status) else { return .nothing }
        if dialogue == nil {
            state.last = CardState.Answer(transaction: answer.transaction, plaintext: answer.plaintext)
        }
        return outcome(answer.plaintext, origin)
    }
}

// MARK: Refusals before anybody is asked

extension Card {
    /// In this order: no key at all, not this one, what the caller looks at.
    private func refusal(_ key: UInt8, _ of: (CardSlot) -> AppletStatus?) -> AppletStatus? {
        guard !state.slots.isEmpty else { return .notActive }
        guard let slot = state.slots[key] else { return .keyNotFound }
        return of(slot)
    }

    private func refusal(of command: SignCommand) -> AppletStatus? {
        let digest = command.algorithm.digestLength
        guard AttributeRule.allows(mid: command.mid ?? [], extra: command.extra ?? [], digestLength: digest)
        else { return .malformed }
        return refusal(command.key) { slot in
            guard slot.triesLeft > 0 else { return .pinBlocked }
            guard command.algorithm == slot.key.algorithm else { return .algorithmUnsupported }
            guard command.digests.isEmpty || slot.policy.contains(.digests) else { return .keyUsageNotAllowed }
            return command.hasUnsupportedText ? .textUnsupported : nil
        }
    }

    private func refusal(of command: GenerateCommand) -> AppletStatus? {
        state.slots[command.key]?.triesLeft == 0 ? .pinBlocked : nil
    }

    private mutating func ask(_ subject: Question.Subject, _ refusal: AppletStatus?, _ origin: Origin) -> Outcome {
        let question = Question(subject: subject, origin: origin)
        if let refusal {
            let answer = UpMessage(kind: question.kind, transaction: question.transaction, status: refusal)
            remember(answer)
            return outcome(answer.octets, origin)
        }
        dialogue = Dialogue(transaction: question.transaction)
        return .ask(question)
    }
}
