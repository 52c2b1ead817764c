import Synchronization

import struct Foundation.Date

/// Revocation lists and OCSP answers that were fetched: looked up at once, fetched and renewed in the background.
///
/// A look-up never waits. One that finds nothing has it fetched, so that it is there when the user has typed the PIN.
final class RevocationCache: Sendable {
    private struct Entry {
        var subject: StatusSubject
        var answer: StatusAnswer?
        var schedule = Schedule()
        var isUsed = true
    }

    private struct State {
        var lists: [String: (list: RevocationList?, schedule: Schedule)] = [:]
        var answers: [[UInt8]: Entry] = [:]
        /// Asked for since the last look, so that a new one need not wait for the walk over all.
        var new: [[UInt8]] = []
        var walked = Date.distantPast
        var inFlight = 0
    }

    private enum Job {
        case list(String)
        case answer(StatusSubject)
    }

    private let sources: RevocationSources
    private let issuers: [ParsedCertificate]
    private let verify: @Sendable (StatusQuestion, [UInt8], Date) -> StatusAnswer?
    private let state: Mutex<State>
    /// How many OCSP answers are kept, some 3 KiB each.
    private static let mostAnswers = 32_768
    private static let mostInFlight = 16

    init(
        _ sources: RevocationSources,
        issuers: [ParsedCertificate],
        verify: @escaping @Sendable (StatusQuestion, [UInt8], Date) -> StatusAnswer?
    ) {
        self.sources = sources
        self.issuers = issuers
        self.verify = verify
        var state = State()
        for url in sources.lists { state.lists[url] = (nil, Schedule()) }
        self.state = Mutex(state)
    }

    /// The newest list by this issuer.
    func list(by issuer: [UInt8]) -> RevocationList? {
        state.withLock { state in
            state.lists.values.compactMap(\.list).filter { $0.issuer == issuer }.max { $0.thisUpdate < $1.thisUpdate }
        }
    }

    /// What a responder last answered, however old; asked for in the background if that is not fresh.
    func answer(about subject: StatusSubject) -> StatusAnswer? {
        guard subject.responder != nil else { return nil }
        return state.withLock { state in
            if state.answers[subject.identity] != nil {
                state.answers[subject.identity]?.isUsed = true
                return state.answers[subject.identity]?.answer
            }
            if state.answers.count >= Self.mostAnswers {
                state.answers = state.answers.filter { $0.value.isUsed && $0.value.answer != nil }
                for key in state.answers.keys { state.answers[key]?.isUsed = false }
                // Everything is in use: nothing new is kept until something is not.
                guard state.answers.count < Self.mostAnswers else { return nil }
            }
            state.answers[subject.identity] = Entry(subject: subject)
            state.new.append(subject.identity)
            return nil
        }
    }

    /// Fetches what is due until it is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for job in due(at: Date(), most: Self.mostInFlight) {
                    group.addTask { await self.perform(job, at: Date()) }
                }
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Fetches once what is due at a date.
    func refresh(at date: Date) async {
        await withDiscardingTaskGroup { group in
            for job in due(at: date, most: .max) { group.addTask { await self.perform(job, at: date) } }
        }
    }

    private func due(at date: Date, most: Int) -> [Job] {
        state.withLock { state in
            var jobs: [Job] = []
            for (url, entry) in state.lists where entry.schedule.isDue(at: date) && state.inFlight < most {
                state.lists[url]?.schedule.isRunning = true
                state.inFlight += 1
                jobs.append(.list(url))
            }
            let isWalk = abs(date.timeIntervalSince(state.walked)) >= 1
            if isWalk { state.walked = date }
            for key in isWalk ? Array(state.answers.keys) : state.new {
                guard state.inFlight < most else { return jobs }
                guard let entry = state.answers[key], entry.schedule.isDue(at: date), entry.isUsed else { continue }
                state.answers[key]?.schedule.isRunning = true
                // Renewed again only if somebody has looked at it in between.
                state.answers[key]?.isUsed = false
                state.inFlight += 1
                jobs.append(.answer(entry.subject))
            }
            state.new = []
            return jobs
        }
    }

    private func perform(_ job: Job, at date: Date) async {
        switch job {
        case .list(let url):
            let octets = try? await sources.fetch(sources.list(url))
            let list = octets.flatMap { octets in
                octets.count <= sources.longestList ? RevocationList(octets, issuers: issuers) : nil
            }
            state.withLock { state in
                state.inFlight -= 1
                state.lists[url]?.schedule.end(list.map { ($0.thisUpdate, $0.nextUpdate ?? $0.thisUpdate) }, at: date)
                // An older list than the one that is here is a replay.
                guard let list, list.thisUpdate >= state.lists[url]?.list?.thisUpdate ?? list.thisUpdate else { return }
                state.lists[url]?.list = list
            }
        case .answer(let subject):
            let answer = await ask(about: subject, at: date)
            state.withLock { state in
                state.inFlight -= 1
                state.answers[subject.identity]?.schedule.end(answer.map { ($0.thisUpdate, $0.until) }, at: date)
                // What cannot be verified, or is older, changes nothing; a revocation is not forgotten for "unknown".
                guard let answer,
                    answer.thisUpdate >= state.answers[subject.identity]?.answer?.thisUpdate ?? answer.thisUpdate
                else { return }
                state.answers[subject.identity]?.answer = answer
            }
        }
    }

    private func ask(about subject: StatusSubject, at date: Date) async -> StatusAnswer? {
        guard let url = subject.responder, let question = StatusQuestion(subject),
            let octets = try? await sources.fetch(sources.status(url, question)), octets.count <= 65_536
        else { return nil }
        return verify(question, octets, date)
    }
}

/// When something is fetched next: when four fifths of its time are over; after a failure, with growing pauses.
struct Schedule: Sendable {
    var isRunning = false
    private var next = Date(timeIntervalSince1970: 0)
    private var failures = 0

    func isDue(at date: Date) -> Bool { !isRunning && next <= date }

    /// - Parameters:
    ///   - times: From when until when the fetched thing is good; `nil` if none came.
    ///   - date: Now.
    mutating func end(_ times: (from: Date, until: Date)?, at date: Date) {
        isRunning = false
        guard let times, times.until > date else {
            failures = min(failures + 1, 8)
            next = date.addingTimeInterval(Double(1 << failures))
            return
        }
        failures = 0
        let renewal = times.from.addingTimeInterval(times.until.timeIntervalSince(times.from) * 0.8)
        // One that came late in its time is asked for again soon, not at once and for ever.
        next = max(renewal, date.addingTimeInterval(min(5, times.until.timeIntervalSince(date) / 2)))
    }
}
