import Foundation
import Hummingbird
import Logging
import MSSCore
import NIOCore

/// What a listener at the edge tells whoever it lets in: its description, and to a caller what it is known as.
struct WirePages: Sendable {
    private let settings: MeshServer.Settings
    private let callers: (any CallerDirectory)?
    private let described: ServiceDescription?
    private let tally: any Tally
    private let logger: Logger

    init(settings: MeshServer.Settings, services: WireServices, tally: any Tally, logger: Logger) {
        self.settings = settings
        self.tally = tally
        self.logger = logger
        callers = services.callers
        // Inside the mesh nobody makes a client from it.
        described =
            settings.profile == .edge ? ServiceDescription(of: WireOperation.allCases.filter(services.serves)) : nil
    }

    /// `GET …?wsdl` and `?xsd=…` at any path that the caller may call; `nil` if the request is for something else.
    func description(
        _ request: Request,
        at path: WirePath,
        _ caller: PeerCertificate
    ) throws(WireRefused) -> Response? {
        // JSON has a description of its own.
        if case .json = path { return nil }
        guard let described, Self.reads(request), let part = ServiceDescription.Part(query: request.uri.query) else {
            return nil
        }
        guard let address = settings.publicAddress ?? PublicAddress(authority: request.head.authority) else {
            throw WireRefused(.badRequest, "host", "the Host field must be a name or an address, and a port if need be")
        }
        guard let octets = described.octets(of: part, at: address) else {
            throw WireRefused(.notFound, "path", "there is no such schema here")
        }
        return page(part == .wsdl ? "wsdl" : "xsd", "text/xml; charset=utf-8", octets, caller)
    }

    /// `GET /rest/openapi.json`, for a machine to read (OpenAPI 3.1); `nil` at another path.
    func openAPI(_ request: Request, at path: WirePath, _ caller: PeerCertificate) throws(WireRefused) -> Response? {
        guard path == .openAPI else { return nil }
        guard Self.reads(request) else {
            throw WireRefused(.methodNotAllowed, "method", "send the request with GET", allow: .get)
        }
        return page("openapi", "application/json", PackageResources.openapi_json, caller)
    }

    /// `GET /whoami`: one line of JSON; `nil` if the request is for something else.
    func whoAmI(
        _ request: Request,
        _ caller: PeerCertificate,
        _ fingerprint: String?
    ) throws(WireRefused) -> Response? {
        guard let callers, request.uri.path == "/whoami" else { return nil }
        guard Self.reads(request) else {
            throw WireRefused(.methodNotAllowed, "method", "read this with GET", allow: .get)
        }
        let known = KnownCaller(
            caller,
            fingerprint,
            callers.knownProviders(of: caller.identity),
            at: settings.now()
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(known) else {
            throw WireRefused(.internalServerError, "whoami", "this cannot be told now")
        }
        return page("whoami", "application/json; charset=utf-8", [UInt8](line) + [0x0A], caller)
    }

    private static func reads(_ request: Request) -> Bool { request.method == .get || request.method == .head }

    private func page(_ name: String, _ type: String, _ octets: [UInt8], _ caller: PeerCertificate) -> Response {
        tally.count("wire_pages", [("page", name)])
        logger.info(
            "page told",
            metadata: ["page": "\(name, as: .open)", "peer": "\(caller.identity, as: settings.peerAsset)"]
        )
        return Response(
            status: .ok,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: octets))
        )
    }
}
