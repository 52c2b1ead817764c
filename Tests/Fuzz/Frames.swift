@_spi(KeyMaterial) import Alauda

/// Frames of the WPKI profile and the messages in them; the first octet tells which.
func fuzzFrames(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let octets = Array(input[1...])
    switch kind % 4 {
    case 0: openFrame(octets)
    case 1:
        guard let message = try? DownMessage(decoding: octets) else { return }
        guard (try? DownMessage(decoding: message.octets)) == message else { finding("a command changes") }
    case 2:
        guard let message = try? UpMessage(decoding: octets) else { return }
        guard (try? UpMessage(decoding: message.octets)) == message else { finding("an answer changes") }
    default: sealAndDamage(octets)
    }
}

private func openFrame(_ octets: [UInt8]) {
    _ = try? FrameHeader(octets)
    for length in [16, 32] {
        guard
            let keys = try? WPKIKeys(
                root: [UInt8](repeating: 0x5C, count: length),
                iccid: [UInt8](repeating: 0x11, count: 10),
                keyVersion: octets.count > 1 ? octets[1] : 1
            )
        else { continue }
        for direction in [Direction.down, .up] where (try? keys.open(octets, direction: direction)) != nil {
            finding("a forged frame")
        }
    }
}

/// Three octets tell where to damage what the others say.
private func sealAndDamage(_ octets: [UInt8]) {
    guard octets.count >= 3,
        let keys = try? WPKIKeys(
            root: [UInt8](repeating: 0x5C, count: 16),
            iccid: [UInt8](repeating: 0x11, count: 10),
            keyVersion: 1
        )
    else { return }
    let plaintext = Array(octets[3...])
    guard var frame = try? keys.seal(plaintext, counter: 7, direction: .down) else { return }
    guard (try? keys.open(frame, direction: .down)) == plaintext else { finding("a sealed frame does not open") }
    if (try? keys.open(frame, direction: .up)) != nil { finding("a frame opens the other way") }
    frame[(Int(octets[0]) << 8 | Int(octets[1])) % frame.count] ^= octets[2]
    if octets[2] != 0, (try? keys.open(frame, direction: .down)) != nil { finding("a damaged frame opens") }
}
