import Alauda
import Crypto
import Foundation
import MSSCore

/// What a request wants signed, and what the person reads of it (docs/signatures.md, "What the phone does not show").
enum SignedMatter {
    /// The text that is shown, and nothing else.
    case shown(CardText, SigningContent)
    /// A text, or octets, under another text.
    case hidden(SigningContent, display: String)
    /// The digest of something elsewhere, under a text.
    case digest(DigestAlgorithm, [UInt8], display: String)
    /// A text that is shown, one of several documents: the card signs it by its digest.
    case amongOthers(SigningContent, display: String)
    /// Several documents.
    case documents(DocumentSet)

    /// Reads it from a document of a provider that may ask for it.
    ///
    /// - Throws: 102, 103 or 107 for what cannot be read or shown.
    init(
        _ document: DocumentToBeSigned,
        for provider: ApplicationProvider,
        as kind: SignatureKind
    ) throws(MSSFault) {
        let data = document.dataToBeSigned
        if document.bringsDigest {
            let (algorithm, digest) = try Self.digest(data)
            guard let displayed = document.dataToBeDisplayed, !displayed.content.isEmpty else {
                throw MSSFault(
                    .missingParam,
                    "A digest needs DataToBeDisplayed: the user must read what it is of.",
                    specifier: 1021
                )
            }
            self = .digest(algorithm, digest, display: try RequestRules.plain(displayed, "DataToBeDisplayed"))
        } else if document.isShownOtherwise {
            let content: SigningContent =
                data.isBinary
                ? .binary(try Self.octets(data)) : .utf8(Array(try RequestRules.plain(data, "DataToBeSigned").utf8))
            guard content.octets?.isEmpty == false else {
                throw MSSFault(.wrongDataLength, "DataToBeSigned is empty.")
            }
            guard let displayed = document.dataToBeDisplayed else {
                throw MSSFault(
                    .missingParam,
                    "Octets need DataToBeDisplayed: the user must read what they are.",
                    specifier: 1021
                )
            }
            self = .hidden(content, display: try RequestRules.plain(displayed, "DataToBeDisplayed"))
        } else {
            let text = try RequestRules.text(data, for: provider, as: kind)
            self = .shown(text, RequestRules.content(of: text, data, for: provider))
        }
    }

    /// Whether the card is given a digest: the phone does not show what is signed, or not that alone.
    var isUnseen: Bool {
        if case .shown = self { false } else { true }
    }

    /// What it is called in metrics.
    var word: String {
        switch self {
        case .shown: "shown"
        case .hidden(.binary, _): "octets"
        case .hidden: "text"
        case .digest: "digest"
        case .amongOthers, .documents: "documents"
        }
    }

    private static func digest(_ data: DataToBeSigned) throws(MSSFault) -> (DigestAlgorithm, [UInt8]) {
        guard !data.isBinary else {
            let info = try DigestInfo(try octets(data))
            return (info.algorithm, info.digest)
        }
        let algorithms: [String: DigestAlgorithm] = [
            "application/x-sha256": .sha256, "application/x-sha384": .sha384,
        ]
        guard let algorithm = data.mimeType.flatMap({ algorithms[$0.lowercased()] }) else {
            throw MSSFault(
                .inappropriateData,
                "A digest must be MimeType application/x-sha256 or application/x-sha384 with Encoding base64.",
                specifier: 1016
            )
        }
        let digest = try octets(data)
        guard digest.count == algorithm.length else {
            throw MSSFault(
                .wrongDataLength,
                "DataToBeSigned must be the \(algorithm.length) octets of a \(algorithm.rawValue) digest."
            )
        }
        return (algorithm, digest)
    }

    /// What base64 holds, white space between its characters passed over.
    private static func octets(_ data: DataToBeSigned) throws(MSSFault) -> [UInt8] {
        guard data.encoding?.lowercased() == "base64" else {
            throw MSSFault(
                .inappropriateData,
                "DataToBeSigned of this MimeType must have Encoding base64.",
                specifier: 1016
            )
        }
        let text = String(decoding: data.content.utf8.filter { $0 > 0x20 }, as: UTF8.self)
        guard let octets = Data(base64Encoded: text) else {
            throw MSSFault(.inappropriateData, "DataToBeSigned is no base64.")
        }
        return Array(octets)
    }
}
