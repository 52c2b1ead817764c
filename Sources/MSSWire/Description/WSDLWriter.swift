/// WSDL 1.1, rpc/literal in SOAP 1.2 and 1.1: what a stub made from it sends is what deployed stubs send (docs/wire.md).
enum WSDLWriter {
    /// The namespace of the wrapper elements: that of the WSDL which deployed stubs were made from, so that a stub made
    /// from either is good for both.
    static let target = "http://uri.etsi.org/TS102204/etsi204-kiuru.wsdl"

    /// The schemas by their names in a query.
    static let schemas: [String: (namespace: String, text: [UInt8])] = [
        "ts102204.xsd": (Namespace.mss, PackageResources.ts102204_xsd),
        "ficom.xsd": (Namespace.fiCom, PackageResources.ficom_xsd),
        "receipt.xsd": (Namespace.receipt, PackageResources.receipt_xsd),
        "own.xsd": (Namespace.own, PackageResources.own_xsd),
        "batch.xsd": (Namespace.batch, PackageResources.batch_xsd),
        "documents.xsd": (Namespace.documents, PackageResources.documents_xsd),
    ]

    private static let namespaces: [(String, String?)] = [
        ("xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/"), ("xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/"),
        ("xmlns:soap12", "http://schemas.xmlsoap.org/wsdl/soap12/"), ("xmlns:xs", "http://www.w3.org/2001/XMLSchema"),
        ("xmlns:mss", Namespace.mss), ("xmlns:own", Namespace.own), ("xmlns:tns", target),
    ]

    /// A way of binding an operation, and what it adds to names.
    private struct Binding {
        let prefix: String
        let suffix: String
        /// Attributes that this version of the extension has beside the other's.
        let operation: [(String, String?)]
    }

    /// SOAP 1.2 first: toolkits take the first port unless told another.
    private static let bindings = [
        Binding(prefix: "soap12", suffix: "", operation: [("soapActionRequired", "false")]),
        Binding(prefix: "soap", suffix: "SOAP11", operation: []),
    ]

    static func write(_ operations: [WireOperation]) -> [UInt8] {
        var writer = XMLWriter()
        writer.element(
            "wsdl:definitions",
            namespaces + [("name", "MSS_SignatureService"), ("targetNamespace", target)]
        ) { writer in
            writer.element("wsdl:types", [], types)
            for operation in operations { interface(operation, &writer) }
            for operation in operations {
                for binding in bindings { write(binding, of: operation, &writer) }
            }
            writer.element("wsdl:service", [("name", "MSS_SignatureService")]) { writer in
                for binding in bindings {
                    for operation in operations { port(operation, binding, &writer) }
                }
            }
        }
        return writer.octets
    }

    private static func types(_ writer: inout XMLWriter) {
        writer.element("xs:schema", [("targetNamespace", target)]) { writer in
            for (name, schema) in schemas.sorted(by: { $0.key < $1.key }) {
                let location = ServiceDescription.base + WirePath.commonPaths[0] + "?xsd=" + name
                writer.element("xs:import", [("namespace", schema.namespace), ("schemaLocation", location)])
            }
        }
    }

    private static func interface(_ operation: WireOperation, _ writer: inout XMLWriter) {
        let (input, output) = (operation.rawValue + "Input", operation.rawValue + "Output")
        let prefix = operation.namespace == Namespace.own ? "own" : "mss"
        for (name, part) in [(input, operation.requestElement), (output, operation.responseElement)] {
            writer.element("wsdl:message", [("name", name)]) {
                $0.element("wsdl:part", [("name", part), ("type", "\(prefix):\(part)Type")])
            }
        }
        writer.element("wsdl:portType", [("name", operation.portType)]) { writer in
            writer.element("wsdl:operation", [("name", operation.rawValue)]) { writer in
                writer.element("wsdl:input", [("message", "tns:" + input)])
                writer.element("wsdl:output", [("message", "tns:" + output)])
            }
        }
    }

    private static func write(_ binding: Binding, of operation: WireOperation, _ writer: inout XMLWriter) {
        let soap = binding.prefix
        let type = operation.portType.map { "tns:" + $0 }
        writer.element("wsdl:binding", [("name", name(binding, operation, "Binding")), ("type", type)]) { writer in
            writer.element(
                soap + ":binding",
                [("style", "rpc"), ("transport", "http://schemas.xmlsoap.org/soap/http")]
            )
            writer.element("wsdl:operation", [("name", operation.rawValue)]) { writer in
                writer.element(soap + ":operation", [("soapAction", ""), ("style", "rpc")] + binding.operation)
                for direction in ["wsdl:input", "wsdl:output"] {
                    writer.element(direction) {
                        $0.element(soap + ":body", [("use", "literal"), ("namespace", target)])
                    }
                }
            }
        }
    }

    private static func port(_ operation: WireOperation, _ binding: Binding, _ writer: inout XMLWriter) {
        let attributes: [(String, String?)] = [
            ("name", name(binding, operation, "Port")), ("binding", "tns:" + name(binding, operation, "Binding")),
        ]
        writer.element("wsdl:port", attributes) {
            $0.element(
                binding.prefix + ":address",
                [("location", ServiceDescription.base + "/soap/services/" + operation.port)]
            )
        }
    }

    private static func name(_ binding: Binding, _ operation: WireOperation, _ kind: String) -> String {
        operation.rawValue + binding.suffix + kind
    }
}

extension WireOperation {
    /// The name that TS 102 204 §7 gives its port type, or the like for this platform's own; `nil` for what is not for providers' toolkits.
    var portType: String? {
        switch self {
        case .signature: "MSS_SignaturePortType"
        case .status: "MSS_StatusQueryType"
        case .receipt: "MSS_ReceiptType"
        case .profile: "MSS_ProfileQueryType"
        case .handshake: "MSS_HandshakePortType"
        case .registration: "MSS_RegistrationType"
        case .cancel: "MSSP_CancelType"
        case .fit: "MSSP_FitType"
        case .directory, .notifications: nil
        }
    }
}
