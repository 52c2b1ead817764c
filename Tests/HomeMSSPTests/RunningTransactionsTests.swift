import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import HomeMSSP

@Suite("The meeting point of answers and callers")
struct RunningTransactionsTests {
    private let running = RunningTransactions()
    private let card = Sample.card(1)

    @Test("keeps an end that came before anybody waited")
    func endFirst() async {
        let transaction = add()
        running.end(transaction, result)
        #expect(await running.wait(for: transaction).isEnd)
    }

    @Test("keeps word of an end elsewhere for one who waits later, once")
    func elsewhereFirst() async {
        let transaction = add()
        running.endedElsewhere(transaction.id)
        guard case .elsewhere = await running.wait(for: transaction) else {
            Issue.record("the word was lost")
            return
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { #expect(await running.wait(for: transaction).isEnd) }
            await Task.yield()
            running.end(transaction, result)
        }
    }

    @Test("tells everybody who waits")
    func twoWaits() async {
        let transaction = add()
        let told = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 { group.addTask { await running.wait(for: transaction).isEnd } }
            await Task.yield()
            running.end(transaction, result)
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(told == 5)
    }

    @Test("lets a caller who goes away go, and nobody else")
    func oneGone() async {
        let transaction = add()
        let told = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await running.wait(for: transaction).isEnd }
            await withTaskGroup(of: Void.self) { inner in
                inner.addTask { #expect(await !running.wait(for: transaction).isEnd) }
                inner.cancelAll()
            }
            running.end(transaction, result)
            return await group.next() ?? false
        }
        #expect(told)
    }

    @Test("lets go of what is over, and of nothing before")
    func sweep() async {
        let start = ContinuousClock.now
        let transaction = add(until: start + .seconds(60))
        running.sweep(start + .seconds(59))
        #expect(running.find(card.msisdn) != nil)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { #expect(await !running.wait(for: transaction).isEnd) }
            await Task.yield()
            running.sweep(start + .seconds(60))
        }
        #expect(running.find(card.msisdn) == nil)
    }

    @Test("gives no wait to a transaction that is not here, that was replaced, or that was removed")
    func absent() async {
        let old = add()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { #expect(await !running.wait(for: old).isEnd) }
            await Task.yield()
            _ = add()
        }
        #expect(await !running.wait(for: old).isEnd)
        #expect(await !running.wait(for: Sample.transaction(Sample.card(2))).isEnd)
        let new = add()
        running.remove(old)
        #expect(running.find(card.msisdn)?.transaction.id == new.id)
        running.remove(new)
        #expect(await !running.wait(for: new).isEnd)
    }

    @Test("finds no transaction that has ended: the next frame is none of its")
    func ended() {
        let transaction = add()
        running.end(Sample.transaction(card), result)
        #expect(running.find(card.msisdn) != nil)
        running.end(transaction, result)
        #expect(running.find(card.msisdn) == nil)
    }

    @Test("loses nobody when ends, sweeps, cancellations and waits meet")
    func storm() async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                let transaction = Sample.transaction(Sample.card(number))
                running.add(running(transaction), until: .now + .seconds(60))
                group.addTask {
                    await withTaskGroup(of: Void.self) { inner in
                        inner.addTask { _ = await running.wait(for: transaction) }
                        inner.addTask { _ = await running.wait(for: transaction) }
                        if number % 4 == 0 { inner.cancelAll() }
                        if number % 4 != 1 { running.end(transaction, result) } else { running.remove(transaction) }
                    }
                }
                group.addTask { running.sweep(.now) }
            }
        }
    }

    private var result: TransactionResult { .fault(MSSFault(.userCancel)) }

    private func add(until: ContinuousClock.Instant = .now + .seconds(60)) -> CardTransaction {
        let transaction = Sample.transaction(card)
        running.add(running(transaction), until: until)
        return transaction
    }

    private func running(_ transaction: CardTransaction) -> RunningTransaction {
        let user = MobileUserRecord(
            msisdn: card.msisdn,
            iccid: card.iccid,
            givenName: "Aino",
            surName: "Virtanen",
            language: "fi",
            state: .active
        )
        return RunningTransaction(
            transaction: transaction,
            subscriber: Subscriber(card: card, user: user, serialNumber: "MSSP1", keys: [])
        )
    }
}

extension RunningTransactions.Word {
    fileprivate var isEnd: Bool { if case .ended = self { true } else { false } }
}
