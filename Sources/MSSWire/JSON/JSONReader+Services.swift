import MSSCore

/// AdditionalServices, each with what belongs to it.
extension JSONReader {
    func services(_ message: JSONFields) throws(MSSFault) -> [AdditionalService] {
        let services = try message.objects("AdditionalServices")
        let isKiurus = try message.number("MajorVersion") == nil
        guard services.count <= 16 else { throw MSSFault(.wrongParam, "AdditionalServices names too many services.") }
        return try services.map { service throws(MSSFault) in
            guard let uri = try optional(service, "Description") else {
                throw HeaderCodec.missing("AdditionalServices/Description")
            }
            var read = AdditionalService(uri: uri)
            if let name = read.name, let element = name.documentElement {
                read.document = try service.object(element)
                    .map { members throws(MSSFault) in try document(members, element, of: name, isKiurus) }
                return read
            }
            if read.name == .personIdentity {
                read.query = try service.object(AttributeQueryCodec.element)
                    .map { members throws(MSSFault) in try query(members) }
                return read
            }
            guard let name = read.name?.element else { return read }
            let (text, verify) = value(service, name)
            read.value = try text.map { text throws(MSSFault) in try ServiceCodec.text(text, name) }
            read.isVerified = try ServiceCodec.isVerified(verify)
            return read
        }
    }

    /// What personIdentity asks: the names by themselves, `"Attribute":[{"Name":…}]` being what SAML's element holds.
    private func query(_ members: JSONFields) throws(MSSFault) -> AttributeQuery {
        try AttributeQueryCodec.read(
            id: try members.text("ID"),
            version: try members.text("Version"),
            try members.objects("Attribute").map { attribute throws(MSSFault) in try attribute.text("Name") }
        )
    }

    /// What batchsign or docsign brings to be signed besides; in a message without versions batchsign's texts are written
    /// in base64, whatever their type is said to be: Kiuru's clients do so.
    private func document(
        _ members: JSONFields,
        _ element: String,
        of name: AdditionalService.Name,
        _ isKiurus: Bool
    ) throws(MSSFault) -> DocumentToBeSigned {
        guard var signed = try data(members, "DataToBeSigned", specifier: 1022) else {
            throw HeaderCodec.missing(element + "/DataToBeSigned", specifier: 1022)
        }
        let isText = signed.mimeType.map { $0.lowercased() == "text/plain" } ?? true
        if isKiurus, isText, name == .batchSign { try decode(&signed) }
        var document = DocumentToBeSigned(signed, displayed: try data(members, "DataToBeDisplayed"))
        guard name == .documentSign else { return document }
        document.signatureProfile = try optional(members, "SignatureProfile")
        document.format = try optional(members, "MSS_Format")
        document.reference = try optional(members, "DocumentRef")
        return document
    }

    /// What belongs to a service: a string, or an object with the string as Value; Verify is NoSpamCode's, whose string is
    /// called Code by clients of Kiuru.
    ///
    /// What is neither is as if it were not there.
    private func value(_ service: JSONFields, _ name: String) -> (text: String?, verify: String?) {
        if let text = try? service.text(name) { return (text, nil) }
        guard let members = try? service.object(name) else { return (nil, nil) }
        let text = ((try? members.text("Value")) ?? nil) ?? ((try? members.text("Code")) ?? nil)
        return (text, (try? members.text("Verify")) ?? nil)
    }
}
