import CLibXML2

/// A schema, parsed once and shared: libxml2 only reads it afterwards.
final class XMLSchema: @unchecked Sendable {
    static let messages = XMLSchema(PackageResources.mss_xsd)
    static let registration = XMLSchema(PackageResources.mreg_xsd)

    /// `nil` accepts nothing.
    private let schema: xmlSchemaPtr?
    /// Of its elements and attributes: what a fault may tell of a stranger's document.
    private let names: Set<String>

    init(_ text: [UInt8]) {
        let written = String(decoding: text, as: UTF8.self)
        names = Set(written.matches(of: /<xs:(?:element|attribute) name="([^"]+)"/).map { String($0.1) })
        LibXML.prepare()
        schema = text.withUnsafeBytes { buffer in
            let characters = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard let context = xmlSchemaNewMemParserCtxt(characters, Int32(clamping: buffer.count)) else { return nil }
            defer { xmlSchemaFreeParserCtxt(context) }
            return xmlSchemaParse(context)
        }
    }

    deinit { xmlSchemaFree(schema) }

    /// Why an element does not follow the schema; `nil` where it does.
    func refusal(of node: xmlNodePtr) -> XMLError? {
        guard let schema, let context = xmlSchemaNewValidCtxt(schema) else { return .invalid }
        defer { xmlSchemaFreeValidCtxt(context) }
        let complaint = Complaint(names)
        return withExtendedLifetime(complaint) {
            let place = Unmanaged.passUnretained(complaint).toOpaque()
            xmlSchemaSetValidStructuredErrors(context, keepPlace, place)
            guard xmlSchemaValidateOneElement(context, node) != 0 else { return nil }
            return complaint.place.map { XMLError.invalid(at: $0) } ?? .invalid
        }
    }
}

/// Where the first thing stands that a schema complains of, by the nearest name that is the schema's own.
private final class Complaint {
    private let names: Set<String>
    private(set) var place: String?

    init(_ names: Set<String>) {
        self.names = names
    }

    func note(_ node: xmlNodePtr?) {
        var next = place == nil ? node : nil
        while let node = next, node.pointee.type == XML_ELEMENT_NODE || node.pointee.type == XML_ATTRIBUTE_NODE {
            let name = node.pointee.name.map { String(cString: $0) }
            if let name, names.contains(name) { return place = name }
            next = node.pointee.parent
        }
    }
}

/// A schema's complaints hold a person's values: of each nothing is taken but where it is.
private func keepPlace(_ complaint: UnsafeMutableRawPointer?, _ error: xmlErrorPtr?) {
    guard let complaint, let node = error?.pointee.node else { return }
    Unmanaged<Complaint>.fromOpaque(complaint).takeUnretainedValue().note(node.assumingMemoryBound(to: xmlNode.self))
}
