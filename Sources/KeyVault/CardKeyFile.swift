import Foundation
import MSSCore
import OTA

/// What a personaliser encrypts for the home: one card's keys, as JSON of exactly these members (docs/registration.md).
struct CardKeyFile: Decodable {
    struct SecurityDomain: Decodable {
        var keyVersion: UInt8
        var kic: String
        var kid: String
        var tar: String
    }

    struct Applet: Decodable {
        var keyVersion: UInt8
        var root: String
    }

    var iccid: String
    var ssd: SecurityDomain
    var wpki: Applet

    /// - Throws: ``VaultError/envelope(_:)`` naming the member, never its value.
    static func decode(_ octets: [UInt8], for iccid: ICCID) throws(VaultError) -> CardKeyFile {
        guard octets.count <= 8_192 else { throw .envelope("longer than 8 KiB") }
        let file: CardKeyFile
        do {
            file = try JSONDecoder().decode(CardKeyFile.self, from: Data(octets))
        } catch { throw .envelope("the content is no card key file") }
        guard file.iccid == iccid.description else { throw .envelope("it is for another ICCID") }
        guard (1...15).contains(file.ssd.keyVersion) else { throw .envelope("ssd.keyVersion must be 1 to 15") }
        guard (1...254).contains(file.wpki.keyVersion) else { throw .envelope("wpki.keyVersion must be 1 to 254") }
        return file
    }

    func key(_ text: String, _ name: String) throws(VaultError) -> [UInt8] {
        guard let octets = Hexadecimal.octets(text), octets.count == 16 || octets.count == 32 else {
            throw .envelope("\(name) must be 16 or 32 octets in hexadecimal digits")
        }
        return octets
    }

    func tarOctets() throws(VaultError) -> TAR {
        guard let tar = Hexadecimal.octets(ssd.tar).flatMap({ TAR($0) }) else {
            throw .envelope("ssd.tar must be three octets")
        }
        return tar
    }
}
