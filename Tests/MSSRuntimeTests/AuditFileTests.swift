import Crypto
import Dispatch
import Glibc
import Logging
import MSSCore
import Synchronization
import Testing

@testable import MSSRuntime

@Suite("The audit trail")
struct AuditFileTests {
    private let folder: TemporaryFolder
    private let tally = MemoryTally()
    private let pseudonyms = Pseudonyms(key: SymmetricKey(data: [UInt8](repeating: 1, count: 32)))
    private var path: String { "\(folder.path)/audit" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open() throws -> AuditFile {
        try AuditFile(path: path, pseudonyms: pseudonyms, tally: tally)
    }

    /// A trail of `count` entries on disk, closed.
    private func write(_ count: Int) async throws {
        var file: AuditFile? = try open()
        for number in 0..<count { try await file?.record(AuditEntry(act: "act\(number)", phase: "result")) }
        // The last entry is told before its writer lets go of the file.
        weak let released = file
        file = nil
        while released != nil { try await Task.sleep(for: .milliseconds(1)) }
    }

    private func content() throws -> [UInt8] { try PublicFile.read(path) }

    @Test("an entry on disk says who did what, with persons as pseudonyms")
    func entry() async throws {
        let call = Call(peer: PeerIdentity(uri: "urn:ra"), origin: PeerIdentity(uri: "urn:agent"), deadline: .now)
        try await open().record(
            AuditEntry(
                act: "CreateMobileUser",
                phase: "result",
                outcome: "ok",
                call: call,
                details: ["msisdn": "\("+358401234567", as: .mobileUser)", "plain": "SECRET"]
            )
        )
        let text = String(decoding: try content(), as: UTF8.self)
        let line = try JSON.object(text)
        #expect(line["seq"] as? Int == 1)
        #expect(line["act"] as? String == "CreateMobileUser")
        #expect(line["phase"] as? String == "result")
        #expect(line["outcome"] as? String == "ok")
        #expect(line["peer"] as? String == "urn:ra")
        #expect(line["origin"] as? String == "urn:agent")
        #expect(line["trace"] as? String == call.trace.description)
        #expect(line["prev"] as? String == String(repeating: "0", count: 64))
        #expect(line["mobileUser"] as? [String: String] == ["msisdn": pseudonyms.name(for: "+358401234567")])
        #expect(!text.contains("SECRET"))
        #expect(!text.contains("358401234567"))
    }

    @Test("the file is its owner's alone, and one process writes it")
    func ownership() throws {
        let file = try open()
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(throws: StartError("\(path): another process writes this audit trail")) { try open() }
        withExtendedLifetime(file) {}
    }

    @Test("a file that others may read is refused")
    func openFile() throws {
        _ = try folder.write("audit", "", mode: 0o640)
        #expect(throws: StartError.self) { try open() }
    }

    @Test("a trail goes on where it ended")
    func reopening() async throws {
        try await write(3)
        let file = try open()
        #expect(file.opening.lines == 3)
        #expect(file.opening.torn == nil)
        try await file.record(AuditEntry(act: "more", phase: "result"))
        guard case .intact(4, let head) = try AuditFile.verify(path) else {
            Issue.record("not intact")
            return
        }
        #expect(head != file.opening.head)
    }

    @Test("concurrent entries are all there, each once, with fewer syncs than entries")
    func concurrency() async throws {
        let file = try open()
        try await withThrowingTaskGroup { group in
            for number in 0..<500 {
                group.addTask { try await file.record(AuditEntry(act: "act\(number)", phase: "result")) }
            }
            try await group.waitForAll()
        }
        let lines = try content().split(separator: 0x0A).map { try JSON.object(String(decoding: $0, as: UTF8.self)) }
        #expect(Set(lines.compactMap { $0["act"] as? String }).count == 500)
        #expect(lines.compactMap { $0["seq"] as? Int } == Array(1...500))
        #expect(try AuditFile.verify(path) == .intact(lines: 500, head: lines.last?["sum"] as? String ?? ""))
        #expect(tally["audit_entries"] == 500)
        #expect(tally["audit_commit"] < 500)
    }

    @Test("a changed octet is found at its line, wherever it is")
    func tampering() async throws {
        try await write(3)
        let good = try content()
        for place in good.indices {
            var bad = good
            bad[place] ^= 1 << UInt8(place % 8)
            let line = good[..<place].count { $0 == 0x0A } + 1
            let verdict = try AuditFile.verify(folder.write("copy", bad))
            #expect(verdict == .broken(line: line), "octet \(place)")
        }
    }

    @Test("a line that was taken out, doubled or moved is found")
    func moving() async throws {
        try await write(4)
        let lines = try content().split(separator: 0x0A)
        func verdict(_ order: Int...) throws -> AuditVerdict {
            try AuditFile.verify(folder.write("copy", Array(order.map { lines[$0] + [0x0A] }.joined())))
        }
        #expect(try verdict(1, 2, 3) == .broken(line: 1))
        #expect(try verdict(0, 2, 3) == .broken(line: 2))
        #expect(try verdict(0, 1, 1, 2, 3) == .broken(line: 3))
        #expect(try verdict(0, 2, 1, 3) == .broken(line: 2))
        guard case .intact(4, let head) = try verdict(0, 1, 2, 3), case .intact(3, let shorter) = try verdict(0, 1, 2)
        else {
            Issue.record("not intact")
            return
        }
        #expect(head != shorter, "a trail that was cut off shows by its head")
    }

    @Test("a start refuses a trail whose end was changed")
    func changedEnd() async throws {
        try await write(3)
        var bad = try content()
        bad[bad.count - 80] ^= 1
        _ = try folder.write("audit", bad)
        let error = try #require(throws: StartError.self) { try open() }
        #expect(error.description.contains("is not as it was written"))
    }

    @Test("a torn last line, cut at any place, is kept aside, told and followed by a whole trail")
    func tornLine() async throws {
        try await write(2)
        let good = try content()
        let firstEnd = try #require(good.firstIndex(of: 0x0A))
        for count in stride(from: firstEnd + 2, to: good.count, by: 17) {
            let torn = Array(good[(firstEnd + 1)..<count])
            _ = try folder.write("audit", Array(good[..<count]))
            let file = try open()
            let kept = try #require(file.opening.torn)
            #expect(kept.count == torn.count)
            #expect(try SecretFile.read(kept.keptAt) == torn)
            guard case .intact(2, _) = try AuditFile.verify(path) else {
                Issue.record("cut at \(count): not intact")
                return
            }
            #expect(String(decoding: try content(), as: UTF8.self).contains("torn_line"))
        }
        #expect(tally["audit_torn_lines"] > 5)
    }

    @Test("a trail that holds nothing but a torn line begins anew")
    func tornFirst() throws {
        _ = try folder.write("audit", "{\"seq\":1,")
        let file = try open()
        #expect(file.opening.torn?.count == 9)
        #expect(file.opening.lines == 0)
        guard case .intact(1, _) = try AuditFile.verify(path) else {
            Issue.record("not intact")
            return
        }
    }

    @Test("random octets are judged, never a trap")
    func fuzz() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<500 {
            let count = Int.random(in: 1...400, using: &generator)
            let octets = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(AuditLine(octets[...]) == nil)
            _ = try AuditFile.verify(folder.write("copy", octets))
        }
        #expect(AuditLine(Array("{\"seq\":,\"sum\":\"\"}".utf8)[...]) == nil)
        #expect(AuditLine([]) == nil)
    }

    @Test("an entry longer than a line fails alone")
    func tooLong() async throws {
        let file = try open()
        let long = String(repeating: "x", count: 2_000)
        let many = (0..<100).map { ("k\($0)", Logger.MetadataValue("\(long, as: .open)")) }
        await #expect(throws: AuditError.tooLong) {
            try await file.record(AuditEntry(act: "a", phase: "p", details: Dictionary(uniqueKeysWithValues: many)))
        }
        try await file.record(AuditEntry(act: "b", phase: "p"))
        guard case .intact(1, _) = try AuditFile.verify(path) else {
            Issue.record("not intact")
            return
        }
        #expect(tally["audit_failures"] == 1)
    }
}

@Suite("The audit trail on a bad disk")
struct AuditFailureTests {
    private let tally = MemoryTally()

    private func file(on disk: Disk, patience: Duration = .seconds(10)) -> AuditFile {
        AuditFile(
            storage: disk,
            opening: AuditOpening(lines: 0, head: AuditLine.origin, torn: nil, size: 0),
            pseudonyms: .ofThisProcess(),
            tally: tally,
            patience: patience,
            clock: { LogTime(seconds: 0) }
        )
    }

    private func record(_ act: String, in file: AuditFile) async -> AuditError? {
        do {
            try await file.record(AuditEntry(act: act, phase: "intent"))
            return nil
        } catch {
            return error as? AuditError
        }
    }

    @Test("a full disk fails the entry, leaves no half line, and the next entry is taken when there is room")
    func full() async {
        let disk = Disk()
        let file = file(on: disk)
        #expect(await record("one", in: file) == nil)
        let before = disk.content
        disk.state.withLock { $0.room = 10 }
        #expect(await record("two", in: file) == .notWritten("No space left on device"))
        #expect(disk.content == before)
        disk.state.withLock { $0.room = .max }
        #expect(await record("three", in: file) == nil)
        let lines = disk.content.split(separator: 0x0A).compactMap { AuditLine($0) }
        #expect(lines.map(\.sequence) == [1, 2])
        #expect(lines.last?.previous == lines.first?.sum)
        #expect(tally["audit_failures"] == 1)
    }

    @Test("after a failed sync, or a write that cannot be taken back, nothing more is written")
    func doubt() async {
        for fault in [Disk.Fault.sync, .truncate] {
            let disk = Disk()
            let file = file(on: disk)
            disk.state.withLock { state in
                state.fault = fault
                if fault == .truncate { state.room = 10 }
            }
            #expect(await record("one", in: file) != nil)
            disk.state.withLock { $0 = Disk.State(content: $0.content) }
            let before = disk.content
            #expect(await record("two", in: file) == .inDoubt)
            #expect(disk.content == before)
        }
    }

    @Test("a disk that does not answer holds nobody for ever, and what waits meanwhile is one commit")
    func hanging() async {
        let disk = Disk(isHeld: true)
        let file = file(on: disk, patience: .milliseconds(50))
        await withTaskGroup { group in
            for number in 0..<50 {
                group.addTask {
                    let error = await record("act\(number)", in: file)
                    #expect(error == .late)
                }
            }
        }
        disk.release()
        // An entry goes behind those: when it is on disk, so are they.
        var more = 1
        while await record("more", in: file) != nil { more += 1 }
        let lines = disk.content.split(separator: 0x0A).compactMap { AuditLine($0) }
        #expect(lines.map(\.sequence) == Array(1...UInt64(50 + more)))
        #expect(tally["audit_commit"] <= 2 + more)
    }

    @Test("a caller that is cancelled is let go")
    func cancellation() async {
        let disk = Disk(isHeld: true)
        defer { disk.release() }
        let file = file(on: disk)
        let isCancelled = await withTaskGroup { group in
            group.addTask {
                do {
                    try await file.record(AuditEntry(act: "one", phase: "intent"))
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            group.cancelAll()
            return await group.next() ?? false
        }
        #expect(isCancelled)
    }
}

/// A disk that fails when it is told to.
private final class Disk: AuditStorage {
    enum Fault {
        case sync, truncate
    }

    struct State {
        var content: [UInt8] = []
        var room = Int.max
        var fault: Fault?
    }

    let state = Mutex(State())
    private let gate: DispatchSemaphore

    /// - Parameter isHeld: Whether every sync waits for `release`.
    init(isHeld: Bool = false) {
        gate = DispatchSemaphore(value: isHeld ? 0 : 1)
    }

    func release() {
        gate.signal()
    }

    var content: [UInt8] { state.withLock { $0.content } }

    func append(_ octets: [UInt8]) throws(SystemCause) {
        let isFull = state.withLock { state in
            state.content += octets.prefix(state.room)
            return octets.count > state.room
        }
        if isFull { throw SystemCause(code: ENOSPC) }
    }

    func sync() throws(SystemCause) {
        gate.wait()
        gate.signal()
        if state.withLock({ $0.fault == .sync }) { throw SystemCause(code: EIO) }
    }

    func truncate(to size: Int) throws(SystemCause) {
        let fails = state.withLock { state in
            guard state.fault != .truncate else { return true }
            state.content.removeLast(state.content.count - size)
            return false
        }
        if fails { throw SystemCause(code: EIO) }
    }
}
