import Foundation
@_spi(AnyPacket) @_spi(KeyMaterial) import OTA

private let profiles: [CardProfile] = OTAAlgorithm.allCases.flatMap { algorithm in
    (algorithm.isLegacy ? [8] : [8, 4]).compactMap { length in
        try? CardProfile(
            algorithm: algorithm,
            keyVersion: 1,
            checksumLength: length,
            receipt: .protected,
            legacy: LegacyPermission(batch: "fuzz", algorithm: algorithm, lastDay: "2099-12-31")
        )
    }
}
private let now = Date(timeIntervalSince1970: 1_800_000_000)

private func key(_ length: Int) -> [UInt8] { (0..<length).map { UInt8($0 * 7 + 1) } }

/// Packets of TS 102 225, their short messages and their parts; the first octet tells which.
func fuzzPackets(_ input: [UInt8]) {
    guard input.count >= 2 else { return }
    let octets = Array(input[2...])
    let profile = profiles[Int(input[1]) % profiles.count]
    let length = profile.algorithm.keyLength
    guard let tar = TAR([1, 2, 3]),
        let keyset = try? OTAKeyset(kic: key(length), kid: key(length), algorithm: profile.algorithm)
    else { finding("no keys") }
    switch input[0] % 8 {
    case 0:
        // Nobody can have made a packet under these keys.
        if (try? OpenedCommand(octets, profile: profile, under: keyset)) != nil { finding("a forged command") }
    case 1: readAnyCommand(octets)
    case 2: readResponse(octets, profile, keyset)
    case 3: readUserData(octets)
    case 4: reassemble(octets)
    case 5: sealAndDamage(octets, profile, tar, keyset)
    case 6: cut(octets, wide: input[1] & 1 == 1, tar)
    default: _ = LegacyPermission(batch: "b", algorithm: .tripleDES2, lastDay: String(decoding: octets, as: UTF8.self))
    }
}

/// Under the protection that the packet names; what opens is sealed again to the same content.
private func readAnyCommand(_ octets: [UInt8]) {
    guard let header = try? OpenedCommand.header(octets) else { return }
    for length in [8, 16, 24, 32] {
        guard let codec = try? AnyPacket(header, kic: key(length), kid: key(length)),
            let content = try? codec.content(ofCommand: octets)
        else { continue }
        guard let again = try? codec.command(content.packet.data, counter: content.counter) else { continue }
        guard (try? codec.content(ofCommand: again)) == content else { finding("a command changes") }
    }
}

private func readResponse(_ octets: [UInt8], _ profile: CardProfile, _ keyset: borrowing OTAKeyset) {
    if let packet = try? ResponsePacket(octets), packet.octets != octets { finding("a response changes") }
    if let receipt = try? Receipt(octets, profile: profile, under: keyset), case .authentic = receipt {
        finding("a forged receipt")
    }
    guard octets.count > 4, let tar = TAR([0, 0, 0]) else { return }
    let header = CommandPacket.Header(
        spi: SPI(first: octets[0], second: octets[1]),
        kic: KeyIndication(octet: octets[2]),
        kid: KeyIndication(octet: octets[3]),
        tar: tar
    )
    for length in [8, 16, 24, 32] {
        guard let codec = try? AnyPacket(header, kic: key(length), kid: key(length)),
            let packet = try? codec.content(ofResponse: Array(octets[4...]))
        else { continue }
        guard let again = try? codec.octets(ofResponse: packet) else { continue }
        guard (try? codec.content(ofResponse: again)) == packet else { finding("a response changes") }
    }
}

private func readUserData(_ octets: [UInt8]) {
    guard let userData = try? UserData(octets) else { return }
    guard (try? UserData(userData.stored)) == userData else { finding("stored user data changes") }
}

/// Parts, each behind its length.
private func reassemble(_ octets: [UInt8]) {
    var parts: [[UInt8]] = []
    var rest = octets[...]
    while let length = rest.popFirst() {
        parts.append(Array(rest.prefix(Int(length))))
        rest = rest.dropFirst(Int(length))
    }
    guard case .complete(_, let packet)? = try? Reassembly.whole(of: parts) else { return }
    guard case .complete(_, packet)? = try? Reassembly.whole(of: parts.reversed()) else { finding("an order matters") }
}

/// Two octets tell where to damage what the others say.
private func sealAndDamage(_ octets: [UInt8], _ profile: CardProfile, _ tar: TAR, _ keyset: borrowing OTAKeyset) {
    guard octets.count >= 3 else { return }
    let data = Array(octets[3...])
    let place = Int(octets[0]) << 8 | Int(octets[1])
    guard
        let sealed = try? SealedCommand(data, to: tar, profile: profile, under: keyset, counter: 9, at: now).packet
    else { return }
    guard let opened = try? OpenedCommand(sealed, profile: profile, under: keyset), opened.packet.data == data else {
        finding("a sealed command does not open")
    }
    var damaged = sealed
    damaged[place % damaged.count] ^= octets[2]
    if octets[2] != 0, (try? OpenedCommand(damaged, profile: profile, under: keyset)) != nil {
        finding("a damaged command opens")
    }
    let response = ResponsePacket(tar: tar, counter: 9, status: octets[0], data: data)
    guard var receipt = try? response.sealed(profile: profile, under: keyset) else { return }
    guard case .authentic(let authentic)? = try? Receipt(receipt, profile: profile, under: keyset),
        authentic.data == data
    else { finding("a sealed receipt does not open") }
    receipt[place % receipt.count] ^= octets[2]
    if octets[2] != 0, case .authentic? = try? Receipt(receipt, profile: profile, under: keyset) {
        finding("a damaged receipt opens")
    }
}

private func cut(_ octets: [UInt8], wide: Bool, _ tar: TAR) {
    let packet = ResponsePacket(tar: tar, counter: 1, status: 0, data: octets)
    guard let segments = try? packet.segments(reference: wide ? .wide(0x1234) : .octet(7)) else { return }
    if segments.contains(where: { $0.count > 140 }) { finding("a segment is too long") }
    guard segments.count > 1 else { return }
    let stored = segments.compactMap { (try? UserData($0))?.stored }
    guard case .complete(Segmentation.response, packet.octets)? = try? Reassembly.whole(of: stored) else {
        finding("segments are not the packet")
    }
}
