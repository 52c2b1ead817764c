import MSSCore

/// fi:ServiceResponses in Status/StatusDetail (FiCom 2.1 §5): what additional services answer.
enum ServiceResponseCodec {
    /// More than an answer can have services.
    private static let most = 16

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
            writer.element("fi:Status") { writer in
                writer.element("mss:StatusCode", [("Value", String(response.code.rawValue))])
                writer.element("mss:StatusMessage", text: response.code.name)
            }
        }
    }

    /// - Throws: 900 for a code that this platform does not know, and for more services than a request can name.
    static func decode(_ message: XMLElement) throws(MSSFault) -> [ServiceResponse] {
        let all = message.child("Status")?.child("StatusDetail")?.child("ServiceResponses", in: Namespace.fiCom)
        var responses: [ServiceResponse] = []
        for element in all?.children("ServiceResponse", in: Namespace.fiCom) ?? [] {
            let description = element.child("Description", in: Namespace.fiCom)
            let status = element.child("Status", in: Namespace.fiCom)
            guard responses.count < most, let uri = description?.child("mssURI")?.text,
                let code = status?.child("StatusCode")?.attribute("Value").flatMap({ Int($0) })
                    .flatMap({ MSSFault.Code(rawValue: $0) })
            else { throw MSSFault(.internalError, cause: "an answer with a service's answer that is not known") }
            let entity = try element.child("Entity", in: Namespace.fiCom)
                .map { member throws(MSSFault) in try HeaderCodec.meshMember(member) }
            responses.append(ServiceResponse(uri: uri, entity: entity ?? MeshMember(), code: code))
        }
        return responses
    }
}
