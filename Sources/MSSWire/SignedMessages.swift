import Foundation
import Hummingbird
public import MSSCore

/// Signed messages on their way from a provider through the acquiring entity to the home: the provider's envelope travels as
/// it is, and what the mesh says of the call stands beside it, in a header field of HTTP.
enum SignedMessages {
    static let field = "MSSP-Context"
    static let name = HTTPFields.Element.Name(field)
    /// Where their route stands, of the request and of its answer, fault or not.
    static let routeField = "MSSP-Route"
    static let routeName = HTTPFields.Element.Name(routeField)
    /// Octets of that field: it holds as many entries as a route has.
    private static let longestRoute = 12_288

    /// What a home that wants no routes says to who tells one: as of a header block.
    static let routeNotUnderstood = MSSFault(
        .incompatibleInterface,
        "A RoamingHeader must be understood and is not: this home wants none."
    )

    /// The field's value: the header block that other calls have in their envelope, in base64.
    static func value(_ context: MeshContext) -> String {
        var context = context
        // A route has its own field.
        context.roaming = nil
        var writer = XMLWriter()
        context.write(to: &writer)
        return Data(writer.octets).base64EncodedString()
    }

    /// Reads the field's value; `nil` for one that is not as it must be.
    static func context(_ value: String) -> MeshContext? {
        guard value.utf8.count <= 4_096, let octets = Data(base64Encoded: value),
            let document = try? XMLDocument([UInt8](octets), limits: XMLLimits(octets: 4_096, elements: 1)),
            document.root.namespace == Namespace.mesh, document.root.name == "Context"
        else { return nil }
        return MeshContext(document.root)
    }

    /// The value of the route's field: the SOAP header that another call's would stand in, in base64.
    static func value(_ route: RoamingHeader) -> String {
        var writer = XMLWriter()
        let namespaces = [("xmlns:soapenv", Namespace.soap12), ("xmlns:mss", Namespace.mss)]
        writer.element("soapenv:Header", namespaces) { RoamingCodec.write(route, .v12, to: &$0) }
        return Data(writer.octets).base64EncodedString()
    }

    /// Reads that field.
    ///
    /// - Throws: 101 for what is not as it must be; what a RoamingHeader is refused for.
    static func route(_ value: String) throws(MSSFault) -> RoamingHeader {
        guard value.utf8.count <= longestRoute, let octets = Data(base64Encoded: value),
            let document = try? XMLDocument([UInt8](octets), limits: XMLLimits(octets: longestRoute, elements: 100)),
            document.root.children.count == 1,
            let block = document.root.child(RoamingCodec.block, in: Namespace.roaming)
        else { throw MSSFault(.wrongParam, "\(routeField) holds no RoamingHeader.") }
        defer { withExtendedLifetime(document) {} }
        return try RoamingCodec.read(block)
    }

    /// What a message says that is passed on with its signature; `nil` for one that the home does not take so.
    static func content(_ message: WireServices.Message) -> SignedMessage.Content? {
        switch message {
        case .signature(let request): .signature(request)
        case .status(let request): .status(request)
        case .receipt(let request): .receipt(request)
        case .profile(let request): .profile(request)
        case .cancel(let request): .cancel(request)
        case .fit(let request): .fit(request)
        case .registration, .certificate, .directory, .notifications, .handshake, .signed: nil
        }
    }

    static func operation(_ content: SignedMessage.Content) -> WireOperation {
        switch content {
        case .signature: .signature
        case .status: .status
        case .receipt: .receipt
        case .profile: .profile
        case .cancel: .cancel
        case .fit: .fit
        }
    }

    static let notUnderstood = MSSFault(
        .incompatibleInterface,
        "The SOAP header block MSS_MessageSignature must be understood, and is of nobody whose messages are to be signed."
    )
}

/// Passes signed messages on to the home over the wire; each is sent once.
public struct SignedMessageClient: SignedMessageRelay {
    private let home: MeshConnection

    /// Calls over `home`.
    public init(to home: MeshConnection) {
        self.home = home
    }

    public func pass(_ message: SignedMessage, _ call: Call) async throws(MSSFault) -> SignedAnswer {
        try await home.pass(message, SignedMessages.operation(message.content), call)
    }
}
