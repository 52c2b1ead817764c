import Foundation
@_spi(KeyMaterial) import OTA

/// A card batch with made-up keys.
struct Setting {
    let profile: CardProfile
    /// KIc and KID; no two octets of a key are the same, so no two keys of triple DES are.
    let keys: (kic: [UInt8], kid: [UInt8])
    /// WPK in ASCII.
    let tar: TAR

    /// Every algorithm, each with every length of its checksum.
    static func all(receipt: CardProfile.Receipt = .protected) throws -> [Setting] {
        try OTAAlgorithm.allCases.flatMap { algorithm in
            try (algorithm.isLegacy ? [8] : [8, 4]).map { try Setting(algorithm, checksumLength: $0, receipt: receipt) }
        }
    }

    init(_ algorithm: OTAAlgorithm, checksumLength: Int, receipt: CardProfile.Receipt) throws {
        guard let tar = TAR([0x57, 0x50, 0x4B]) else { throw UsageError() }
        self.tar = tar
        let key = (0..<algorithm.keyLength).map { UInt8($0 * 7 + 1) }
        keys = (key, key.map { $0 ^ 0xF0 })
        profile = try CardProfile(
            algorithm: algorithm,
            keyVersion: 3,
            checksumLength: checksumLength,
            receipt: receipt,
            legacy: LegacyPermission(batch: "sample", algorithm: algorithm, lastDay: "2099-12-31")
        )
    }

    func keyset() throws -> OTAKeyset {
        try OTAKeyset(kic: keys.kic, kid: keys.kid, algorithm: profile.algorithm)
    }
}
