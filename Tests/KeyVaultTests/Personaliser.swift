@_spi(KeyMaterial) import Alauda
import Foundation
import KeyVault
import MSSCore
import MSSTestSupport
@_spi(KeyMaterial) import OTA
import Testing

/// A card's keys in the clear, as the personaliser and the card know them.
struct PlainCard {
    var iccid = "89358001234567890120"
    var kic = [UInt8](repeating: 0xA0, count: 16)
    var kid = [UInt8](repeating: 0xB0, count: 16)
    var root = [UInt8](0xD0...0xDF)

    func parsedICCID() throws -> ICCID { try #require(ICCID(iccid)) }

    /// What is encrypted for the home (docs/registration.md).
    var file: String {
        """
        {"iccid":"\(iccid)",\
        "ssd":{"keyVersion":1,"kic":"\(Hexadecimal.text(kic))","kid":"\(Hexadecimal.text(kid))","tar":"57504b"},\
        "wpki":{"keyVersion":1,"root":"\(Hexadecimal.text(root))"}}
        """
    }

    /// Opens a command as the card does.
    func open(
        _ packet: [UInt8],
        after counter: UInt64 = 0,
        keyVersion: UInt8 = 1
    ) throws -> (message: DownMessage, counter: UInt64)? {
        let profile = try CardProfile(algorithm: .aes128, keyVersion: 1)
        let opened = try OpenedCommand(packet, profile: profile, under: try OTAKeyset(kic: kic, kid: kid))
        guard opened.counter > counter else { return nil }
        let plaintext = try keys(keyVersion).open(opened.packet.data, direction: .down)
        return (try DownMessage(decoding: plaintext), opened.counter)
    }

    /// Seals an answer as the card does.
    func answer(_ message: UpMessage, counter: UInt32, keyVersion: UInt8 = 1) throws -> ResponsePacket {
        let frame = try keys(keyVersion).seal(message.octets, counter: counter, direction: .up)
        return ResponsePacket(tar: try #require(TAR([0x57, 0x50, 0x4B])), counter: 1, status: 0, data: frame)
    }

    private func keys(_ keyVersion: UInt8) throws -> WPKIKeys {
        try WPKIKeys(root: root, iccid: try parsedICCID().octets, keyVersion: keyVersion)
    }
}

/// A home's import credential, its vault, and the openssl that personalisers use.
struct Personaliser {
    let pki: ThrowawayPKI
    let vault: Vault
    let keks: FileKEK
    let vaultKeys: [WrappedKey]
    static let topKey = [UInt8](repeating: 0x42, count: 32)

    /// Makes keys and certificates: RSA of 2048 bits, or P-256.
    init(rsa: Bool = true) async throws {
        pki = try ThrowawayPKI()
        let algorithm = rsa ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        for name in ["home", "other"] {
            try await pki.openssl.run(
                ["req", "-x509", "-nodes", "-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)"]
                    + ["-days", "2", "-newkey"] + algorithm
            )
        }
        try pki.write(Self.topKey, to: "kek")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: pki.path("kek"))
        keks = FileKEK(path: pki.path("kek"))
        vaultKeys = try Vault.newKeys(under: 1, of: keks)
        vault = try Vault(importKey: try pki.octets("home.key"), importCertificate: try pki.octets("home.pem"))
        try vault.unseal(vaultKeys, with: keks)
    }

    /// Another vault with the same import credential, sealed.
    func sealedVault() throws -> Vault {
        try Vault(importKey: try pki.octets("home.key"), importCertificate: try pki.octets("home.pem"))
    }

    /// Encrypts a key file for a recipient.
    func envelope(
        _ content: String,
        for recipient: String = "home",
        cipher: String = "-aes-256-gcm",
        options: [String] = []
    ) async throws -> [UInt8] {
        try await pki.openssl.run(
            ["cms", "-encrypt", cipher, "-binary", "-outform", "DER", "-recip", "\(recipient).pem"] + options,
            input: Array(content.utf8)
        ).standardOutput
    }
}
