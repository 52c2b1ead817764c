import Foundation

/// What a card keeps when it has no power: its keys, counters, PINs and its last answer.
///
/// All of it is secret.
public struct CardState: Codable, Sendable {
    /// A root key of the applet, and the last counters of both directions under it.
    struct Root: Codable, Sendable {
        var keyVersion: UInt8
        /// Hexadecimal digits.
        var key: String
        var down: UInt32 = 0
        var up: UInt32 = 0
    }

    /// What REPEAT sends once more.
    struct Answer: Codable, Sendable {
        var transaction: [UInt8]
        var plaintext: [UInt8]
        /// Under which root alone it goes, if not under that of the request.
        var keyVersion: UInt8?
    }

    /// CNTR of the last packet of the security domain.
    var packetCounter: UInt64 = 0
    /// The living ones: the active one, then one that no valid frame has come under yet.
    var roots: [Root]
    /// No new root may have this KVN or one below.
    var highestKeyVersion: UInt8
    var slots: [UInt8: CardSlot] = [:]
    var last: Answer?
    /// Frames refused in a row.
    var faults = 0
    /// Of the last concatenated short message.
    var reference: UInt8 = 0

    /// A card as the personaliser made it.
    init(_ record: CardRecord) {
        roots = [Root(keyVersion: record.wpki.keyVersion, key: record.wpki.root)]
        highestKeyVersion = record.wpki.keyVersion
    }

    /// Reads a state that ``write(to:)`` wrote.
    ///
    /// - Throws: ``SimulationError`` naming the file.
    public init(reading file: String) throws(SimulationError) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw SimulationError("\(file) cannot be read")
        }
        guard let state = try? JSONDecoder().decode(CardState.self, from: data) else {
            throw SimulationError("\(file) is no card's state")
        }
        self = state
    }

    /// Puts a file in the place of an older one, whole or not at all; mode 0600.
    public func write(to file: String) throws(SimulationError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            let new = file + ".new"
            try PrivateFile.write(try encoder.encode(self), new)
            guard rename(new, file) == 0 else { throw SimulationError("\(file) cannot be written") }
        } catch { throw SimulationError("\(file) cannot be written") }
    }
}

extension CardState: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹card›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
