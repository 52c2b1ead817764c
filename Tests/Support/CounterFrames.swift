public import HomeMSSP

extension AnswerFrame {
    /// A frame of a card under its first keys, told from another under the same counter by `mark`.
    public init(_ counter: UInt32, mark: UInt8 = 1) {
        self.init(keyVersion: 1, counter: counter, checksum: [UInt8](repeating: mark, count: 8))
    }
}

extension TransactionLedger {
    /// Ends a transaction by a frame of this counter, or by none.
    public func end(
        _ transaction: CardTransaction,
        with result: TransactionResult,
        counter: UInt32?,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        try await end(transaction, with: result, frame: counter.map { AnswerFrame($0) }, until: deadline)
    }
}
