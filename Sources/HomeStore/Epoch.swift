/// Which database this is, where it stands, and which epoch its counters are in.
public struct DatabaseIdentity: Sendable, Equatable {
    /// Of the cluster, from its making on (`pg_control_system`).
    public var system: Int64
    /// Eight digits; another one after a fail-over or a recovery to a point in time.
    public var timeline: String
    /// Object id of the database in its cluster: another one for a copy of it.
    public var database: Int64
    /// Object id of `card_counters`: another one after a dump was read in.
    public var table: Int64
    /// Octets of write-ahead log; never falls while it is the same database.
    public var position: Int64
    /// The epoch up to which its counters were moved.
    public var epoch: Int64

    public init(system: Int64, timeline: String, database: Int64, table: Int64, position: Int64, epoch: Int64) {
        self.system = system
        self.timeline = timeline
        self.database = database
        self.table = table
        self.position = position
        self.epoch = epoch
    }
}

/// What the home keeps outside the database of the database that it left.
///
/// Counters that were spent must never be spent again, whatever the database is set back to. So each restoration
/// begins an epoch, and a card's counter is what is stored plus 2^16 for each epoch that the database has not seen.
public struct EpochRecord: Sendable, Equatable {
    public var epoch: Int64
    public var database: DatabaseIdentity

    public init(epoch: Int64, database: DatabaseIdentity) {
        self.epoch = epoch
        self.database = database
    }

    /// Why a database is not the one that was left, in the state it was left in or a later one; `nil` if it is.
    public func objection(to found: DatabaseIdentity) -> String? {
        if found.system != database.system { return "it is another cluster" }
        if found.timeline != database.timeline { return "it is on another timeline: a fail-over or a recovery" }
        if found.database != database.database { return "it is another database of the cluster, perhaps a copy" }
        if found.table != database.table { return "its tables were made anew: a dump was read in" }
        if found.epoch != epoch { return "its counters are of another epoch" }
        if found.position < database.position { return "it is older than it was" }
        return nil
    }

    /// The epoch that a restoration begins: above every one that was, here or in the database.
    public static func next(after record: EpochRecord?, in found: DatabaseIdentity) -> Int64 {
        max(record?.epoch ?? 0, found.epoch) + 1
    }
}

extension EpochRecord {
    /// One `name=value` a line.
    var text: String {
        """
        epoch=\(epoch)
        system=\(database.system)
        timeline=\(database.timeline)
        database=\(database.database)
        table=\(database.table)
        position=\(database.position)

        """
    }

    init?(_ text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            guard let sign = line.firstIndex(of: "="), values[line[..<sign]] == nil else { return nil }
            values[line[..<sign]] = line[line.index(after: sign)...]
        }
        guard values.count == 6, let epoch = values["epoch"].flatMap({ Int64($0) }), epoch >= 0, epoch < 1 << 20,
            let system = values["system"].flatMap({ Int64($0) }), let timeline = values["timeline"],
            let copy = values["database"].flatMap({ Int64($0) }), let table = values["table"].flatMap({ Int64($0) }),
            let position = values["position"].flatMap({ Int64($0) })
        else { return nil }
        self.epoch = epoch
        database = DatabaseIdentity(
            system: system,
            timeline: String(timeline),
            database: copy,
            table: table,
            position: position,
            epoch: epoch
        )
    }
}
