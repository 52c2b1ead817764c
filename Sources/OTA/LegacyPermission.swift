public import Foundation

/// One batch of cards that may still use triple DES, and for how long.
///
/// Nothing uses triple DES without one. After the last day nothing is sent under it any more.
public struct LegacyPermission: Sendable, Equatable {
    /// The batch, as its personaliser names it.
    public let batch: String
    public let algorithm: OTAAlgorithm
    /// `YYYY-MM-DD`, in UTC.
    public let lastDay: String
    private let end: Date

    /// `nil` for an algorithm that needs no permission, a day that the calendar does not have, or no name.
    ///
    /// - Parameters:
    ///   - batch: Not empty.
    ///   - algorithm: ``OTAAlgorithm/tripleDES2`` or ``OTAAlgorithm/tripleDES3``.
    ///   - lastDay: `YYYY-MM-DD`; the permission ends with this day in UTC.
    public init?(batch: String, algorithm: OTAAlgorithm, lastDay: String) {
        let format = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
        guard !batch.isEmpty, algorithm.isLegacy, let day = try? Date(lastDay, strategy: format),
            day.formatted(format) == lastDay
        else { return nil }
        self.batch = batch
        self.algorithm = algorithm
        self.lastDay = lastDay
        end = day.addingTimeInterval(86_400)
    }

    /// Whether the last day has passed.
    public func isOver(at time: Date) -> Bool { time >= end }
}
