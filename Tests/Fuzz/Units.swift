import SMPP

/// Protocol units of SMPP 3.4: a unit alone, or a stream that comes in pieces; the first octet tells which.
func fuzzUnits(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let octets = Array(input[1...])
    if kind.isMultiple(of: 2) { readUnit(octets) } else { readStream(octets, pieces: Int(kind / 2) + 1) }
}

private func readUnit(_ octets: [UInt8]) {
    _ = (PDU.sequence(of: octets), PDU.isResponse(octets))
    guard let unit = try? PDU(octets), let written = try? unit.octets() else { return }
    guard (try? PDU(written)) == unit else { finding("a unit changes") }
    // A receipt is a text of the message centre's own making inside the unit.
    if case .deliver(let message) = unit.body { _ = MessageReceipt(message) }
}

/// However a stream is cut on its way, the units in it are the same.
private func readStream(_ octets: [UInt8], pieces: Int) {
    let whole = units(octets, pieces: max(octets.count, 1))
    for unit in whole { readUnit(unit) }
    if units(octets, pieces: pieces) != whole { finding("pieces matter") }
}

private func units(_ octets: [UInt8], pieces: Int) -> [[UInt8]] {
    var frames = Frames()
    var units: [[UInt8]] = []
    for start in stride(from: 0, to: octets.count, by: pieces) {
        frames.append(octets[start..<min(start + pieces, octets.count)])
        do {
            while let unit = try frames.next() { units.append(unit) }
        } catch { return units }
    }
    return units
}
