import Foundation
import MSSCore

/// MSS_Signature (§9, `SignatureType`): Base64Signature, or FiCom's PKCS1 with a certificate beside the value.
enum MSSSignatureCodec {
    static func write(_ signature: [UInt8]?, _ certificate: [UInt8]?, to writer: inout XMLWriter) {
        guard let signature else { return }
        write(SignatureOctets(signature, certificate: certificate), as: "mss:MSS_Signature", to: &writer)
    }

    /// The same under another name, where a service answers with signatures of its own.
    static func write(_ octets: SignatureOctets, as name: String, to writer: inout XMLWriter) {
        writer.element(name) { writer in
            guard let certificate = octets.certificate else {
                return writer.element("mss:Base64Signature", text: Data(octets.signature).base64EncodedString())
            }
            writer.element("fi:PKCS1", [("xmlns:fi", Namespace.fiCom)]) { writer in
                writer.element("fi:SignatureValue", text: Data(octets.signature).base64EncodedString())
                writer.element("fi:X509Certificate", text: Data(certificate).base64EncodedString())
            }
        }
    }

    /// - Throws: 900 for what is no base64, and for a PKCS1 that lacks a part.
    static func decode(
        _ message: XMLElement
    ) throws(MSSFault) -> (signature: [UInt8]?, certificate: [UInt8]?) {
        let found = try decode(message, in: Namespace.mss)
        return (found?.signature, found?.certificate)
    }

    /// A signature in an element of another namespace.
    static func decode(_ parent: XMLElement, in namespace: String) throws(MSSFault) -> SignatureOctets? {
        guard let element = parent.child("MSS_Signature", in: namespace) else { return nil }
        guard let value = element.child("PKCS1", in: Namespace.fiCom) else {
            return try element.child("Base64Signature")
                .map { part throws(MSSFault) in SignatureOctets(try octets(part)) }
        }
        guard let signature = value.child("SignatureValue", in: Namespace.fiCom),
            let certificate = value.child("X509Certificate", in: Namespace.fiCom)
        else { throw MSSFault(.internalError, cause: "an answer whose PKCS1 lacks a part") }
        return SignatureOctets(try octets(signature), certificate: try octets(certificate))
    }

    private static func octets(_ element: XMLElement) throws(MSSFault) -> [UInt8] {
        guard let octets = Data(base64Encoded: element.text) else {
            throw MSSFault(.internalError, cause: "an answer whose signature is no base64")
        }
        return [UInt8](octets)
    }
}
