import MSSCore

/// AdditionalServices/Service (§9): a URI, and below it what belongs to it in FiCom's namespace.
///
/// What another service than the platform's own has is passed over.
enum ServiceCodec {
    /// More octets than any value may have.
    static let longestValue = 512

    static func write(_ service: AdditionalService, to writer: inout XMLWriter) {
        writer.element("mss:Service") { writer in
            SignatureCodec.writeReference(service.uri, "mss:Description", &writer)
            if let document = service.document, let name = service.name {
                DocumentCodec.write(document, of: name, to: &writer)
            }
            if let query = service.query { AttributeQueryCodec.write(query, to: &writer) }
            guard let element = service.name?.element, let value = service.value else { return }
            writer.element(
                "fi:" + element,
                [("xmlns:fi", Namespace.fiCom), ("verify", service.isVerified ? nil : "no")],
                text: value
            )
        }
    }

    static func decode(_ element: XMLElement) throws(MSSFault) -> AdditionalService {
        let uri = try SignatureCodec.uri(try HeaderCodec.required(element, "Description"))
        var service = AdditionalService(uri: uri)
        if let name = service.name, name.documentElement != nil {
            service.document = try DocumentCodec.decode(element, of: name)
            return service
        }
        if service.name == .personIdentity {
            service.query = try AttributeQueryCodec.decode(element)
            return service
        }
        guard let name = service.name?.element else { return service }
        let values = element.children(name, in: Namespace.fiCom)
        guard values.count <= 1, values.allSatisfy(\.children.isEmpty) else {
            throw MSSFault(.wrongParam, "\(name) must stand once, and hold text alone.")
        }
        service.value = try values.first.map { value throws(MSSFault) in try text(value.word, name) }
        service.isVerified = try isVerified(values.first?.attribute("verify")?.withoutMargins)
        return service
    }

    /// A value of either binding.
    static func text(_ text: String, _ name: String) throws(MSSFault) -> String {
        guard text.utf8.count <= longestValue else {
            throw MSSFault(.wrongDataLength, "\(name) has more than \(longestValue) octets.")
        }
        return text
    }

    static func isVerified(_ verify: String?) throws(MSSFault) -> Bool {
        switch verify {
        case nil, "yes": return true
        case "no": return false
        default: throw MSSFault(.wrongParam, "NoSpamCode's verify must be yes or no.")
        }
    }
}
