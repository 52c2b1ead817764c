import Crypto
import Foundation
import MSSCore

/// What the platform itself says, after a provider's own text, of what the phone does not show.
enum UnseenPhrase {
    /// How many octets of the digest are shown; all of it is kept.
    static let shownOctets = 16

    /// A line that says that something else is signed, and the beginning of its digest.
    static func text(_ language: String, _ algorithm: DigestAlgorithm, _ digest: [UInt8]) -> String {
        let digits = digest.prefix(shownOctets).map { octet in
            let text = String(octet, radix: 16, uppercase: true)
            return octet < 0x10 ? "0" + text : text
        }
        let groups = stride(from: 0, to: digits.count, by: 2).map { digits[$0..<min($0 + 2, digits.count)].joined() }
        return words(language, algorithm.rawValue) + " " + groups.joined(separator: " ") + "..."
    }

    /// SHA-256 of a text that is signed and not shown.
    static func text(_ language: String, of content: [UInt8]) -> String {
        text(language, .sha256, Array(SHA256.hash(data: content)))
    }

    private static func words(_ language: String, _ digest: String) -> String {
        switch language {
        case "fi": "Et allekirjoita yllä olevaa tekstiä vaan muun sisällön: \(digest)"
        case "sv": "Du signerar inte texten ovan utan något annat: \(digest)"
        case "de": "Sie unterschreiben nicht den Text oben, sondern anderes: \(digest)"
        default: "You sign not the text above but something else: \(digest)"
        }
    }
}
