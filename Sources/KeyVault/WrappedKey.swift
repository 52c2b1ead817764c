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
    /// Which KEK wraps it.
    public var kekVersion: Int32
    /// 40 octets by AES-KEY-WRAP.
    public var octets: [UInt8]

    public init(purpose: Purpose, number: Int32, kekVersion: Int32, octets: [UInt8]) {
        self.purpose = purpose
        self.number = number
        self.kekVersion = kekVersion
        self.octets = octets
    }
}
