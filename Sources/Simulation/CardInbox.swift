import OTA

/// The short messages of a command packet that is not whole yet; one packet at a time, as a card's buffer holds it.
struct CardInbox {
    private var reference: UInt16?
    private var parts: Reassembly?

    /// Takes the user data of a short message.
    ///
    /// - Returns: A command packet when it is whole.
    mutating func add(_ userData: [UInt8]) -> [UInt8]? {
        guard let data = try? UserData(userData) else { return nil }
        guard let part = data.part else {
            return data.packetIdentifier == Segmentation.command ? data.octets : nil
        }
        var current = part.reference == reference ? parts : nil
        var progress = try? current?.add(data)
        if progress == nil {
            // A reference comes round again: what does not fit the old packet begins a new one.
            current = Reassembly(total: part.total)
            progress = try? current?.add(data)
        }
        switch progress {
        case .complete(Segmentation.command, let packet):
            (reference, parts) = (nil, nil)
            return packet
        case .complete, nil: (reference, parts) = (nil, nil)
        case .incomplete: (reference, parts) = (part.reference, current)
        }
        return nil
    }
}
