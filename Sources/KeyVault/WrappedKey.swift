/// A key of the vault as it rests in the database: wrapped under a KEK.
public struct WrappedKey: Sendable, Equatable {
    public enum Purpose: String, Sendable, CaseIterable {
        /// Card keys are sealed under it: number 0 to 255, by card.
        case shard
        /// Rows that decide carry its HMAC; the number is the key's version, which stands in each code.
        case rows
    }

    public var purpose: Purpose
    public var number: Int32
    /// Which KEK wraps it; another one after a rotation, for the same key.
    public var kekVersion: Int32
    /// Which keys of the vault it belongs to: rows that are sealed under a shard name it.
    public var generation: Int32
    /// 40 octets by AES-KEY-WRAP.
    public var octets: [UInt8]

    /// - Parameters:
    ///   - purpose: What it is for.
    ///   - number: Of the shard, or version of the row key.
    ///   - kekVersion: Which KEK wraps it.
    ///   - generation: `nil` for keys that were made under this KEK.
    ///   - octets: Wrapped.
    public init(purpose: Purpose, number: Int32, kekVersion: Int32, generation: Int32? = nil, octets: [UInt8]) {
        self.generation = generation ?? kekVersion
        self.purpose = purpose
        self.number = number
        self.kekVersion = kekVersion
        self.octets = octets
    }
}
