import Crypto
import Foundation

/// A provider's message under its XML signature (docs/wire.md, "Signed messages"), written in canonical form at once: a
/// driver that had to canonicalise would be measured, not the platform.
struct MessageSigner: Sendable {
    private static let mss = "http://uri.etsi.org/TS102204/v1.1.2#"
    private static let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    private let key: P256.Signing.PrivateKey

    /// Signs with the key of the demo's provider.
    init(pki: String) throws {
        key = try P256.Signing.PrivateKey(
            pemRepresentation: String(contentsOfFile: pki + "/ap-demo.key", encoding: .utf8)
        )
    }

    func signature(ap: String, transaction: String, msisdn: String, text: String) throws -> String {
        let message = """
            <mss:MSS_SignatureReq xmlns:mss="\(Self.mss)" ID="m1" MajorVersion="1" MessagingMode="synch" MinorVersion="1" \
            TimeOut="60"><mss:AP_Info AP_ID="\(ap)" AP_PWD="x" AP_TransID="\(transaction)" Instant="2026-01-01T00:00:00Z">\
            </mss:AP_Info><mss:MSSP_Info><mss:MSSP_ID></mss:MSSP_ID></mss:MSSP_Info><mss:MobileUser><mss:MSISDN>\(msisdn)\
            </mss:MSISDN></mss:MobileUser><mss:DataToBeSigned Encoding="UTF-8" MimeType="text/plain">\(text)\
            </mss:DataToBeSigned></mss:MSS_SignatureReq>
            """
        let info = Self.signedInfo(over: message)
        let value = try key.signature(for: Data(info.utf8)).rawRepresentation.base64EncodedString()
        return """
            <soapenv:Envelope xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope"><soapenv:Header>\
            <mss:MSS_MessageSignature xmlns:mss="\(Self.mss)"><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\
            \(info)<ds:SignatureValue>\(value)</ds:SignatureValue></ds:Signature></mss:MSS_MessageSignature>\
            </soapenv:Header><soapenv:Body><MSS_Signature>\(message)</MSS_Signature></soapenv:Body></soapenv:Envelope>
            """
    }

    private static func signedInfo(over message: String) -> String {
        let digest = Data(SHA256.hash(data: Data(message.utf8))).base64EncodedString()
        return """
            <ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:CanonicalizationMethod \
            Algorithm="\(exclusive)"></ds:CanonicalizationMethod><ds:SignatureMethod \
            Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"></ds:SignatureMethod><ds:Reference URI="#m1">\
            <ds:Transforms><ds:Transform Algorithm="\(exclusive)"></ds:Transform></ds:Transforms><ds:DigestMethod \
            Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>\(digest)\
            </ds:DigestValue></ds:Reference></ds:SignedInfo>
            """
    }
}
