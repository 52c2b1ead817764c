import Synchronization

/// The table of ported numbers that requests are looked up in, and the changes of it; each is exchanged whole.
public final class PortedTable: Sendable {
    private struct State {
        var table: PortedNumbers?
        /// Of this very table, or `nil`.
        var changes: PortedNumbers?
    }

    private let state = Mutex(State())

    /// Makes an empty table.
    public init() {}

    /// Takes a list in the place of the one of its kind; a table drops the changes of another one.
    ///
    /// - Returns: Whether it is looked up in from now on: changes of another table are not.
    @discardableResult
    public func take(_ list: PortedNumbers) -> Bool {
        state.withLock { state in
            switch list.kind {
            case .table:
                if state.changes?.kind != .changes(of: list.serial) { state.changes = nil }
                state.table = list
                return true
            case .changes(let base):
                guard state.table?.serial == base else { return false }
                state.changes = list
                return true
            }
        }
    }

    /// Forgets the changes: the table alone counts.
    public func dropChanges() { state.withLock { $0.changes = nil } }

    /// Numbers in the table; 0 while there is none.
    public var count: Int { state.withLock { $0.table?.count ?? 0 } }

    /// The number of what is looked up in: that of the changes, or else the table's; 0 while there is none.
    public var serial: UInt64 { state.withLock { $0.changes?.serial ?? $0.table?.serial ?? 0 } }

    /// The place of a number's home; `nil` for one that is not ported.
    func home(of number: UInt64) -> Int? {
        let (table, changes) = state.withLock { ($0.table, $0.changes) }
        guard let found = changes?.home(of: number) ?? table?.home(of: number), found != PortedNumbers.nowhere else {
            return nil
        }
        return Int(found)
    }
}
