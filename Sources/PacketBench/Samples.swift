import Foundation
@_spi(KeyMaterial) import OTA

/// Packets as they go over the air, beside what is in them: for programs that others wrote to read.
enum Samples {
    private struct Sample: Encodable {
        var kind: String
        var algorithm: String
        var checksumLength: Int
        var keyVersion: Int
        var receipt: String
        var kic: String
        var kid: String
        var tar: String
        var counter: UInt64
        var status: Int?
        var data: String
        var isProtected: Bool
        var segments: [String]
    }

    static func write() throws {
        for receipt in CardProfile.Receipt.allCases {
            for setting in try Setting.all(receipt: receipt) {
                for length in [0, 1, 2, 9, 10, 79, 98, 99, 242, 243, 400, 642] {
                    try printJSON(try command(setting, length))
                }
            }
        }
        for setting in try Setting.all() {
            for length in [0, 1, 16, 113, 114, 241] { try printJSON(try response(setting, length)) }
        }
        for length in [0, 1, 95, 124, 125, 387, 655] { try printJSON(try plainResponse(length)) }
    }

    private static func command(_ setting: Setting, _ length: Int) throws -> Sample {
        let data = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 11 &+ 3) }
        let counter = UInt64(length) << 30 | 0x1234
        let sealed = try SealedCommand(
            data,
            to: setting.tar,
            profile: setting.profile,
            under: try setting.keyset(),
            counter: counter,
            at: Date()
        )
        let segments = try sealed.segments(reference: length.isMultiple(of: 2) ? .octet(7) : .wide(0x0807))
        return sample("command", setting, counter, nil, data, true, segments)
    }

    private static func response(_ setting: Setting, _ length: Int) throws -> Sample {
        let packet = content(length, setting.tar)
        let segments = try packet.sealedSegments(
            profile: setting.profile,
            under: try setting.keyset(),
            reference: .octet(9)
        )
        return sample("response", setting, packet.counter, Int(packet.status), packet.data, true, segments)
    }

    private static func plainResponse(_ length: Int) throws -> Sample {
        let setting = try Setting(.aes128, checksumLength: 8, receipt: .plain)
        let packet = content(length, setting.tar)
        let segments = try packet.segments(reference: 9)
        return sample("response", setting, packet.counter, Int(packet.status), packet.data, false, segments)
    }

    private static func content(_ length: Int, _ tar: TAR) -> ResponsePacket {
        let data = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 5 &+ 1) }
        return ResponsePacket(tar: tar, counter: UInt64(length) << 20 | 5, status: 0x0B, data: data)
    }

    private static func sample(
        _ kind: String,
        _ setting: Setting,
        _ counter: UInt64,
        _ status: Int?,
        _ data: [UInt8],
        _ isProtected: Bool,
        _ segments: [[UInt8]]
    ) -> Sample {
        Sample(
            kind: kind,
            algorithm: setting.profile.algorithm.rawValue,
            checksumLength: setting.profile.checksumLength,
            keyVersion: Int(setting.profile.keyVersion),
            receipt: setting.profile.receipt.rawValue,
            kic: hexadecimal(setting.keys.kic),
            kid: hexadecimal(setting.keys.kid),
            tar: hexadecimal(setting.tar.octets),
            counter: counter,
            status: status,
            data: hexadecimal(data),
            isProtected: isProtected,
            segments: segments.map { hexadecimal($0) }
        )
    }

    private static func hexadecimal(_ octets: [UInt8]) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
