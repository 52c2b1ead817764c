import MSSCore
import NIOCore
import SMPP

/// Which command a message id belongs to, and what receipts said about each of its copies.
///
/// A receipt proves nothing but that a message centre gave up. Only when every copy of some segment was given up, and
/// no copy is of unknown fate, no card can have the command.
struct ReceiptBook {
    /// A command's place in the book.
    typealias Ticket = UInt64

    /// A message as one message centre names it.
    private struct Name: Hashable {
        enum Notation: Hashable {
            case asWritten
            case hexadecimal
            case decimal
        }

        var centre: String
        var notation: Notation
        var text: String
    }

    private struct Place {
        var ticket: Ticket
        var segment: Int
        var id: MessageID
    }

    private struct Segment {
        /// Copies that were taken and not given up.
        var open = 0
        var failed = 0
        var isUnknown = false
    }

    private struct Command {
        var transaction: String
        var msisdn: MSISDN
        var end: ContinuousClock.Instant
        var segments: [Segment]
        var names: [Name] = []
    }

    private struct Early {
        var receipt: MessageReceipt
        var msisdn: MSISDN?
        var centre: String
        var until: ContinuousClock.Instant
    }

    /// Commands that are kept; the oldest goes for one more.
    static let mostCommands = 50_000
    /// Receipts that came before the answer to their submission.
    static let mostEarly = 1_000
    static let earlyTime = Duration.seconds(10)

    private var commands: [Ticket: Command] = [:]
    private var order = CircularBuffer<Ticket>()
    private var places: [Name: Place] = [:]
    private var early = CircularBuffer<Early>()
    private var last: Ticket = 0

    /// Opens an account of a command before it is sent.
    mutating func open(
        _ transaction: String,
        segments: Int,
        to msisdn: MSISDN,
        until end: ContinuousClock.Instant
    ) -> Ticket {
        last += 1
        let segments = Array(repeating: Segment(), count: segments)
        commands[last] = Command(transaction: transaction, msisdn: msisdn, end: end, segments: segments)
        order.append(last)
        while order.count > Self.mostCommands, let oldest = order.popFirst() { close(oldest) }
        return last
    }

    /// Takes what became of a submission.
    ///
    /// - Returns: The command, if a receipt that came before has decided it.
    mutating func note(
        _ outcome: SubmitOutcome,
        segment: Int,
        of ticket: Ticket,
        by centre: String,
        now: ContinuousClock.Instant
    ) -> Undelivered? {
        guard let command = commands[ticket], command.segments.indices.contains(segment) else { return nil }
        switch outcome {
        case .lost: commands[ticket]?.segments[segment].isUnknown = true
        case .accepted(nil, _): commands[ticket]?.segments[segment].isUnknown = true
        case .accepted(let id?, _):
            commands[ticket]?.segments[segment].open += 1
            for name in Self.names(id, centre, submitted: true) where places[name] == nil {
                places[name] = Place(ticket: ticket, segment: segment, id: id)
                commands[ticket]?.names.append(name)
            }
            return earlier(id, centre, now)
        case .refused, .overloaded, .notSent: break
        }
        return nil
    }

    /// A command that no card gets.
    struct Undelivered: Equatable {
        var transaction: String
        var msisdn: MSISDN
        var reason: String
    }

    /// What a receipt is to the book.
    enum Reading: Equatable {
        case unknown
        case noted
        case decided(Undelivered)
    }

    /// Takes a final receipt.
    mutating func take(
        _ receipt: MessageReceipt,
        to msisdn: MSISDN?,
        from centre: String,
        now: ContinuousClock.Instant
    ) -> Reading {
        guard receipt.isFinal, let id = receipt.messageID else { return .unknown }
        guard let place = find(id, centre, msisdn) else {
            early.append(Early(receipt: receipt, msisdn: msisdn, centre: centre, until: now + Self.earlyTime))
            while early.count > Self.mostEarly || (early.first.map { $0.until <= now } ?? false) { early.removeFirst() }
            return .unknown
        }
        // A copy has one receipt that counts; another of the same id finds nothing.
        forget(place.id, centre)
        guard receipt.state?.isFailure == true else { return .noted }
        commands[place.ticket]?.segments[place.segment].open -= 1
        commands[place.ticket]?.segments[place.segment].failed += 1
        guard let command = commands[place.ticket] else { return .noted }
        let isLost = command.segments.contains { $0.failed > 0 && $0.open == 0 && !$0.isUnknown }
        guard isLost, command.end > now else { return .noted }
        close(place.ticket)
        return .decided(
            Undelivered(transaction: command.transaction, msisdn: command.msisdn, reason: Self.reason(receipt))
        )
    }

    /// Lets go of commands whose time is over.
    mutating func sweep(_ now: ContinuousClock.Instant) {
        for (ticket, command) in commands where command.end <= now { close(ticket) }
        let known = commands
        order.removeAll { known[$0] == nil }
        early.removeAll { $0.until <= now }
    }

    var count: Int { commands.count }

    private mutating func earlier(_ id: MessageID, _ centre: String, _ now: ContinuousClock.Instant) -> Undelivered? {
        let position = early.firstIndex { entry in
            entry.centre == centre && entry.until > now && (entry.receipt.messageID.map { id.mayName($0) } ?? false)
        }
        guard let index = position else { return nil }
        let entry = early.remove(at: index)
        if case .decided(let command) = take(entry.receipt, to: entry.msisdn, from: centre, now: now) { return command }
        return nil
    }

    /// As it is written before any other reading; a number that the receipt names must be the command's.
    private func find(_ id: MessageID, _ centre: String, _ msisdn: MSISDN?) -> Place? {
        for name in Self.names(id, centre, submitted: false) {
            guard let place = places[name], let command = commands[place.ticket] else { continue }
            if let msisdn, msisdn != command.msisdn { continue }
            return place
        }
        return nil
    }

    private mutating func forget(_ id: MessageID, _ centre: String) {
        for name in Self.names(id, centre, submitted: true) where places[name]?.id == id { places[name] = nil }
    }

    private mutating func close(_ ticket: Ticket) {
        guard let command = commands.removeValue(forKey: ticket) else { return }
        for name in command.names where places[name]?.ticket == ticket { places[name] = nil }
    }

    /// The names under which a submission is found, or under which a receipt looks: what one side wrote in hexadecimal
    /// the other may write in decimal.
    private static func names(_ id: MessageID, _ centre: String, submitted: Bool) -> [Name] {
        let asDecimal = id.decimal.map {
            Name(centre: centre, notation: submitted ? .decimal : .hexadecimal, text: "\($0)")
        }
        let asHexadecimal = id.hexadecimal.map {
            Name(centre: centre, notation: submitted ? .hexadecimal : .decimal, text: "\($0)")
        }
        return [Name(centre: centre, notation: .asWritten, text: id.description)]
            + [asDecimal, asHexadecimal].compactMap { $0 }
    }

    private static func reason(_ receipt: MessageReceipt) -> String {
        let state = receipt.state.map { "\($0)" } ?? "failed"
        if let error = receipt.networkError { return "\(state), network error \(error.network)/\(error.code)" }
        return state
    }
}
