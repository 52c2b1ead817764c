/// Checkpoints as they follow each other: what is missing, what does not join, and which ranges do not fit.
struct CheckpointReview {
    /// A line each, in their order.
    private(set) var findings: [String] = []
    /// The last one that is as it was signed.
    private(set) var last: CheckpointStatement?
    private var number: Int64 = 0

    /// Takes the next one.
    ///
    /// - Returns: It, if its range can be compared; `nil` for one that is not as it was signed.
    mutating func take(_ number: Int64, _ signed: AuditCheckpoints.Signed?) -> AuditCheckpoints.Signed? {
        if number != self.number + 1 { findings.append("checkpoint \(self.number + 1) is missing") }
        let follows = number == self.number + 1
        self.number = number
        guard let signed else {
            findings.append("checkpoint \(number) is not as it was signed")
            last = nil
            return nil
        }
        let statement = signed.statement
        let before = (last?.rows.upperBound ?? 0, last?.digest ?? CheckpointStatement.nothing)
        let isFirst = number == 1
        if follows, isFirst || last != nil, (statement.rows.lowerBound - 1, statement.previous) != before {
            findings.append("checkpoint \(number) does not follow the one before it")
        }
        last = statement
        return signed
    }

    /// Compares what a checkpoint says with what there is.
    mutating func compare(_ statement: CheckpointStatement, with found: (digest: [UInt8], count: Int64)) {
        guard found.digest != statement.digest || found.count != statement.count else { return }
        let range = "rows \(statement.rows.lowerBound) to \(statement.rows.upperBound) (checkpoint \(statement.number))"
        if found.count == 0 {
            findings.append("\(range): all \(statement.count) are gone")
        } else if found.count == statement.count {
            findings.append("\(range): a row was changed")
        } else {
            findings.append("\(range): there are \(found.count), and there were \(statement.count)")
        }
    }
}
