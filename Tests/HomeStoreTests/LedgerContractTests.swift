import Alauda
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import OTA
import PostgreSQL
import Testing

/// What every ledger keeps, the real one and the fake.
@Suite("A ledger")
struct LedgerContractTests {
    private let soon = HomeStorage.soon

    @Test("moves both counters with each beginning and with nothing else", arguments: Backend.allCases)
    func counters(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        for expected in 1...3 {
            let transaction = Sample.transaction(card)
            let counters = try await storage.ledger.begin(transaction, until: soon)
            #expect(counters.packet == UInt64(expected))
            #expect(counters.frame == UInt32(expected))
            #expect(try await storeError { _ = try await begin(Sample.transaction(card), storage) } == "busy")
            #expect(try await end(transaction, .fault(MSSFault(.userCancel)), nil, storage))
        }
    }

    @Test("refuses a second transaction of a card while one runs", arguments: Backend.allCases)
    func busy(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let first = Sample.transaction(card)
        _ = try await begin(first, storage)
        #expect(try await storeError { _ = try await begin(Sample.transaction(card), storage) } == "busy")
        #expect(try await storage.result(first) == nil)
    }

    @Test("lets one of many beginnings at once win", arguments: Backend.allCases)
    func race(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let won = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { (try? await begin(Sample.transaction(card), storage)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
    }

    @Test("gives back a transaction and its end as they were told", arguments: Backend.allCases)
    func roundTrip(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let transaction = Sample.transaction(card, content: Array("@ä€ñ_ Привет\n".utf8))
        _ = try await begin(transaction, storage)
        let running = try #require(try await storage.ledger.running(card.msisdn, until: soon))
        #expect(running.transaction.id == transaction.id)
        #expect(running.transaction.txn == transaction.txn)
        #expect(running.transaction.trace == transaction.trace)
        #expect(abs(running.transaction.deadline.timeIntervalSince(transaction.deadline)) < 0.001)
        #expect(running.subscriber.card.iccid == card.iccid)
        guard case .signature(let task) = running.transaction.task else { throw StoreError.conflict("kind") }
        #expect(task.content == Array("@ä€ñ_ Привет\n".utf8))
        #expect(task.provider == Sample.apID)
        #expect(task.acquiringEntity == Sample.ae)
        #expect(task.msisdnAsWritten == card.msisdn.description)
        #expect(task.validates)
        #expect(try await end(transaction, .signature([0x30, 0, 0xFF], SignatureVerdict(.validSignature)), 1, storage))
        #expect(try await storage.result(transaction) == "502 [48, 0, 255]")
        #expect(try await storage.ledger.running(card.msisdn, until: soon) == nil)
    }

    @Test("keeps what the validate service answered beside the status", arguments: Backend.allCases)
    func validation(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        for problem in [MSSFault.Code.crlProblem, .crlExpired] {
            let transaction = Sample.transaction(try await storage.newUser())
            _ = try await begin(transaction, storage)
            let verdict = SignatureVerdict(.signature, problem: problem)
            #expect(try await end(transaction, .signature([0x30], verdict), 1, storage))
            #expect(try await storage.result(transaction) == "500/\(problem.rawValue) [48]")
        }
    }

    @Test("keeps which key signs, and how its signature is made of the content", arguments: Backend.allCases)
    func manner(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let form = SigningForm(structure: .detached, attributes: AddedAttributes(mid: [1, 2], extra: [3]))
        let kinds = SignatureKind.allCases.map { $0.manner() }
        for manner in [SigningManner(kind: .digest, form: form), .text] + kinds {
            var transaction = Sample.transaction(card)
            guard case .signature(var task) = transaction.task else { throw MSSFault(.internalError) }
            (task.key, task.manner) = (3, manner)
            task.answered = [.subscriberInfo]
            task.person =
                manner == .text
                ? nil
                : PersonQuestion(
                    id: "q €",
                    attributes: [.hetu, .subject],
                    isReduced: true,
                    signer: [UInt8](repeating: 1, count: 32)
                )
            task.documents =
                manner == .text
                ? []
                : [manner, .text].map { manner in
                    TaskDocument(
                        origin: .batch,
                        reference: "7",
                        displayed: "Contract €",
                        content: [0, 1, 0xFF],
                        manner: manner
                    )
                }
            transaction.task = .signature(task)
            _ = try await begin(transaction, storage)
            let running = try #require(try await storage.ledger.running(card.msisdn, until: soon))
            guard case .signature(let read) = running.transaction.task else { throw MSSFault(.internalError) }
            #expect(read.key == 3 && read.manner == manner && read.answered == [.subscriberInfo])
            #expect(read.documents == task.documents && read.person == task.person)
            #expect(try await end(transaction, .fault(MSSFault(.userCancel)), nil, storage))
        }
    }

    @Test("keeps a fault with its specifier and detail", arguments: Backend.allCases)
    func fault(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let transaction = Sample.transaction(card)
        _ = try await begin(transaction, storage)
        let fault = MSSFault(.userCancel, "The user cancelled.", specifier: 4011, cause: "stays here")
        #expect(try await end(transaction, .fault(fault), 1, storage))
        let entry = try await storage.ledger.entry(transaction.id, until: soon)
        guard case .fault(let kept) = entry?.result else { throw StoreError.conflict("no fault") }
        #expect(kept.code == .userCancel)
        #expect(kept.specifier == 4011)
        #expect(kept.detail == "The user cancelled.")
    }

    @Test("ends a transaction once: the first end stands", arguments: Backend.allCases)
    func firstEndStands(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let transaction = Sample.transaction(card)
        _ = try await begin(transaction, storage)
        #expect(try await end(transaction, .fault(MSSFault(.expiredTransaction)), nil, storage))
        #expect(try await end(transaction, .signature([1], .signature), 1, storage) == false)
        #expect(try await storage.result(transaction) == "208")
    }

    @Test("lets a signature have one receipt, unless one certainly was not shown", arguments: Backend.allCases)
    func receipts(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        func signature(_ counter: UInt32) async throws -> CardTransaction {
            let transaction = Sample.transaction(card)
            _ = try await begin(transaction, storage)
            #expect(try await end(transaction, .signature([1], .signature), counter, storage))
            return transaction
        }
        let signed = try await signature(1)
        for fault in [MSSFault(.otaError, specifier: 2091), MSSFault(.signatureProcess), MSSFault(.internalError)] {
            let receipt = Sample.receipt(card, of: signed)
            _ = try await begin(receipt, storage)
            #expect(
                try await storeError { _ = try await begin(Sample.receipt(card, of: signed), storage) } == "repeated"
            )
            #expect(try await end(receipt, .fault(fault), nil, storage))
        }
        let receipt = Sample.receipt(card, of: signed)
        _ = try await begin(receipt, storage)
        let running = try #require(try await storage.ledger.running(card.msisdn, until: soon)).transaction
        guard case .receipt(let task) = running.task else { throw StoreError.conflict("kind") }
        #expect(task == ReceiptTask(of: signed.id, provider: Sample.apID, acquiringEntity: Sample.ae))
        #expect(running.reader == receipt.reader)
        #expect(try await end(receipt, .cardAnswered, 2, storage))
        #expect(try await storeError { _ = try await begin(Sample.receipt(card, of: signed), storage) } == "repeated")
        for (counter, fault) in [(UInt32(3), MSSFault.Code.expiredTransaction), (4, .userCancel)] {
            let signed = try await signature(counter)
            let receipt = Sample.receipt(card, of: signed)
            _ = try await begin(receipt, storage)
            #expect(try await end(receipt, .fault(MSSFault(fault)), nil, storage))
            #expect(
                try await storeError { _ = try await begin(Sample.receipt(card, of: signed), storage) } == "repeated"
            )
        }
    }

    @Test("lets one of many receipts at once win, from two homes too")
    func receiptRace() async throws {
        let storage = try await HomeStorage.open(.postgresql)
        let database = try #require(storage.database)
        let other = HomeStorage.on(Pool(database.service, size: 8), database)
        let card = try await storage.newUser()
        let signed = Sample.transaction(card)
        _ = try await begin(signed, storage)
        #expect(try await end(signed, .signature([1], .signature), 1, storage))
        let outcomes = await withTaskGroup(of: String.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let home = number.isMultiple(of: 2) ? storage : other
                    return await (try? storeError { _ = try await begin(Sample.receipt(card, of: signed), home) })
                        ?? "begun"
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == "begun" } == 1 && outcomes.count { $0 == "repeated" } == 19, "\(outcomes)")
        // A home that starts anew knows nothing but what is stored.
        let third = HomeStorage.on(Pool(database.service, size: 1), database)
        #expect(try await storeError { _ = try await begin(Sample.receipt(card, of: signed), third) } == "repeated")
    }

    @Test("tells one alone of many ends at once that it was the one", arguments: Backend.allCases)
    func endRace(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let transaction = Sample.transaction(card)
        _ = try await begin(transaction, storage)
        let winners = await withTaskGroup(of: UInt8?.self) { group in
            for number in UInt8(1)...30 {
                group.addTask {
                    let isDone = try? await end(transaction, .signature([number], .signature), UInt32(number), storage)
                    return isDone == true ? number : nil
                }
            }
            return await group.reduce(into: [UInt8]()) { if let number = $1 { $0.append(number) } }
        }
        #expect(winners.count == 1)
        #expect(try await storage.result(transaction) == "500 \(winners)")
    }

    @Test("takes each frame once, overtaken ones within the window too", arguments: Backend.allCases)
    func replay(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let first = Sample.transaction(card)
        _ = try await begin(first, storage)
        #expect(try await end(first, .signature([1], .signature), 40, storage))
        let second = Sample.transaction(card)
        _ = try await begin(second, storage)
        for counter: UInt32 in [0, 8, 40] {
            #expect(try await end(second, .signature([2], .signature), counter, storage) == false)
        }
        #expect(try await storage.result(second) == nil)
        #expect(try await end(second, .signature([2], .signature), 9, storage))
        let third = Sample.transaction(card)
        _ = try await begin(third, storage)
        #expect(try await end(third, .signature([3], .signature), 9, storage) == false)
        #expect(try await end(third, .fault(MSSFault(.expiredTransaction)), nil, storage))
        #expect(try await storage.result(third) == "208")
        // Another key version counts anew.
        let fourth = Sample.transaction(card)
        _ = try await begin(fourth, storage)
        let frame = AnswerFrame(keyVersion: 2, counter: 9, checksum: [UInt8](repeating: 1, count: 8))
        #expect(try await storage.ledger.end(fourth, with: .cardAnswered, frame: frame, until: soon))
    }

    @Test("judges any row of frames as the profile's window does", arguments: Backend.allCases)
    func window(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<4 {
            let card = try await storage.newUser()
            var window = ReplayWindow()
            var middle: UInt32 = 40
            for _ in 0..<60 {
                middle += UInt32.random(in: 0...20, using: &generator) == 0 ? 33 : UInt32.random(in: 0...2)
                let counter = middle - UInt32.random(in: 0...40, using: &generator)
                // Above 7F…, so that T's highest bit is no sign.
                let frame = AnswerFrame(counter, mark: UInt8.random(in: 0xFE...0xFF, using: &generator))
                let expected = window.judge(counter: counter, checksum: frame.checksum)
                let transaction = Sample.transaction(card)
                if Bool.random(using: &generator) {
                    #expect(try await storage.ledger.judge(frame, from: card.iccid, until: soon).verdict == expected)
                } else {
                    _ = try await begin(transaction, storage)
                    let ledger = storage.ledger
                    let isDone = try await ledger.end(transaction, with: .cardAnswered, frame: frame, until: soon)
                    #expect(isDone == (expected == .accepted))
                    _ = try await end(transaction, .fault(MSSFault(.userCancel)), nil, storage)
                }
            }
        }
    }

    @Test("blocks a card of which there are two, with what runs on it", arguments: Backend.allCases)
    func cloned(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newSigner()
        let transaction = Sample.transaction(card)
        _ = try await begin(transaction, storage)
        #expect(try await storage.ledger.judge(AnswerFrame(1), from: card.iccid, until: soon).verdict == .duplicate)
        #expect(try await storage.state(card) == .active)
        let judged = try await storage.ledger.judge(AnswerFrame(1, mark: 2), from: card.iccid, until: soon)
        #expect(judged == FrameJudgement(.cloneSuspected, ended: transaction.id))
        #expect(try await storage.state(card) == .inactive)
        #expect(try await storage.result(transaction) == "403")
        let again = try await storage.ledger.judge(AnswerFrame(1, mark: 2), from: card.iccid, until: soon)
        #expect(again == FrameJudgement(.cloneSuspected))
    }

    @Test("ends what is overdue when it is looked at, and gives it no answer any more", arguments: Backend.allCases)
    func overdue(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let left = Sample.transaction(card, for: -1)
        _ = try await begin(left, storage)
        #expect(try await storage.ledger.running(card.msisdn, until: soon) == nil)
        #expect(try await storage.result(left) == "208")
        #expect(try await end(left, .signature([1], .signature), 1, storage) == false)
    }

    @Test("does not leave a card busy for a transaction that nobody ended in time", arguments: Backend.allCases)
    func leftBehind(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let left = Sample.transaction(card, for: -1)
        _ = try await begin(left, storage)
        let next = Sample.transaction(card)
        let counters = try await storage.ledger.begin(next, until: soon)
        #expect(counters.frame == 2)
        #expect(try await storage.result(left) == "208")
        #expect(try await storage.result(next) == nil)
    }

    @Test("knows no transaction that never began", arguments: Backend.allCases)
    func unknown(_ backend: Backend) async throws {
        let storage = try await HomeStorage.open(backend)
        let card = try await storage.newUser()
        let never = Sample.transaction(card)
        #expect(try await end(never, .signature([1], .signature), 1, storage) == false)
        #expect(try await storage.result(never) == "unknown")
    }
}

private func begin(_ transaction: CardTransaction, _ storage: HomeStorage) async throws(StoreError) -> UInt32 {
    try await storage.ledger.begin(transaction, until: HomeStorage.soon).frame
}

private func end(
    _ transaction: CardTransaction,
    _ result: TransactionResult,
    _ counter: UInt32?,
    _ storage: HomeStorage
) async throws(StoreError) -> Bool {
    try await storage.ledger.end(transaction, with: result, counter: counter, until: HomeStorage.soon)
}
