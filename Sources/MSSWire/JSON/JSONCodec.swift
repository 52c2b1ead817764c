import Foundation
import MSSCore

/// Answers in JSON; each is what the SOAP codec writes, member by element.
enum JSONCodec {
    static func encode(_ response: SignatureResponse) -> [UInt8] {
        var members = header(response.header)
        members["MSSP_TransID"] = .text(response.transactionID)
        members["MobileUser"] = user(response.mobileUser)
        members["MSS_Signature"] = signature(response.signature, response.certificate)
        members["SignatureProfile"] = JSONValue.optional(response.signatureProfile)
        return message(.signature, members, response.status, response.serviceResponses)
    }

    static func encode(_ response: StatusResponse) -> [UInt8] {
        var members = header(response.header)
        members["MobileUser"] = user(response.mobileUser)
        members["MSS_Signature"] = signature(response.signature, response.certificate)
        return message(.status, members, response.status, response.serviceResponses)
    }

    static func encode(_ response: ReceiptResponse) -> [UInt8] {
        let detail = response.reaction.map { reaction -> JSONValue in
            var told = Dictionary(uniqueKeysWithValues: ReceiptExtension.members(reaction)).mapValues(
                JSONValue.optional
            )
            told["ReceiptMessagingMode"] = .text(ReceiptExtension.mode)
            return .object(["ReceiptResponseExtension": .object(told)])
        }
        return message(.receipt, header(response.header), .requestOK, detail: detail)
    }

    static func encode(_ response: ProfileResponse) -> [UInt8] {
        var members = header(response.header)
        members["SignatureProfile"] = .list(response.signatureProfiles.map { .text($0) })
        let sim = response.sim
        let certificates = JSONValue.list(sim.certificates.map(certificate))
        var told: [String: JSONValue?] = ["MobileUserCertificate": certificates]
        if response.header.majorVersion > 1 {
            told["PinStatus"] = sim.pin.map { pin in
                .object([
                    "Blocked": .text(pin.isBlocked ? "true" : "false"),
                    "Told": JSONValue.optional(pin.told.map { WireTime.text($0) }),
                ])
            }
            told["State"] = JSONValue.optional(sim.state?.rawValue)
            told = ["Sscds": .object(["Sim": .object(told)])]
        }
        let detail = JSONValue.object(["ProfileQueryExtension": .object(told)])
        return message(.profile, members, .requestOK, detail: detail)
    }

    static func encode(_ response: CancelResponse) -> [UInt8] {
        message(.cancel, header(response.header), .requestOK)
    }

    static func encode(_ response: FitResponse) -> [UInt8] {
        var members = header(response.header)
        let fit = response.fit
        members["Fit"] = .object([
            "Fits": .text(fit.fits ? "true" : "false"), "Charset": JSONValue.optional(fit.charset?.rawValue),
            "Segments": JSONValue.optional(fit.segments.map { String($0) }), "Pages": .text(String(fit.pages)),
            "CharactersLeft": .text(String(fit.charactersLeft)),
            "Offender": fit.offender.map { offender in
                .object([
                    "CodePoints": .text(offender.codePoints), "Position": .text(String(offender.position)),
                ])
            },
        ])
        return message(.fit, members, .requestOK)
    }

    private static func certificate(_ certificate: ProfileResponse.Certificate) -> JSONValue {
        .object([
            "Algorithm": .text(certificate.algorithm), "State": JSONValue.optional(certificate.state?.rawValue),
            "SignatureProfiles": .list(certificate.signatureProfiles.map { .text($0) }),
            "X509Certificate": .list(certificate.chain.map { .text(Data($0.der).base64EncodedString()) }),
            "X509SubjectName": .list(certificate.chain.map { .text($0.subject) }),
        ])
    }

    private static func message(
        _ operation: WireOperation,
        _ members: [String: JSONValue?],
        _ status: Status,
        _ services: [ServiceResponse] = [],
        detail: JSONValue? = nil
    ) -> [UInt8] {
        var members = members
        members["Status"] = self.status(status.rawValue, status.name, detail)
        // Who asks for roles looks for them in every answer, of whatever service.
        let hasRoles = services.contains { $0.uri == AdditionalService.Name.role.uri }
        if !services.isEmpty { members["ServiceResponses"] = .list(services.map { service($0, hasRoles: hasRoles) }) }
        return JSONValue.object([operation.responseElement: .object(members)]).octets
    }

    /// AP_PWD is not repeated: no client reads it.
    private static func header(_ header: MessageHeader) -> [String: JSONValue?] {
        let info = header.apInfo
        return [
            "MajorVersion": .text(String(header.majorVersion)), "MinorVersion": .text(String(header.minorVersion)),
            "AP_Info": .object([
                "AP_ID": .text(info.id), "AP_TransID": .text(info.transID), "Instant": .text(info.instant),
                "AP_URL": JSONValue.optional(info.url),
            ]),
            "MSSP_Info": .object([
                "Instant": JSONValue.optional(header.msspInfo.instant.map { WireTime.text($0) }),
                "MSSP_ID": member(header.msspInfo.msspID),
            ]),
        ]
    }

    private static func member(_ member: MeshMember) -> JSONValue {
        .object([
            "DNSName": JSONValue.optional(member.dnsName), "IPAddress": JSONValue.optional(member.ipAddress),
            "URI": JSONValue.optional(member.uri),
            "IdentifierString": JSONValue.optional(member.identifier),
        ])
    }

    private static func user(_ user: MobileUser) -> JSONValue {
        .object([
            "IdentityIssuer": user.identityIssuer.map(member),
            "UserIdentifier": JSONValue.optional(user.userIdentifier),
            "HomeMSSP": user.homeMSSP.map(member), "MSISDN": JSONValue.optional(user.msisdn),
        ])
    }

    private static func signature(_ signature: [UInt8]?, _ certificate: [UInt8]?) -> JSONValue? {
        guard let signature else { return nil }
        let value = JSONValue.text(Data(signature).base64EncodedString())
        guard let certificate else { return .object(["Base64Signature": value]) }
        let parts: [String: JSONValue?] = [
            "SignatureValue": value, "X509Certificate": .text(Data(certificate).base64EncodedString()),
        ]
        return .object(["PKCS1": .object(parts)])
    }

    private static func status(_ code: Int, _ name: String, _ detail: JSONValue? = nil) -> JSONValue {
        .object([
            "StatusCode": .object(["Value": .text(String(code))]), "StatusDetail": detail,
            "StatusMessage": .text(name),
        ])
    }

    private static func service(_ response: ServiceResponse, hasRoles: Bool) -> JSONValue {
        var members: [String: JSONValue?] = [
            "Description": .text(response.uri), "Entity": member(response.entity),
            "Roles": hasRoles ? .list([]) : nil,
        ]
        switch response.content {
        case .status(let code): members["Status"] = status(code.rawValue, code.name)
        case .roles(let names): members["Roles"] = .list(names.map { .text($0) })
        case .done: members["Status"] = status(Status.requestOK.rawValue, Status.requestOK.name)
        case .personIdentity(let response):
            members["SAMLResponse"] = .text(Data(response).base64EncodedString())
        case .signingCertificate(let certificates):
            let texts = certificates.map { JSONValue.text(Data($0).base64EncodedString()) }
            members["SigningCertificate"] = .object(["Certificates": .list(texts)])
        case .batch(let signatures):
            members["BatchSignatureResponses"] = .list(
                signatures.map { answer in
                    .object([
                        "DTBD": .text(answer.displayed.content),
                        "MSS_Signature": signature(answer.signature.signature, answer.signature.certificate),
                    ])
                }
            )
        case .documents(let signatures):
            members["AdditionalSignatureResponse"] = .list(
                signatures.map { answer in
                    .object([
                        "DocumentRef": JSONValue.optional(answer.reference),
                        "MSS_Signature": signature(answer.signature?.signature, answer.signature?.certificate),
                        "Status": status(answer.status.rawValue, answer.status.name),
                    ])
                }
            )
        case .subscriberInfo(let details):
            let list = details.map { JSONValue.object(["id": .text($0.id), "value": .text($0.value)]) }
            members["SubscriberInfo"] = .object(["Details": .list(list)])
        case .trace(let trace): members["TraceID"] = .text(trace.description)
        }
        return .object(members)
    }
}
