import Foundation
import MSSTestSupport
import Signatures
import Testing

/// Envelopes in which a signature is good, or would be to a lenient reader, and is not over what would be done.
@Suite("A message whose signature is abused")
struct MessageAttackTests {
    /// One attack: what is changed before xmlsec1 signs, and afterwards.
    struct Attack: Sendable, CustomTestStringConvertible {
        var what: String
        var reason: MessageRefusal.Reason
        var before: @Sendable (String) -> String = { $0 }
        /// With which options xmlsec1 signs; `nil` for what it would not sign, whose values stay empty.
        var options: (@Sendable (MessageSigner) -> [String])? = { ["--privkey-pem", $0.pki.path("rsa.key")] }
        var after: @Sendable (String) -> String = { $0 }
        var testDescription: String { what }
    }

    private static let forged = SigningProvider.message.replacing("Pay 1", with: "Pay 1000000")

    /// The signed message in a block of the header, another in the body.
    private static func wrapped(_ envelope: String, _ other: String) -> String {
        let original = SigningProvider.message
        return envelope.replacing(original, with: other)
            .replacing("</e:Header>", with: #"<x:Block xmlns:x="urn:x">\#(original)</x:Block></e:Header>"#)
    }

    static let afterwards: [Attack] = [
        Attack(
            what: "the signed element elsewhere, another message in its place",
            reason: .reference,
            after: {
                wrapped($0, forged.replacing(#"ID="m1""#, with: #"ID="m2""#))
            }
        ),
        Attack(
            what: "the signed element elsewhere, a message without an ID in its place",
            reason: .reference,
            after: {
                wrapped($0, forged.replacing(#" ID="m1""#, with: ""))
            }
        ),
        Attack(what: "the same ID twice", reason: .reference, after: { wrapped($0, forged) }),
        Attack(
            what: "the signed element in the message that would be read",
            reason: .reference,
            after: {
                $0.replacing(
                    SigningProvider.message,
                    with:
                        #"<mss:MSS_SignatureReq MajorVersion="1">\#(SigningProvider.message)<mss:AP_Info/></mss:MSS_SignatureReq>"#
                )
            }
        ),
        Attack(
            what: "a second message behind the signed one",
            reason: .reference,
            after: {
                $0.replacing("</e:Body>", with: "<MSS_Signature>\(forged)</MSS_Signature></e:Body>")
            }
        ),
        Attack(
            what: "a second body",
            reason: .malformed,
            after: {
                $0.replacing("<e:Body>", with: "<e:Body><MSS_Signature>\(forged)</MSS_Signature></e:Body><e:Body>")
            }
        ),
        Attack(
            what: "the ID on another element under another name",
            reason: .reference,
            after: {
                $0.replacing("<e:Body>", with: #"<e:Body Id="m1">"#)
            }
        ),
        Attack(
            what: "the ID on another element as xml:id",
            reason: .reference,
            after: {
                $0.replacing("<e:Body>", with: #"<e:Body xml:id="m1">"#)
            }
        ),
        Attack(
            what: "the ID on another element as wsu:Id",
            reason: .reference,
            after: {
                $0.replacing("<e:Body>", with: #"<e:Body xmlns:wsu="urn:wsu" wsu:Id="m1">"#)
            }
        ),
        Attack(
            what: "a message that is not the one that was signed",
            reason: .invalid,
            after: {
                $0.replacing("Pay 1<", with: "Pay 2<")
            }
        ),
        Attack(
            what: "a second signature",
            reason: .missing,
            after: {
                $0.replacing(
                    "</mss:MSS_MessageSignature>",
                    with: "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></mss:MSS_MessageSignature>"
                )
            }
        ),
        Attack(
            what: "two header blocks",
            reason: .missing,
            after: {
                $0.replacing("</e:Header>", with: "<mss:MSS_MessageSignature/></e:Header>")
            }
        ),
        Attack(
            what: "no header block",
            reason: .missing,
            after: {
                $0.replacing("mss:MSS_MessageSignature", with: "mss:Other")
            }
        ),
        Attack(what: "a document type", reason: .malformed, after: { "<!DOCTYPE x [<!ENTITY a \"b\">]>" + $0 }),
        Attack(
            what: "an envelope that is too long",
            reason: .malformed,
            after: {
                $0.replacing("</e:Header>", with: "<x>\(String(repeating: "a", count: 300_000))</x></e:Header>")
            }
        ),
    ]

    static let methods: [Attack] = [
        Attack(
            what: "HMAC with the certificate as its key",
            reason: .algorithm,
            before: { $0.replacing("xmldsig-more#rsa-sha256", with: "xmldsig-more#hmac-sha256") },
            options: { ["--hmackey", $0.pki.path("rsa.pem")] }
        ),
        Attack(
            what: "RSA with SHA-1",
            reason: .algorithm,
            before: {
                $0.replacing("2001/04/xmldsig-more#rsa-sha256", with: "2000/09/xmldsig#rsa-sha1")
            }
        ),
        Attack(
            what: "a digest of SHA-1",
            reason: .algorithm,
            before: { $0.replacing("2001/04/xmlenc#sha256", with: "2000/09/xmldsig#sha1") }
        ),
        Attack(
            what: "a digest of MD5",
            reason: .algorithm,
            before: { $0.replacing("2001/04/xmlenc#sha256", with: "2001/04/xmldsig-more#md5") },
            options: nil
        ),
        Attack(
            what: "inclusive canonicalisation of SignedInfo",
            reason: .algorithm,
            before: {
                $0.replacing(
                    #"Method Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#""#,
                    with: #"Method Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315""#
                )
            }
        ),
        Attack(
            what: "inclusive canonicalisation of the message",
            reason: .algorithm,
            before: {
                $0.replacing(
                    MessageSigner.exclusive,
                    with: #"<ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>"#
                )
            }
        ),
        Attack(
            what: "exclusive canonicalisation with comments",
            reason: .algorithm,
            before: {
                $0.replacing(
                    MessageSigner.exclusive,
                    with: #"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#WithComments"/>"#
                )
            }
        ),
        Attack(
            what: "no transform",
            reason: .algorithm,
            before: { $0.replacing("<ds:Transforms>\(MessageSigner.exclusive)</ds:Transforms>", with: "") }
        ),
        Attack(
            what: "a transform by XSLT",
            reason: .algorithm,
            before: { transform($0, #"<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>"#) },
            options: nil
        ),
        Attack(
            what: "a transform by XPath",
            reason: .algorithm,
            before: {
                transform(
                    $0,
                    """
                    <ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>self::x</ds:XPath>\
                    </ds:Transform>
                    """
                )
            }
        ),
        Attack(
            what: "a transform from base64",
            reason: .algorithm,
            before: { transform($0, #"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>"#) },
            options: nil
        ),
        Attack(
            what: "a key by reference",
            reason: .algorithm,
            after: { keyInfo($0, #"<ds:RetrievalMethod URI="http://127.0.0.1/key"/>"#) }
        ),
        Attack(what: "a key by value", reason: .algorithm, after: { keyInfo($0, "<ds:KeyValue/>") }),
        Attack(
            what: "a key in another namespace",
            reason: .algorithm,
            after: { keyInfo($0, #"<wsse:SecurityTokenReference xmlns:wsse="urn:wsse"/>"#) }
        ),
        Attack(
            what: "an object in the signature",
            reason: .algorithm,
            after: { $0.replacing("</ds:Signature>", with: "<ds:Object Id=\"o\"/></ds:Signature>") }
        ),
        Attack(
            what: "a shortened HMAC",
            reason: .algorithm,
            after: {
                $0.replacing(
                    #"rsa-sha256"/>"#,
                    with: #"rsa-sha256"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>"#
                )
            }
        ),
    ]

    static let references: [Attack] =
        [
            "", "http://127.0.0.1/message", "file:///etc/passwd", "#xpointer(/)", "#xpointer(id('m1'))", "m1", "#",
            "#m1 ", "#1m", "cid:message",
        ].map { uri in
            Attack(
                what: "the reference '\(uri)'",
                reason: .reference,
                before: { $0.replacing("URI=\"#m1\"", with: "URI=\"\(uri)\"") },
                options: nil
            )
        } + [
            Attack(
                what: "no reference",
                reason: .reference,
                before: { $0.replacing(reference, with: "") },
                options: nil
            ),
            Attack(
                what: "two references",
                reason: .reference,
                before: { $0.replacing(reference, with: reference + reference) }
            ),
            Attack(
                what: "a reference without a URI",
                reason: .reference,
                before: { $0.replacing(##" URI="#m1""##, with: "") },
                options: nil
            ),
            Attack(
                what: "a manifest",
                reason: .reference,
                before: {
                    $0.replacing(
                        ##"URI="#m1""##,
                        with: ##"URI="#m1" Type="http://www.w3.org/2000/09/xmldsig#Manifest""##
                    )
                },
                options: nil
            ),
            Attack(
                what: "the message's ID under another name",
                reason: .reference,
                before: { $0.replacing("MSS_SignatureReq ID=", with: "MSS_SignatureReq Id=") },
                options: nil
            ),
        ]

    private static var reference: String {
        let template = MessageSigner.template()
        let start = template.range(of: "<ds:Reference")?.lowerBound ?? template.startIndex
        let end = template.range(of: "</ds:Reference>")?.upperBound ?? template.endIndex
        return String(template[start..<end])
    }

    private static func transform(_ envelope: String, _ transform: String) -> String {
        envelope.replacing(MessageSigner.exclusive, with: transform + MessageSigner.exclusive)
    }

    private static func keyInfo(_ envelope: String, _ content: String) -> String {
        envelope.replacing("</ds:Signature>", with: "<ds:KeyInfo>\(content)</ds:KeyInfo></ds:Signature>")
    }

    @Test("is refused, with the reason", arguments: afterwards + methods + references)
    func refused(attack: Attack) async throws {
        let signer = try await SigningProvider.shared.value
        let template = MessageSigner.envelope(SigningProvider.message)
        let prepared = attack.before(template)
        var envelope = prepared
        if let options = attack.options { envelope = try await signer.sign(prepared, options: options(signer)) }
        let abused = attack.after(envelope)
        #expect(abused != template && (prepared != template || abused != envelope), "nothing was changed")
        let refusal = await #expect(throws: MessageRefusal.self) { try await SigningProvider.read(abused) }
        #expect(refusal?.reason == attack.reason, "\(refusal?.description ?? "taken")")
    }
}
