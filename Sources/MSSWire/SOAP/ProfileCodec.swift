import Foundation
import MSSCore

/// MSS_ProfileReq and MSS_ProfileResp (§8.8, §8.9) with the profile extension: its first layout answers requests of
/// version 1, its second those of version 2.
enum ProfileCodec {
    private static let extensionNamespace = "http://www.methics.fi/TS102204/ext/v1.0.0"
    private static let ownNamespace = "urn:mssp:profile:1"
    /// More than a card has keys, with the certificates of their CAs.
    private static let mostCertificates = 32

    static func decodeRequest(_ request: SOAPRequest) throws(MSSFault) -> ProfileRequest {
        let message = request.message
        let header = try HeaderCodec.decode(message, takesTwo: true)
        let user = try HeaderCodec.mobileUser(message)
        let parameters = parameters(try HeaderCodec.short(message, "Params") ?? "")
        try request.validate()
        return ProfileRequest(header: header, mobileUser: user, parameters: parameters)
    }

    /// Words with white space between them; one of another platform's asks for what is not here.
    static func parameters(_ words: String) -> Set<ProfileRequest.Parameter> {
        Set(
            words.split(whereSeparator: \.isWhitespace)
                .compactMap { ProfileRequest.Parameter(rawValue: $0.lowercased()) }
        )
    }

    static func encodeRequest(_ request: ProfileRequest, _ mesh: MeshContext) -> [UInt8] {
        SOAPShape.plain.envelope(wrapper: "MSS_ProfileQuery", header: mesh.write) { writer in
            writer.element("mss:MSS_ProfileReq", HeaderCodec.attributes(request.header)) { writer in
                HeaderCodec.write(request.header, to: &writer)
                HeaderCodec.write(request.mobileUser, to: &writer)
                let words = request.parameters.map(\.rawValue).sorted()
                writer.element("mss:Params", text: words.isEmpty ? nil : words.joined(separator: " "))
            }
        }
    }

    static func encodeResponse(_ response: ProfileResponse, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSS_ProfileQueryResponse") { writer in
            writer.element(shape.messageName("MSS_ProfileResp"), HeaderCodec.attributes(response.header)) { writer in
                HeaderCodec.write(response.header, to: &writer)
                for profile in response.signatureProfiles {
                    SignatureCodec.writeReference(profile, "mss:SignatureProfile", &writer)
                }
                HeaderCodec.write(.requestOK, to: &writer) { writer in
                    writer.element("mcs:ProfileQueryExtension", [("xmlns:mcs", extensionNamespace)]) { writer in
                        write(response.sim, isSecond: response.header.majorVersion > 1, &writer)
                    }
                }
            }
        }
    }

    private static func write(_ sim: ProfileResponse.SIM, isSecond: Bool, _ writer: inout XMLWriter) {
        guard isSecond else {
            for certificate in sim.certificates { write(certificate, &writer) }
            return
        }
        writer.element("mcs:Sscds", []) { writer in
            writer.element("mcs:Sim", []) { writer in
                writer.element("mcs:State", text: sim.state?.rawValue)
                if let pin = sim.pin {
                    writer.element(
                        "mcs:PinStatus",
                        [
                            ("blocked", pin.isBlocked ? "true" : "false"), ("xmlns:own", ownNamespace),
                            ("own:Told", pin.told.map { WireTime.text($0) }),
                        ]
                    )
                }
                for certificate in sim.certificates { write(certificate, &writer) }
            }
        }
    }

    private static func write(_ certificate: ProfileResponse.Certificate, _ writer: inout XMLWriter) {
        let profiles = certificate.signatureProfiles
        let attributes: [(String, String?)] = [
            ("State", certificate.state?.rawValue), ("Algorithm", certificate.algorithm),
            ("SignatureProfiles", profiles.isEmpty ? nil : profiles.joined(separator: " ")),
            ("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#"),
        ]
        writer.element("mcs:MobileUserCertificate", attributes) { writer in
            for named in certificate.chain {
                writer.element("ds:X509Certificate", text: Data(named.der).base64EncodedString())
                writer.element("ds:X509SubjectName", text: named.subject)
            }
        }
    }
}

extension ProfileCodec {
    /// Reads an answer of the home, in whichever layout.
    static func decodeResponse(_ message: XMLElement) throws(MSSFault) -> ProfileResponse {
        let header = try HeaderCodec.decode(message, takesTwo: true)
        guard try HeaderCodec.status(message) == .requestOK else { throw damaged }
        let told = message.child("Status")?.child("StatusDetail")?.children.first { $0.name == "ProfileQueryExtension" }
        guard let told else { throw damaged }
        let sim = told.children.first { $0.name == "Sscds" }?.children.first { $0.name == "Sim" }
        let place = sim ?? told
        let certificates = place.children.filter { $0.name == "MobileUserCertificate" }
        guard certificates.count <= mostCertificates else { throw damaged }
        let pin = place.children.first { $0.name == "PinStatus" }
        return ProfileResponse(
            header: header,
            signatureProfiles: message.children.filter { $0.name == "SignatureProfile" }.compactMap {
                $0.child("mssURI")?.text
            },
            sim: ProfileResponse.SIM(
                state: place.children.first { $0.name == "State" }.flatMap { ProfileResponse.State(rawValue: $0.text) },
                pin: pin.map { element in
                    ProfileResponse.PINStatus(
                        isBlocked: element.attribute("blocked") == "true",
                        told: element.attribute("Told", in: ownNamespace).flatMap { WireTime.date($0) }
                    )
                },
                certificates: try certificates.map { element throws(MSSFault) in try certificate(element) }
            )
        )
    }

    private static func certificate(_ element: XMLElement) throws(MSSFault) -> ProfileResponse.Certificate {
        // The user's, then those above it, each with its name.
        let names = element.children.filter { $0.name == "X509SubjectName" }.map(\.text)
        let chain = element.children.filter { $0.name == "X509Certificate" }
            .compactMap { Data(base64Encoded: $0.text).map { [UInt8]($0) } }
        guard let der = chain.first, !der.isEmpty, chain.count == names.count, chain.count <= mostCertificates
        else { throw damaged }
        let named = zip(chain, names).map { ProfileResponse.NamedCertificate(der: $0, subject: $1) }
        return ProfileResponse.Certificate(
            der: der,
            subject: names[0],
            state: element.attribute("State").flatMap { ProfileResponse.State(rawValue: $0) },
            algorithm: element.attribute("Algorithm") ?? "",
            signatureProfiles: element.attribute("SignatureProfiles")?.split(separator: " ").map { String($0) } ?? [],
            issuers: Array(named.dropFirst())
        )
    }

    private static var damaged: MSSFault { MSSFault(.internalError, cause: "a profile answer is not as it must be") }
}
