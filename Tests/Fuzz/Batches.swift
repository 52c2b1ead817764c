@_spi(KeyMaterial) import KeyVault
import OTA

/// The first octet tells: a row of a personaliser's file, a file that comes in pieces, or what a custodian types.
func fuzzBatches(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let octets = Array(input[1...])
    switch kind % 3 {
    case 0: readRow(octets)
    case 1: readFile(octets)
    default: readComponent(octets)
    }
}

/// Of 000102…0F and A0…A0: the seeds are wrapped under it.
private let transportKey: TransportKey = {
    let parts = [("000102030405060708090a0b0c0d0e0f", "c35280"), ("a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", "538274")]
    let components = parts.compactMap { part in
        try? TransportKeyComponent(digits: Array(part.0.utf8), checkValue: Array(part.1.utf8))
    }
    guard let key = try? TransportKey(components) else { finding("no transport key") }
    return key
}()

private func readRow(_ octets: [UInt8]) {
    guard let row = try? BatchRow(octets) else { return }
    guard (try? BatchRow(octets)) == row else { finding("a row is read in two ways") }
    guard octets.count(where: { $0 == 0x2C }) == BatchColumn.allCases.count - 1 else { finding("a column is lost") }
    guard let keys = try? row.keys(under: transportKey) else { return }
    guard keys.kic.count == row.algorithm.keyLength, keys.kid.count == row.algorithm.keyLength else {
        finding("keys of another length")
    }
    // A key that opens is the one of its check value, and any other check value is refused.
    for place in octets.indices where octets[place] == 0x2C {
        var changed = octets
        guard place + 1 < changed.count else { continue }
        changed[place + 1] ^= 0x01
        guard let other = try? BatchRow(changed), other != row else { continue }
        if let opened = try? other.keys(under: transportKey), opened.root != keys.root {
            finding("a changed key opens")
        }
    }
}

/// However a file is cut on its way, its lines are the same and none is longer than a line may be.
private func readFile(_ octets: [UInt8]) {
    guard let size = octets.first.map({ Int($0) + 1 }) else { return }
    let file = Array(octets[1...])
    let whole = lines(of: file, pieces: max(1, file.count))
    if lines(of: file, pieces: size) != whole { finding("pieces matter") }
    for case .octets(let line) in whole {
        if line.count > BatchLines.longest || line.contains(0x0A) { finding("a line is none") }
        readRow(line)
    }
}

private func lines(of file: [UInt8], pieces: Int) -> [BatchLines.Line] {
    var lines = BatchLines()
    var found: [BatchLines.Line] = []
    for start in stride(from: 0, to: file.count, by: pieces) {
        lines.append(file[start..<min(start + pieces, file.count)])
        while let line = lines.next() { found.append(line) }
    }
    if let last = lines.last() { found.append(last) }
    return found
}

private func readComponent(_ octets: [UInt8]) {
    let parts = octets.split(separator: 0x2C, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2,
        let component = try? TransportKeyComponent(digits: Array(parts[0]), checkValue: Array(parts[1]))
    else { return }
    if (try? TransportKey([component, component])) != nil { finding("a key of twice the same") }
    if "\(component)" != "‹component›" { finding("a component is shown") }
}
