import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import OTA
import Testing

/// One signature, two processes of the home, a card and a lossy network, walked through every order of events up to a
/// bound: the real state machine over the real rules of the ledger.
@Suite("An exchange in every order of events")
struct ExchangeModelTests {
    /// Events in a row; beyond it each path is played to its end by a kind world, where nothing is lost any more.
    private static let depth = 9

    @Test("loses no signature, doubles none, tells no false reason, and never turns a counter back")
    func walk() throws {
        var seen: Set<World.Situation> = []
        var front = [try World()]
        var ends = 0
        for _ in 0..<Self.depth {
            var next: [World] = []
            for world in front {
                for event in world.possible {
                    var after = world
                    after.play(event)
                    try after.check()
                    guard seen.insert(after.situation).inserted else { continue }
                    var settled = after
                    try settled.settle()
                    ends += 1
                    next.append(after)
                }
            }
            front = next
        }
        print("model: \(seen.count) states, \(ends) paths played to their end, \(Self.depth) events deep")
        #expect(seen.count > 1_000)
    }
}

/// Everything that decides, as a value.
private struct World {
    enum Event: CaseIterable, Hashable {
        case send, sendLost, sendUnknown
        case down, loseDown, sign, upA, upB, duplicateA, overtakeA, loseUp, cloneB
        case killA, killB, startA, startB, attendA, attendB, retryA, retryB, deliveredA, deliveredB
        case over, cancelA, cancelB, askA, askB
    }

    enum Down: Hashable { case sign, askAgain, message }
    struct Packet: Hashable {
        var what: Down
        var counter: UInt64
    }
    struct Up: Hashable {
        var isAnswer: Bool
        var counter: UInt32
        /// Another one than the card's: a second card's frame.
        var mark: UInt8 = 1

        var frame: AnswerFrame { AnswerFrame(counter, mark: mark) }
    }
    struct Process: Hashable {
        var number: Int
        var isAlive = true
        var state: ExchangeState?
        var isAwaited = false
    }
    struct Failure: Error { var reason: String }

    static let start = ContinuousClock.now
    static let date = Date()
    static let card = Sample.card(1)
    static let transaction: CardTransaction = {
        var transaction = Sample.transaction(card)
        transaction.command = [1]
        transaction.isAwaited = true
        return transaction
    }()
    static let id = transaction.id

    var ledger = LedgerRules()
    var homes = [Process(number: 1, isAwaited: true), Process(number: 2)]
    var lives = 2
    var downs: [Packet] = []
    var ups: [Up] = []
    var time: Duration = .zero
    var isOver: Bool { time >= .seconds(60) }
    // The card.
    var seen: UInt64 = 0
    var uplink: UInt32 = 0
    var prompts = 0
    var isPrompting = false
    var hasSigned = false
    var signedInTime = false
    // What went wrong on the way, and what was said.
    var isCancelled = false
    var isCloned = false
    var isRefused = false
    var told: [String] = []
    var destroyed = 0
    var highest: UInt64 = 1

    init() throws {
        ledger.addPerson(Self.card)
        let packet = try ledger.begin(Self.transaction, at: 1, now: Self.date).packet
        homes[0].state = ExchangeState(deadline: Self.start + .seconds(60), canResend: true)
        pending = packet
    }

    /// The command that process A has sealed and not sent yet.
    var pending: UInt64?

    var now: ContinuousClock.Instant { Self.start + time }
    var moment: Date { Self.date.addingTimeInterval(time / .seconds(1)) }
    var result: TransactionResult? { ledger.rows[Self.id]?.entry.result }

    var possible: [Event] { Event.allCases.filter(isPossible) }

    private func isPossible(_ event: Event) -> Bool {
        switch event {
        case .send, .sendLost, .sendUnknown: homes[0].isAlive && pending != nil
        case .down, .loseDown: !downs.isEmpty
        case .sign: isPrompting
        case .upA, .duplicateA: homes[0].isAlive && !ups.isEmpty
        case .overtakeA: homes[0].isAlive && ups.count > 1
        case .upB: homes[1].isAlive && !ups.isEmpty
        case .cloneB: homes[1].isAlive && !isCloned && isSeen
        case .loseUp: !ups.isEmpty
        case .killA: homes[0].isAlive && lives > 0
        case .killB: homes[1].isAlive && lives > 0
        case .startA: !homes[0].isAlive
        case .startB: !homes[1].isAlive
        case .attendA, .askA, .cancelA: homes[0].isAlive
        case .attendB, .askB, .cancelB: homes[1].isAlive
        case .retryA, .deliveredA: homes[0].isAlive && homes[0].state != nil && !isOver
        case .retryB, .deliveredB: homes[1].isAlive && homes[1].state != nil && !isOver
        case .over: !isOver
        }
    }

    mutating func play(_ event: Event) {
        switch event {
        case .send: leave(.sent, lost: false)
        case .sendLost: leave(.sendUnknown, lost: true)
        case .sendUnknown: leave(.sendUnknown, lost: false)
        case .down: reach(downs.removeFirst())
        case .loseDown: downs.removeFirst()
        case .sign: sign()
        case .upA: take(ups.removeFirst(), 0)
        case .upB: take(ups.removeFirst(), 1)
        case .duplicateA: take(ups[0], 0)
        case .overtakeA: take(ups.removeLast(), 0)
        case .cloneB:
            isCloned = true
            take(Up(isAnswer: true, counter: uplink, mark: 2), 1)
        case .loseUp: ups.removeFirst()
        case .killA: kill(0)
        case .killB: kill(1)
        case .startA: begin(0)
        case .startB: begin(1)
        case .attendA: attend(0)
        case .attendB: attend(1)
        case .retryA: retry(0)
        case .retryB: retry(1)
        case .deliveredA: hear(.delivered, 0)
        case .deliveredB: hear(.delivered, 1)
        case .over: time = .seconds(61)
        case .cancelA: cancel(0)
        case .cancelB: cancel(1)
        case .askA: ask()
        case .askB: ask()
        }
    }

    // MARK: the home, as the exchange carries it out

    private mutating func leave(_ event: ExchangeState.Event, lost: Bool) {
        guard let packet = pending else { return }
        pending = nil
        if !lost { downs.append(Packet(what: .sign, counter: packet)) }
        hear(event, 0)
    }

    private mutating func hear(_ event: ExchangeState.Event, _ home: Int) {
        let now = now
        let actions = homes[home].state?.handle(event, at: now) ?? []
        perform(actions, home)
    }

    private mutating func perform(_ actions: [ExchangeState.Action], _ home: Int) {
        for action in actions {
            switch action {
            case .resend:
                if let packet = ledger.again(Self.id, now: moment)?.packet {
                    downs.append(Packet(what: .sign, counter: packet))
                }
            case .askAgain:
                if let packet = ledger.spend(on: .askAgain, for: Self.id)?.packet {
                    downs.append(Packet(what: .askAgain, counter: packet))
                }
            case .commit(let ending): commit(ending, nil, home)
            case .tell, .destroy, .drop, .doubtCounters, .refuse: continue
            }
        }
    }

    /// Whether the card's last frame has been taken in.
    private var isSeen: Bool { uplink > 0 && ledger.cards[Self.card.msisdn]?.uplink == uplink }

    @discardableResult
    private mutating func commit(_ ending: ExchangeState.Ending, _ up: Up?, _ home: Int) -> Bool {
        let result: TransactionResult =
            switch ending {
            case .answered: .signature([1], .signature)
            case .expired: .fault(MSSFault(.expiredTransaction))
            case .cancelled: .fault(MSSFault(.signatureProcess))
            case .notSent: .fault(MSSFault(.otaError))
            }
        let isFirst = ledger.end(
            Self.id,
            result,
            frame: up?.frame,
            tells: homes[home].isAwaited,
            at: homes[home].number,
            now: moment
        )
        let now = now
        _ = homes[home].state?.handle(isFirst ? .committed(ending) : .endedBefore(ending), at: now)
        if isFirst, homes[home].isAwaited { tell(home) }
        wake()
        return isFirst
    }

    /// A frame that ended nothing: whether it can be the card's own.
    private mutating func isPlausible(_ up: Up, _ home: Int) -> Bool {
        let judged = ledger.judge(up.frame, from: Self.card.iccid, at: homes[home].number, now: moment)
        if judged.ended != nil {
            let now = now
            _ = homes[home].state?.handle(.endedBefore(.notSent), at: now)
            if homes[home].isAwaited { tell(home) }
        }
        wake()
        return !judged.verdict.isAlarming
    }

    private mutating func wake() {
        let woken = ledger.woken.map(\.process)
        ledger.woken = []
        if woken.contains(1), homes[0].isAwaited { tell(0) }
        if woken.contains(2), homes[1].isAwaited { tell(1) }
    }

    private mutating func tell(_ home: Int) {
        homes[home].isAwaited = false
        ask()
    }

    /// The provider reads.
    private mutating func ask() {
        guard let entry = ledger.deliver(Self.id, to: Self.transaction.reader, now: moment), let result = entry.result
        else { return }
        told.append(Self.word(result))
    }

    private mutating func take(_ up: Up, _ home: Int) {
        guard let row = ledger.rows[Self.id] else { return }
        guard up.isAnswer else {
            if isPlausible(up, home) { hear(.noSuchAnswer, home) }
            return
        }
        guard row.entry.result == nil, Self.transaction.deadline > moment else {
            guard isPlausible(up, home) else { return }
            // The answer names what does not run: the ledger says whether its signature is too late.
            if ledger.entry(Self.id, now: moment) != nil,
                ledger.tooLate(Self.transaction.txn, from: Self.card.iccid) != nil
            {
                destroyed += 1
                if let packet = ledger.spend(on: .message, for: Self.id)?.packet {
                    downs.append(Packet(what: .message, counter: packet))
                }
            }
            return wake()
        }
        var fresh = ExchangeState(deadline: Self.start + .seconds(60), canResend: false)
        let now = now
        let actions = homes[home].state?.handle(.answer, at: now) ?? fresh.handle(.answer, at: now)
        if actions == [.commit(.answered)] {
            if !commit(.answered, up, home) { _ = isPlausible(up, home) }
        } else {
            _ = isPlausible(up, home)
        }
    }

    private mutating func kill(_ home: Int) {
        lives -= 1
        homes[home].isAlive = false
        homes[home].state = nil
        homes[home].isAwaited = false
        ledger.gone.insert(homes[home].number)
        if homes[home].number % 2 == 1 { pending = nil }
    }

    /// A process that starts is another one, with another number.
    private mutating func begin(_ home: Int) {
        homes[home] = Process(number: homes[home].number + 2)
        attend(home)
    }

    private mutating func attend(_ home: Int) {
        _ = ledger.expire(at: homes[home].number, now: moment)
        if isOver, homes[home].isAwaited { tell(home) }
        wake()
        for _ in ledger.adopt(at: homes[home].number, now: moment) {
            homes[home].state = ExchangeState(deadline: Self.start + .seconds(60), canResend: true)
            hear(.adopted, home)
        }
    }

    /// The clock goes to the moment that the exchange asked for.
    private mutating func retry(_ home: Int) {
        guard let next = homes[home].state?.next, next < Self.start + .seconds(60) else { return }
        time = max(time, next - Self.start)
        hear(.time, home)
    }

    private mutating func cancel(_ home: Int) {
        guard let entry = ledger.entry(Self.id, now: moment), entry.result == nil else { return }
        isCancelled = true
        commit(.cancelled, nil, home)
    }

    // MARK: the card

    private mutating func reach(_ packet: Packet) {
        guard packet.counter > seen else { return }
        seen = packet.counter
        switch packet.what {
        case .sign:
            prompts += 1
            isPrompting = true
        case .askAgain:
            uplink += 1
            ups.append(Up(isAnswer: hasSigned, counter: uplink))
        case .message: uplink += 1
        }
    }

    private mutating func sign() {
        isPrompting = false
        hasSigned = true
        signedInTime = !isOver
        uplink += 1
        ups.append(Up(isAnswer: true, counter: uplink))
    }

    // MARK: what must hold

    func check() throws {
        guard prompts <= 1 else { throw Failure(reason: "the person was asked \(prompts) times") }
        guard Set(told).count <= 1 else { throw Failure(reason: "different ends were told: \(told)") }
        if let word = told.first {
            guard let result, word == Self.word(result) else { throw Failure(reason: "told what is not committed") }
        }
        switch result {
        case .signature where !hasSigned: throw Failure(reason: "a signature that nobody made")
        case .fault(let fault):
            if fault.code == .expiredTransaction, !isOver { throw Failure(reason: "expired before its time") }
            if fault.code == .signatureProcess, !isCancelled { throw Failure(reason: "cancelled by nobody") }
            if fault.code == .cardBlocked, !isCloned { throw Failure(reason: "blocked without a second card") }
            if fault.code == .otaError { throw Failure(reason: "a reason that did not happen") }
        default: break
        }
        if case .signature = result, destroyed > 0 { throw Failure(reason: "delivered and destroyed") }
        guard destroyed <= 1 else { throw Failure(reason: "destroyed twice") }
        guard let card = ledger.cards[Self.card.msisdn], card.packet >= seen,
            card.packet >= UInt64(downs.map(\.counter).max() ?? 0)
        else { throw Failure(reason: "a counter went back") }
    }

    /// Whether REPEAT is to come, so that a signature arrives whose answer was lost: a home has it before it, or nobody
    /// has asked yet and whoever looks after the exchange has time for a second try and for REPEAT.
    private var isStillAsked: Bool {
        let patience = ExchangeState.Patience()
        let isBefore = homes.contains { home in
            guard home.isAlive, let state = home.state, state.repeats < ExchangeState.mostRepeats else { return false }
            return state.next + patience.least < state.deadline
        }
        return isBefore || (ledger.rows[Self.id]?.asked == 0 && time <= .seconds(60) - patience.lead)
    }

    /// Nothing is lost any more, everybody is alive: what was signed in time must arrive, if it is on its way or is to
    /// be asked for.
    mutating func settle() throws {
        let mayCome = !isOver && result == nil && !isCancelled && !isCloned
        let hadToCome = signedInTime && mayCome && (ups.contains(where: \.isAnswer) || isStillAsked)
        if !homes[0].isAlive { begin(0) }
        if !homes[1].isAlive { begin(1) }
        for _ in 0..<12 {
            while let packet = downs.first {
                downs.removeFirst()
                reach(packet)
                if isPrompting, !isOver { sign() }
            }
            while !ups.isEmpty { take(ups.removeFirst(), 0) }
            try check()
            if isOver { break }
            let moments = [homes[0].state?.next, homes[1].state?.next].compactMap { $0 }.filter {
                $0 < Self.start + .seconds(60)
            }
            guard result == nil, let next = moments.min() else { break }
            if homes[0].state?.next == next { retry(0) } else { retry(1) }
        }
        let isSigned = if case .signature = result { true } else { false }
        guard !hadToCome || isSigned else { throw Failure(reason: "a signature was lost on its way") }
        if result == nil { time = .seconds(61) }
        attend(0)
        attend(1)
        try check()
        guard result != nil else { throw Failure(reason: "it never ended") }
        guard !homes[0].isAwaited, !homes[1].isAwaited else { throw Failure(reason: "a caller waits for ever") }
    }

    /// All that decides what can come next: two orders of events that lead to the same are walked on once.
    struct Situation: Hashable {
        var homes: [Process]
        var lives: Int
        var downs: [Packet]
        var ups: [Up]
        var time: Duration
        var card: [UInt64]
        var flags: [Bool]
        var told: String?
        var result: String?
        var destroyed: Int
        var row: [UInt64]
        var gone: Set<Int>
    }

    var situation: Situation {
        let row = ledger.rows[Self.id]
        let card = ledger.cards[Self.card.msisdn]
        return Situation(
            homes: homes,
            lives: lives,
            downs: downs,
            ups: ups,
            time: time,
            card: [seen, UInt64(uplink), UInt64(prompts)],
            flags: [isPrompting, hasSigned, signedInTime, isCancelled, isCloned],
            told: told.first,
            result: result.map(Self.word),
            destroyed: destroyed,
            row: [UInt64(row?.home ?? 0), UInt64(row?.asked ?? 0), card?.packet ?? 0, UInt64(card?.uplink ?? 0)],
            gone: ledger.gone
        )
    }

    private static func word(_ result: TransactionResult) -> String {
        switch result {
        case .signature: "signature"
        case .fault(let fault): "\(fault.code.rawValue)"
        case .provenKey, .cardAnswered: "other"
        }
    }
}
