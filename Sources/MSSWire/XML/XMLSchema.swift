import CLibXML2

/// A schema, parsed once and shared: libxml2 only reads it afterwards.
final class XMLSchema: @unchecked Sendable {
    static let messages = XMLSchema(PackageResources.mss_xsd)
    static let registration = XMLSchema(PackageResources.mreg_xsd)

    /// `nil` accepts nothing.
    private let schema: xmlSchemaPtr?

    init(_ text: [UInt8]) {
        LibXML.prepare()
        schema = text.withUnsafeBytes { buffer in
            let characters = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard let context = xmlSchemaNewMemParserCtxt(characters, Int32(clamping: buffer.count)) else { return nil }
            defer { xmlSchemaFreeParserCtxt(context) }
            return xmlSchemaParse(context)
        }
    }

    deinit { xmlSchemaFree(schema) }

    func accepts(_ node: xmlNodePtr) -> Bool {
        guard let schema, let context = xmlSchemaNewValidCtxt(schema) else { return false }
        defer { xmlSchemaFreeValidCtxt(context) }
        xmlSchemaSetValidStructuredErrors(context, sayNothing, nil)
        return xmlSchemaValidateOneElement(context, node) == 0
    }
}

/// A schema's complaints hold a person's values; nobody hears them.
private func sayNothing(_ context: UnsafeMutableRawPointer?, _ error: xmlErrorPtr?) {}
