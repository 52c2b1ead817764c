import Alauda
import OTA

/// A SIM with the Alauda applet: its security domain's counter, the applet's roots and counters, keys and PINs.
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

    /// Where a request came from, and so where its answer belongs.
    struct Origin: Sendable {
        var packetCounter: UInt64
        var keyVersion: UInt8
    }

    private let keys: CardKeys
    private var applets: [UInt8: AppletKeys] = [:]
    private var inbox = CardInbox()
    var dialogue: Dialogue?
    /// The PUK of a key just made: the phone shows it once, until the next command.
    public internal(set) var shownPUK: String?
    /// What the card keeps without power.
    public internal(set) var state: CardState

    var iccid: [UInt8] { keys.iccid }

    /// - Throws: ``SimulationError`` if the record's keys are not as they must be.
    public init(_ record: CardRecord) throws(SimulationError) {
        try self.init(record, state: CardState(record))
    }

    /// A card that had been switched off; a dialogue that was open then is gone.
    public init(_ record: CardRecord, state: CardState) throws(SimulationError) {
        keys = try CardKeys(record)
        self.state = state
        for root in state.roots { applets[root.keyVersion] = try AppletKeys(root, keys.iccid) }
    }

    /// A card in the middle of its life: with a key on it, and answers already given.
    init(_ record: CardRecord, keys installed: [UInt8: CardSlot], upCounter: UInt32) throws(SimulationError) {
        var state = CardState(record)
        state.slots = installed
        state.roots[0].up = upCounter
        try self.init(record, state: state)
    }

    /// Takes the user data of a short message for the SIM.
    ///
    /// Both counters move before anything else is done, and only for what is authentic.
    public mutating func receive(_ userData: [UInt8]) -> Outcome {
        guard let packet = inbox.add(userData), let command = try? keys.open(packet: packet),
            command.tar == keys.tar, command.counter > state.packetCounter
        else { return .nothing }
        state.packetCounter = command.counter
        guard let (plaintext, keyVersion) = open(command.frame) else { return fault() }
        shownPUK = nil
        let origin = Origin(packetCounter: command.counter, keyVersion: keyVersion)
        do throws(WPKIError) {
            return act(on: try DownMessage(decoding: plaintext), origin)
        } catch .unsupportedText {
            return refuse(plaintext, .textUnsupported, origin)
        } catch .unsupportedAlgorithm {
            return refuse(plaintext, .algorithmUnsupported, origin)
        } catch {
            return refuse(plaintext, .malformed, origin)
        }
    }
}

// MARK: Frames

extension Card {
    /// Ten refused frames in a row are told once, until a good one came.
    private static let faultsToTell = 10

    /// Opens a frame and stores its counter; the first one under a new root ends the old one.
    private mutating func open(_ frame: [UInt8]) -> (plaintext: [UInt8], keyVersion: UInt8)? {
        guard let header = try? FrameHeader(frame),
            let index = state.roots.firstIndex(where: { $0.keyVersion == header.keyVersion }),
            header.counter > state.roots[index].down, let applet = applets[header.keyVersion],
            let plaintext = try? applet.open(frame)
        else { return nil }
        state.roots[index].down = header.counter
        state.faults = 0
        for root in state.roots where root.keyVersion < header.keyVersion { drop(root.keyVersion) }
        return (plaintext, header.keyVersion)
    }

    private mutating func fault() -> Outcome {
        guard state.faults < Self.faultsToTell else { return .nothing }
        state.faults += 1
        guard state.faults == Self.faultsToTell, let root = state.roots.first else { return .nothing }
        let event = UpMessage(kind: .event, transaction: .none, status: .malformed, info: Self.info)
        return outcome(event.octets, Origin(packetCounter: 0, keyVersion: root.keyVersion))
    }

    /// A new root that waits for its first frame; another that waited is gone.
    mutating func install(_ root: CardState.Root) -> Bool {
        guard let applet = try? AppletKeys(root, keys.iccid) else { return false }
        for old in state.roots.dropFirst() { drop(old.keyVersion) }
        state.roots.append(root)
        state.highestKeyVersion = root.keyVersion
        applets[root.keyVersion] = applet
        return true
    }

    mutating func drop(_ keyVersion: UInt8) {
        state.roots.removeAll { $0.keyVersion == keyVersion }
        applets[keyVersion] = nil
    }

    func unwrap(_ root: WrappedRoot, under keyVersion: UInt8) -> [UInt8]? {
        try? applets[keyVersion]?.unwrap(root)
    }

    func root(_ keyVersion: UInt8) -> CardState.Root? {
        state.roots.first { $0.keyVersion == keyVersion }
    }

    /// Keeps an answer that REPEAT can ask for again, and the only root that it may go under, if not the request's.
    mutating func remember(_ answer: UpMessage, keyVersion: UInt8? = nil) {
        state.last = CardState.Answer(
            transaction: answer.transaction.octets,
            plaintext: answer.octets,
            keyVersion: keyVersion
        )
    }

    mutating func outcome(_ plaintext: [UInt8], _ origin: Origin) -> Outcome {
        segments(plaintext, origin).map { .answer($0) } ?? .nothing
    }

    /// The answer in a plain response packet; the counter is stored before it is sent.
    mutating func segments(_ plaintext: [UInt8], _ origin: Origin) -> [[UInt8]]? {
        // A root that was ended while a person thought: its successor takes the answer.
        let index = state.roots.firstIndex { $0.keyVersion == origin.keyVersion } ?? 0
        guard state.roots.indices.contains(index), state.roots[index].up < 0x7FFF_FFFF else { return nil }
        state.roots[index].up += 1
        let root = state.roots[index]
        guard let frame = try? applets[root.keyVersion]?.seal(plaintext, counter: root.up) else { return nil }
        state.reference &+= 1
        let packet = ResponsePacket(tar: keys.tar, counter: origin.packetCounter, status: 0, data: frame)
        return try? packet.segments(reference: state.reference)
    }
}
