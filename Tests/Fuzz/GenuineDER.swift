import Foundation
import MSSCore
@_spi(Archive) import Signatures
import SwiftASN1

/// What openssl made once (Tests/Fuzz/Seeds/der.hex), whose keys are gone: nothing else can be genuine.
struct GenuineDER: Sendable {
    let anchors: [UInt8]
    let user: [UInt8]
    let held: [UInt8]
    /// The signed part of what a responder said of the user, and of the one on hold.
    let userAnswer: [UInt8]
    let heldAnswer: [UInt8]
    let lists: [[UInt8]]
    let bare: [UInt8]
    let attributes: [UInt8]
    let value: [UInt8]
    let certificate: UserCertificate
    let authority: UserAuthority

    /// What was signed.
    let content = SigningContent.utf8(Array("Sign this".utf8))
    /// Between the times of everything in the file.
    let date = Date(timeIntervalSince1970: 1_900_000_000)

    static let file: GenuineDER = {
        guard let genuine = try? GenuineDER(read("Tests/Fuzz/Seeds/der.hex")) else { finding("no fixtures") }
        return genuine
    }()

    private init(_ named: [String: [UInt8]]) throws {
        func octets(_ name: String) throws -> [UInt8] {
            guard let octets = named[name] else { throw CocoaError(.fileReadCorruptFile) }
            return octets
        }
        let pem = Data(try octets("ca")).base64EncodedString(options: .lineLength64Characters)
        anchors = Array("-----BEGIN CERTIFICATE-----\n\(pem)\n-----END CERTIFICATE-----\n".utf8)
        user = try octets("user")
        held = try octets("held")
        userAnswer = try Self.signedPart(try octets("user answer"))
        heldAnswer = try Self.signedPart(try octets("held answer"))
        lists = [try octets("empty list"), try octets("full list")]
        bare = try octets("bare")
        attributes = try octets("attributes")
        value = Array(try octets("value").dropFirst())
        certificate = try UserCertificate(der: user)
        authority = try UserAuthority(anchors: anchors, revocationList: nil)
    }

    /// The form of the signature with attributes: signing-time stands between the mandatory two.
    var advanced: SigningForm {
        let start: [UInt8] = [0x30, 0x1C, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x05]
        let place = attributes.indices.first { attributes[$0...].starts(with: start) } ?? 0
        return SigningForm(
            structure: .attached,
            attributes: AddedAttributes(mid: Array(attributes[place..<(place + 30)]))
        )
    }

    /// Lines by the comment before them, without their first octet.
    private static func read(_ path: String) throws -> [String: [UInt8]] {
        var named: [String: [UInt8]] = [:]
        var name = ""
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("# ") {
                name = String(line.dropFirst(2))
            } else if named[name] == nil {
                named[name] = Array(Self.octets(line).dropFirst())
            }
        }
        return named
    }

    private static func octets(_ line: Substring) -> [UInt8] {
        let digits = Array(line)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
    }

    /// tbsResponseData of an OCSPResponse (RFC 6960 §4.2.1).
    private static func signedPart(_ response: [UInt8]) throws -> [UInt8] {
        func child(_ node: ASN1Node, _ index: Int) throws -> ASN1Node {
            guard case .constructed(let children) = node.content, let child = Array(children).dropFirst(index).first
            else { throw CocoaError(.fileReadCorruptFile) }
            return child
        }
        let bytes = try child(child(child(DER.parse(response), 1), 0), 1)
        guard case .primitive(let basic) = bytes.content else { throw CocoaError(.fileReadCorruptFile) }
        return Array(try child(DER.parse(Array(basic)), 0).encodedBytes)
    }
}
