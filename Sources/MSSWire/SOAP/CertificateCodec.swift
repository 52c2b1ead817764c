import Foundation
import MSSCore

/// MSS_Registration as a look-up: a request that holds nothing but a user, an answer that holds the certificate.
enum CertificateCodec {
    /// Whether a message asks for a certificate: it brings nothing to register.
    static func isLookUp(_ message: XMLElement) -> Bool {
        message.child("RegistrationInput", in: Namespace.mreg) == nil
    }

    /// - Throws: 101 for what a look-up cannot have, such as EncryptedData; 102 without MobileUser.
    static func decodeRequest(_ request: SOAPRequest) throws(MSSFault) -> CertificateRequest {
        let header = try HeaderCodec.decode(request.message)
        _ = try HeaderCodec.required(request.message, "MobileUser")
        let lookUp = CertificateRequest(header: header, mobileUser: try HeaderCodec.mobileUser(request.message))
        try request.validate()
        return lookUp
    }

    static func encodeRequest(_ request: CertificateRequest, _ mesh: MeshContext) -> [UInt8] {
        SOAPShape.plain.envelope(wrapper: "MSS_Registration", header: mesh.write) { writer in
            writer.element("mss:MSS_RegistrationReq", HeaderCodec.attributes(request.header)) { writer in
                HeaderCodec.write(request.header, to: &writer)
                HeaderCodec.write(request.mobileUser, to: &writer)
            }
        }
    }

    static func encodeResponse(_ response: CertificateResponse, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSS_RegistrationResponse") { writer in
            let name = shape.messageName("MSS_RegistrationResp")
            writer.element(name, HeaderCodec.attributes(response.header)) { writer in
                HeaderCodec.write(response.header, to: &writer)
                HeaderCodec.write(.registrationOK, to: &writer)
                writer.element("mss:X509Certificate", text: Data(response.certificate).base64EncodedString())
            }
        }
    }
}
