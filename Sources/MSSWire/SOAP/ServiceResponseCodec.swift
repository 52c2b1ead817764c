import Foundation
import MSSCore

/// fi:ServiceResponses in Status/StatusDetail (FiCom 2.1 §5): what additional services answer.
enum ServiceResponseCodec {
    /// More than an answer can have services.
    private static let most = 16
    /// More than anybody has roles.
    private static let mostRoles = 64

    /// Status; with a StatusDetail only where a service says something: clients stumble over an empty one.
    static func write(_ status: Status, _ responses: [ServiceResponse], to writer: inout XMLWriter) {
        guard !responses.isEmpty else { return HeaderCodec.write(status, to: &writer) }
        HeaderCodec.write(status, to: &writer) { writer in
            writer.element("fi:ServiceResponses", [("xmlns:fi", Namespace.fiCom)]) { writer in
                for response in responses { write(response, to: &writer) }
            }
        }
    }

    private static func write(_ response: ServiceResponse, to writer: inout XMLWriter) {
        writer.element("fi:ServiceResponse") { writer in
            SignatureCodec.writeReference(response.uri, "fi:Description", &writer)
            HeaderCodec.write(response.entity, "fi:Entity", to: &writer)
            write(response.content, to: &writer)
        }
    }

    private static func write(_ content: ServiceResponse.Content, to writer: inout XMLWriter) {
        switch content {
        case .status(let code):
            writer.element("fi:Status") { writer in
                writer.element("mss:StatusCode", [("Value", String(code.rawValue))])
                writer.element("mss:StatusMessage", text: code.name)
            }
        case .done: HeaderCodec.write(.requestOK, "fi:Status", to: &writer)
        case .signingCertificate(let certificates):
            writer.element("mth:signingCertificate", [("xmlns:mth", Namespace.kiuru)]) { writer in
                for certificate in certificates {
                    writer.element("mth:X509Certificate", text: Data(certificate).base64EncodedString())
                }
            }
        case .roles(let names):
            writer.element("own:Roles", [("xmlns:own", Namespace.own)]) { writer in
                for name in names { writer.element("own:Role", text: name) }
            }
        case .personIdentity(let response): writer.element(written: response)
        case .batch(let signatures):
            for signature in signatures { DocumentCodec.write(signature, to: &writer) }
        case .documents(let signatures):
            for signature in signatures { DocumentCodec.write(signature, to: &writer) }
        case .subscriberInfo(let details):
            writer.element("asc:SubscriberInfo", [("xmlns:asc", Namespace.subscriber)]) { writer in
                for detail in details {
                    writer.element("asc:Detail", [("id", detail.id), ("value", detail.value)])
                }
            }
        case .trace(let trace):
            writer.element("own:TraceID", [("xmlns:own", Namespace.own)], text: trace.description)
        }
    }

    /// - Throws: 900 for a code that this platform does not know, and for more services than a request can name.
    static func decode(_ message: XMLElement) throws(MSSFault) -> [ServiceResponse] {
        let all = message.child("Status")?.child("StatusDetail")?.child("ServiceResponses", in: Namespace.fiCom)
        var responses: [ServiceResponse] = []
        for element in all?.children("ServiceResponse", in: Namespace.fiCom) ?? [] {
            let description = element.child("Description", in: Namespace.fiCom)
            guard responses.count < most, let uri = description?.child("mssURI")?.text,
                let content = try content(element)
            else { throw MSSFault(.internalError, cause: "an answer with a service's answer that is not known") }
            let entity = try element.child("Entity", in: Namespace.fiCom)
                .map { member throws(MSSFault) in try HeaderCodec.meshMember(member) }
            responses.append(ServiceResponse(uri: uri, entity: entity ?? MeshMember(), content))
        }
        return responses
    }

    private static func content(_ element: XMLElement) throws(MSSFault) -> ServiceResponse.Content? {
        let batch = element.children("BatchSignatureResponse", in: Namespace.batch)
        if !batch.isEmpty {
            // The message's own beside one of each service.
            guard batch.count <= most + 1 else { return nil }
            return .batch(try batch.map { part throws(MSSFault) in try DocumentCodec.batch(part) })
        }
        let documents = element.children("AdditionalSignatureResponse", in: Namespace.documents)
        if !documents.isEmpty {
            guard documents.count <= most else { return nil }
            return .documents(try documents.map { part throws(MSSFault) in try DocumentCodec.document(part) })
        }
        if let response = element.child("Response", in: Namespace.samlProtocol) {
            return AttributeQueryCodec.octets(of: response).map { .personIdentity($0) }
        }
        if let certificates = element.child("signingCertificate", in: Namespace.kiuru) {
            let all = certificates.children("X509Certificate", in: Namespace.kiuru).map { Data(base64Encoded: $0.text) }
            guard (1...most).contains(all.count), all.allSatisfy({ $0 != nil }) else { return nil }
            return .signingCertificate(all.compactMap { $0.map { [UInt8]($0) } })
        }
        if let info = element.child("SubscriberInfo", in: Namespace.subscriber) {
            let details = info.children("Detail", in: Namespace.subscriber).map { detail in
                detail.attribute("id").flatMap { id in
                    detail.attribute("value").map { SubscriberDetail(id: id, value: $0) }
                }
            }
            guard (1...most).contains(details.count), details.allSatisfy({ $0 != nil }) else { return nil }
            return .subscriberInfo(details.compactMap { $0 })
        }
        if let trace = element.child("TraceID", in: Namespace.own) {
            return TraceID(trace.text).map { .trace($0) }
        }
        if let roles = element.child("Roles", in: Namespace.own) {
            let names = roles.children("Role", in: Namespace.own).map(\.text)
            return names.count <= mostRoles ? .roles(names) : nil
        }
        let status = element.child("Status", in: Namespace.fiCom)
        guard let code = status?.child("StatusCode")?.attribute("Value").flatMap({ Int($0) }) else { return nil }
        return code == Status.requestOK.rawValue ? .done : MSSFault.Code(rawValue: code).map { .status($0) }
    }
}
