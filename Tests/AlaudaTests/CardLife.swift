@_spi(KeyMaterial) import Alauda
import MSSTestSupport
import Testing

/// Tests/Vectors/wpki/card-life.json: the worked messages of the WPKI profile.
struct CardLife: Decodable {
    struct KeySet: Decodable {
        struct Frame: Decodable {
            var direction: String
            var counter: UInt32
            var plaintext: Vectors.Octets
            var frame: Vectors.Octets
        }

        var keyVersion: UInt8
        var root: Vectors.Octets
        /// Frames made with the derived keys by other code than ours.
        var frames: [Frame]?
    }

    struct SecurityDomain: Decodable {
        var keyVersion: UInt8
        var kic: Vectors.Octets
        var kid: Vectors.Octets
        var tar: Vectors.Octets
    }

    struct Side: Decodable {
        var plaintext: Vectors.Octets
        var counter: UInt32
        var frame: Vectors.Octets
        var packetCounter: Vectors.Octets
        var packet: Vectors.Octets
        /// Of each short message.
        var userData: [Vectors.Octets]
    }

    struct Shown: Decodable {
        var head: String?
        var text: String
    }

    struct Proof: Decodable {
        var message: Vectors.Octets
        var signature: Vectors.Octets
        var publicKey: Vectors.Octets
    }

    struct Exchange: Decodable, CustomTestStringConvertible {
        var name: String
        var command: Side
        var answer: Side?
        var shown: Shown?
        /// The status with which a card refuses, or "silence".
        var refused: String?
        var proof: Proof?

        var testDescription: String { name }
    }

    var iccid: Vectors.Octets
    var securityDomain: SecurityDomain
    var applet: KeySet
    var applet256: KeySet
    var exchanges: [Exchange]

    static func read() throws -> CardLife { try Vectors.read("wpki/card-life.json") }

    func keys() throws -> WPKIKeys {
        try WPKIKeys(root: applet.root.octets, iccid: iccid.octets, keyVersion: applet.keyVersion)
    }
}
