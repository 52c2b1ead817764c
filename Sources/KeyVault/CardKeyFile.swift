import Foundation
import MSSCore
import OTA

/// What a personaliser encrypts for the home: one card's keys, as JSON of exactly these members (docs/registration.md).
struct CardKeyFile: Decodable {
    struct SecurityDomain: Decodable {
        enum CodingKeys: String, CodingKey, CaseIterable {
            case keyVersion, kic, kid, tar
        }

        var keyVersion: UInt8
        var kic: String
        var kid: String
        var tar: String

        init(from decoder: any Decoder) throws {
            let members = try decoder.onlyMembers(CodingKeys.self)
            keyVersion = try members.decode(UInt8.self, forKey: .keyVersion)
            kic = try members.decode(String.self, forKey: .kic)
            kid = try members.decode(String.self, forKey: .kid)
            tar = try members.decode(String.self, forKey: .tar)
        }
    }

    struct Applet: Decodable {
        enum CodingKeys: String, CodingKey, CaseIterable {
            case keyVersion, root
        }

        var keyVersion: UInt8
        var root: String

        init(from decoder: any Decoder) throws {
            let members = try decoder.onlyMembers(CodingKeys.self)
            keyVersion = try members.decode(UInt8.self, forKey: .keyVersion)
            root = try members.decode(String.self, forKey: .root)
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case iccid, ssd, wpki
    }

    var iccid: String
    var ssd: SecurityDomain
    var wpki: Applet

    init(from decoder: any Decoder) throws {
        let members = try decoder.onlyMembers(CodingKeys.self)
        iccid = try members.decode(String.self, forKey: .iccid)
        ssd = try members.decode(SecurityDomain.self, forKey: .ssd)
        wpki = try members.decode(Applet.self, forKey: .wpki)
    }

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

extension Decoder {
    /// The object's members, none of them unknown: a misspelt one must not go unseen.
    fileprivate func onlyMembers<Key: CodingKey & CaseIterable>(
        _ key: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let names = try container(keyedBy: AnyMember.self).allKeys.map(\.stringValue)
        guard Set(names).isSubset(of: Set(Key.allCases.map(\.stringValue))) else {
            throw DecodingError.dataCorrupted(DecodingError.Context(codingPath: codingPath, debugDescription: ""))
        }
        return try container(keyedBy: key)
    }
}

private struct AnyMember: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
