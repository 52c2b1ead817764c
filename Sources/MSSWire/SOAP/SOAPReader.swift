import MSSCore

/// A request that could not be read, and how its fault is to be written.
struct WireRefusal: Error {
    var fault: MSSFault
    var shape: SOAPShape
    /// A header block that must be understood is not.
    var isMustUnderstand = false
}

/// A request, taken out of its envelope.
struct SOAPRequest {
    let operation: WireOperation
    let shape: SOAPShape
    let mesh: MeshContext?
    /// Where it was looked for.
    let roaming: RoamingHeader?
    /// Of its header block MSS_MessageSignature, which is not read here.
    let signature: SignatureBlock
    let message: XMLElement
    let document: XMLDocument

    enum SignatureBlock {
        case none
        case optional
        /// It must be understood.
        case mandatory
    }

    /// The second net: the message against the schema, after the decoder has taken it.
    func validate(by schema: XMLSchema = .messages) throws(MSSFault) {
        do { try document.validate(message, by: schema) } catch {
            throw MSSFault(.wrongParam, error.description)
        }
    }
}

/// An answer, taken out of its envelope.
enum SOAPResponse {
    case message(XMLElement, XMLDocument)
    case fault(MSSFault)
}

enum SOAPReader {
    /// Reads an envelope.
    ///
    /// The two outer elements' namespaces are not looked at, and the first of them may be missing or have a name of its
    /// own: real clients differ in all of it. RoamingHeader is understood where `roams` says so.
    static func request(
        _ octets: [UInt8],
        limits: XMLLimits = .request,
        roams: Bool = false
    ) throws(WireRefusal) -> SOAPRequest {
        let document: XMLDocument
        do { document = try XMLDocument(octets, limits: limits) } catch {
            throw WireRefusal(fault: MSSFault(.wrongParam, error.description), shape: .plain)
        }
        let (version, body) = try body(of: document.root)
        var shape = SOAPShape.plain
        shape.version = version
        let (mesh, roaming, signature) = try header(of: document.root, shape, roams)
        guard let first = body.children.first else {
            throw WireRefusal(fault: MSSFault(.missingParam, "The SOAP body is empty."), shape: shape)
        }
        let (operation, message) = try dispatch(first, shape)
        shape.hasWrapper = message.node != first.node
        shape.wrapperNamespace = shape.hasWrapper ? first.namespace : nil
        shape.isQualified = message.namespace == operation.namespace
        let input = operation == .registration ? message.child("RegistrationInput", in: Namespace.mreg) : nil
        shape.registrationID = input?.attribute("InputId")
        return SOAPRequest(
            operation: operation,
            shape: shape,
            mesh: mesh,
            roaming: roaming,
            signature: signature,
            message: message,
            document: document
        )
    }

    /// Reads a message that was found to be signed, by itself: what stood around it in its envelope says nothing any more.
    ///
    /// - Parameters:
    ///   - octets: The signed element.
    ///   - shape: Of the envelope that it came in.
    /// - Returns: As if it stood in the envelope alone.
    /// - Throws: ``WireRefusal`` for what holds no message.
    static func message(_ octets: [UInt8], in shape: SOAPShape) throws(WireRefusal) -> SOAPRequest {
        let document: XMLDocument
        do { document = try XMLDocument(octets) } catch {
            throw WireRefusal(fault: MSSFault(.wrongParam, error.description), shape: shape)
        }
        let (operation, message) = try dispatch(document.root, shape)
        return SOAPRequest(
            operation: operation,
            shape: shape,
            mesh: nil,
            roaming: nil,
            signature: .none,
            message: message,
            document: document
        )
    }

    /// The message is the body's first element, or the first element in that.
    private static func dispatch(
        _ first: XMLElement,
        _ shape: SOAPShape
    ) throws(WireRefusal) -> (WireOperation, XMLElement) {
        for element in [first, first.children.first].compactMap({ $0 }) {
            if let operation = WireOperation.allCases.first(where: { $0.requestElement == element.name }) {
                return (operation, element)
            }
        }
        if let operation = WireOperation(rawValue: first.name) {
            let detail = "\(operation.rawValue) must hold \(operation.requestElement)."
            throw WireRefusal(fault: MSSFault(.missingParam, detail), shape: shape)
        }
        let detail = "The SOAP body holds no operation of this interface."
        throw WireRefusal(fault: MSSFault(.wrongParam, detail), shape: shape)
    }

    static let signatureBlock = "MSS_MessageSignature"

    /// Reads an answer of another service of the platform, and the route that it tells.
    ///
    /// A fault that is signed is for a provider, who verifies it: it is kept as it is.
    static func response(
        _ octets: [UInt8],
        to operation: WireOperation,
        roaming: (RoamingHeader?) -> Void = { _ in }
    ) throws(XMLError) -> SOAPResponse {
        let document = try XMLDocument(octets, limits: .answer)
        let header = document.root.children.first { $0.name == "Header" && $0.namespace == document.root.namespace }
        roaming(header?.child(RoamingCodec.block, in: Namespace.roaming).flatMap { try? RoamingCodec.read($0) })
        guard let (_, body) = try? body(of: document.root), let first = body.children.first else { throw .invalid }
        if first.name == "Fault" {
            var fault = FaultCodec.decode(first)
            if header?.child(signatureBlock, in: Namespace.mss) != nil { fault.envelope = octets }
            return .fault(fault)
        }
        guard let message = first.children.first, message.name == operation.responseElement else { throw .invalid }
        return .message(message, document)
    }

    private static func body(of root: XMLElement) throws(WireRefusal) -> (SOAPShape.Version, XMLElement) {
        let version: SOAPShape.Version
        switch root.namespace {
        case Namespace.soap12: version = .v12
        case Namespace.soap11: version = .v11
        default: throw WireRefusal(fault: MSSFault(.wrongParam, "The message is no SOAP envelope."), shape: .plain)
        }
        guard root.name == "Envelope", let body = root.children.first(where: { isSOAP($0, "Body", version) }) else {
            var shape = SOAPShape.plain
            shape.version = version
            throw WireRefusal(fault: MSSFault(.missingParam, "The SOAP envelope has no body."), shape: shape)
        }
        return (version, body)
    }

    private static func header(
        of root: XMLElement,
        _ shape: SOAPShape,
        _ roams: Bool
    ) throws(WireRefusal) -> (MeshContext?, RoamingHeader?, SOAPRequest.SignatureBlock) {
        guard let header = root.children.first(where: { isSOAP($0, "Header", shape.version) }) else {
            return (nil, nil, .none)
        }
        var mesh: MeshContext?
        var roaming: RoamingHeader?
        var signature = SOAPRequest.SignatureBlock.none
        for block in header.children {
            if block.namespace == Namespace.mesh, block.name == "Context" {
                // Two of them, or one half understood, could mean another caller than the one that was meant.
                guard mesh == nil, let context = MeshContext(block) else {
                    let detail = "The header block Context is not as it must be, or there are two."
                    throw WireRefusal(fault: MSSFault(.wrongParam, detail), shape: shape)
                }
                mesh = context
            } else if roams, block.namespace == Namespace.roaming, block.name == RoamingCodec.block {
                guard roaming == nil else {
                    throw WireRefusal(fault: MSSFault(.wrongParam, "There are two RoamingHeader."), shape: shape)
                }
                do throws(MSSFault) { roaming = try RoamingCodec.read(block) } catch {
                    throw WireRefusal(fault: error, shape: shape)
                }
            } else if isSecurity(block) {
                continue
            } else if block.namespace == Namespace.mss, block.name == signatureBlock {
                signature = mustBeUnderstood(block, shape) || signature == .mandatory ? .mandatory : .optional
            } else if mustBeUnderstood(block, shape) {
                throw WireRefusal(
                    fault: MSSFault(.incompatibleInterface, "A SOAP header block must be understood and is not."),
                    shape: shape,
                    isMustUnderstand: true
                )
            }
        }
        return (mesh, roaming, signature)
    }

    private static func mustBeUnderstood(_ block: XMLElement, _ shape: SOAPShape) -> Bool {
        block.attribute("mustUnderstand", in: shape.version.namespace).map { $0 != "0" && $0 != "false" } ?? false
    }

    /// WS-Security names the person at the desk; the certificate decides, so it is taken and not looked at.
    private static func isSecurity(_ block: XMLElement) -> Bool {
        block.name == "Security" && block.namespace == Namespace.wsSecurity
    }

    private static func isSOAP(_ element: XMLElement, _ name: String, _ version: SOAPShape.Version) -> Bool {
        element.name == name && element.namespace == version.namespace
    }
}
