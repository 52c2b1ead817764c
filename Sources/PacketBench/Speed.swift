import Foundation
@_spi(KeyMaterial) import OTA

/// Packets a second of one core, by the thread's own CPU time: other work on the machine does not count.
struct Speed {
    let seconds: Double

    private struct Figure: Encodable {
        var what: String
        var algorithm: String
        var dataOctets: Int
        var shortMessages: Int
        var packetsPerSecond: Int
        var microseconds: Double
    }

    func run() throws {
        for algorithm in [OTAAlgorithm.aes128, .aes256, .tripleDES2, .tripleDES3] {
            let setting = try Setting(algorithm, checksumLength: 8, receipt: .protected)
            for length in [79, 223, 642] {
                try command(setting, length)
            }
            try receipt(setting, 95)
        }
        try answer(95)
        try answer(367)
    }

    /// From keys and data to short messages, and back as a card does it.
    private func command(_ setting: Setting, _ length: Int) throws {
        let data = [UInt8](repeating: 0x5A, count: length)
        let now = Date()
        var counter: UInt64 = 0
        let seal = {
            counter += 1
            return try SealedCommand(
                data,
                to: setting.tar,
                profile: setting.profile,
                under: try setting.keyset(),
                counter: counter,
                at: now
            ).segments(reference: UInt8(truncatingIfNeeded: counter))
        }
        let segments = try seal()
        try measure("seal command", setting, length, segments.count) { _ = try seal() }
        try measure("open command", setting, length, segments.count) {
            let packet = try Self.packet(segments)
            let opened = try OpenedCommand(packet, profile: setting.profile, under: try setting.keyset())
            guard opened.packet.data.count == length else { throw OTAError.malformed }
        }
    }

    private func receipt(_ setting: Setting, _ length: Int) throws {
        let data = [UInt8](repeating: 0x5A, count: length)
        let packet = ResponsePacket(tar: setting.tar, counter: 5, status: 0, data: data)
        let seal = {
            try packet.sealedSegments(profile: setting.profile, under: try setting.keyset(), reference: .octet(1))
        }
        let segments = try seal()
        try measure("seal receipt", setting, length, segments.count) { _ = try seal() }
        try measure("open receipt", setting, length, segments.count) {
            let octets = try Self.packet(segments)
            let receipt = try Receipt(octets, profile: setting.profile, under: try setting.keyset())
            guard case .authentic = receipt else { throw OTAError.notAuthentic }
        }
    }

    /// The transport of an applet's answer.
    private func answer(_ length: Int) throws {
        let setting = try Setting(.aes128, checksumLength: 8, receipt: .none)
        let packet = ResponsePacket(
            tar: setting.tar,
            counter: 5,
            status: 0,
            data: [UInt8](repeating: 0x5A, count: length)
        )
        let segments = try packet.segments(reference: 1)
        try measure("read answer", nil, length, segments.count) {
            guard try ResponsePacket(Self.packet(segments)) == packet else { throw OTAError.malformed }
        }
    }

    private static func packet(_ segments: [[UInt8]]) throws -> [UInt8] {
        if segments.count == 1 { return try UserData(segments[0]).octets }
        var reassembly = Reassembly(total: segments.count)
        for segment in segments {
            if case .complete(_, let packet) = try reassembly.add(try UserData(segment)) { return packet }
        }
        throw OTAError.malformed
    }

    private func measure(
        _ what: String,
        _ setting: Setting?,
        _ length: Int,
        _ segments: Int,
        _ work: () throws -> Void
    ) throws {
        for _ in 0..<200 { try work() }
        var count = 0
        let start = Self.cpuSeconds()
        var spent = 0.0
        while spent < seconds {
            for _ in 0..<100 { try work() }
            count += 100
            spent = Self.cpuSeconds() - start
        }
        try printJSON(
            Figure(
                what: what,
                algorithm: setting?.profile.algorithm.rawValue ?? "in the clear",
                dataOctets: length,
                shortMessages: segments,
                packetsPerSecond: Int(Double(count) / spent),
                microseconds: (spent / Double(count) * 1e8).rounded() / 100
            )
        )
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
