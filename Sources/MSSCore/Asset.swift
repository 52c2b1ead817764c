public import Logging

/// Whose asset a logged value is; the log handler decides by it what may be shown.
///
/// The four groups are those of the platform's asset classification (docs/assets-and-threats.md); `open` is what
/// anyone may read. A value logged without a class is not shown at all.
public enum Asset: Int64, Sendable, Logger.MetadataValueAttributes.Attribute {
    /// Nobody's secret: codes, counts, durations, names of operations.
    case open = 0
    /// A mobile user's identity, card, keys or logs; logged as a keyed pseudonym.
    case mobileUser = 1
    /// Registration and validation controls.
    case registration = 2
    /// An application provider's access data and logs.
    case applicationProvider = 3
    /// Credentials and identities of the system itself.
    case system = 4
}

extension Logger.MetadataValue.StringInterpolation {
    /// Logs `value` as belonging to `asset`.
    public mutating func appendInterpolation(_ value: some CustomStringConvertible & Sendable, as asset: Asset) {
        appendInterpolation(value, attributes: { $0[Asset.self] = asset })
    }
}
