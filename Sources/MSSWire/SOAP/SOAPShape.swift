public import MSSCore

/// How a request was written: its answer is written the same way, or clients do not read it (docs/wire.md).
public struct SOAPShape: Sendable, Equatable {
    public typealias Version = SOAPVersion

    public var version: Version
    /// Whether the message stands in an element named after the operation.
    var hasWrapper = true
    /// Of that element; `nil` when it has none.
    var wrapperNamespace: String?
    /// Whether the message element itself stands in its namespace: that of TS 102 204, or this platform's own.
    var isQualified: Bool
    /// InputId of a registration's input, which its output repeats.
    var registrationID: String?

    /// The header block that goes with the answer, its faults included.
    var roaming: RoamingHeader?

    /// SOAP 1.2, the wrapper in no namespace, the message qualified: what this platform's own clients send.
    public static let plain = SOAPShape(version: .v12, wrapperNamespace: nil, isQualified: true)

    /// The wrapper of an answer's, or of a request's, message.
    func envelope(
        wrapper: String,
        header: ((inout XMLWriter) -> Void)? = nil,
        _ content: (inout XMLWriter) -> Void
    ) -> [UInt8] {
        body(header: header) { writer in
            if !hasWrapper {
                content(&writer)
            } else if wrapperNamespace == Namespace.mss {
                writer.element("mss:" + wrapper, [], content)
            } else if let wrapperNamespace {
                writer.element("wrap:" + wrapper, [("xmlns:wrap", wrapperNamespace)], content)
            } else {
                writer.element(wrapper, [], content)
            }
        }
    }

    func body(header: ((inout XMLWriter) -> Void)? = nil, _ content: (inout XMLWriter) -> Void) -> [UInt8] {
        var writer = XMLWriter()
        writer.element("soapenv:Envelope", [("xmlns:soapenv", version.namespace), ("xmlns:mss", Namespace.mss)]) {
            if header != nil || roaming != nil {
                $0.element("soapenv:Header") { writer in
                    header?(&writer)
                    if let roaming { RoamingCodec.write(roaming, version, to: &writer) }
                }
            }
            $0.element("soapenv:Body", [], content)
        }
        return writer.octets
    }

    /// The message element's name as this shape writes it.
    func messageName(_ name: String) -> String { isQualified ? "mss:" + name : name }
}

extension SOAPVersion {
    var namespace: String { self == .v11 ? Namespace.soap11 : Namespace.soap12 }
    /// What a message in this version is sent as.
    public var contentType: String {
        self == .v11 ? "text/xml; charset=utf-8" : "application/soap+xml; charset=utf-8"
    }
}
