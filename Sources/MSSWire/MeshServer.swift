import Glibc
import Hummingbird
import HummingbirdCore
public import Logging
public import MSSCore
import NIOCore
public import ServiceLifecycle

import struct Foundation.Date

/// A listener: mutual TLS, the gate, the limits, SOAP and JSON; then a service of the platform.
public struct MeshServer: Service {
    public struct Settings: Sendable {
        public var host: String
        public var port: Int
        public var tls: TLSCredential
        public var profile: TLSProfile
        public var gate: PeerGate
        /// Tells callers how long the SIM side took, for measuring.
        public var exposesTiming = false
        /// Where callers reach the listener, for the WSDL; without it, where each of them says that it found it.
        public var publicAddress: PublicAddress?
        /// JSON beside SOAP, where it is offered.
        public var json: JSONBinding?
        /// Of a home: what it wants to be told of routes; without it RoamingHeader is not understood.
        public var roaming: RoamingRules?
        /// Whether a caller's faults have FiCom's second level.
        public var hasTwoLevels: @Sendable (PeerIdentity) -> Bool = { _ in false }
        public var limits = WireLimits()
        /// For the ends of certificates.
        var now: @Sendable () -> Date = { Date() }

        public init(host: String, port: Int, tls: TLSCredential, profile: TLSProfile, gate: PeerGate) {
            self.host = host
            self.port = port
            self.tls = tls
            self.profile = profile
            self.gate = gate
        }

        /// Whose asset a caller's name is: a provider's or an agent's at the edge, the platform's own inside.
        var peerAsset: Asset { profile == .edge ? .applicationProvider : .system }
    }

    private let settings: Settings
    private let responder: WireResponder
    private let connections = WireConnections()
    private let logger: Logger
    private let tally: any Tally
    private let listening: @Sendable (Int) async -> Void

    /// Makes a listener; `listening` is told the port once it listens.
    public init(
        _ settings: Settings,
        services: WireServices,
        tally: any Tally,
        logger: Logger,
        listening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.settings = settings
        self.logger = logger
        self.tally = tally
        self.listening = listening
        responder = WireResponder(
            settings: settings,
            services: services,
            connections: connections,
            tally: tally,
            logger: logger
        )
    }

    /// Serves until it is asked to stop; calls that run are then let end.
    ///
    /// - Throws: ``ListenError`` when the address cannot be had.
    public func run() async throws {
        warnOfFiles()
        let (connections, tally, headTime) = (connections, tally, TimeAmount(settings.limits.headTime))
        let connection = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionWatch(connections, headTime: headTime, tally: tally)],
            idleTimeout: TimeAmount(settings.limits.idleTime),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 8_192,
                maxHeaderListSize: settings.limits.headerOctets,
                maxHeaderFieldCount: settings.limits.headers
            )
        )
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { [settings] responder in
                try SecuredChannel(
                    HTTP1Channel(responder: responder, configuration: connection),
                    settings.tls,
                    settings.profile
                )
            },
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port),
                availableConnectionsDelegate: MaximumAvailableConnections(settings.limits.connections)
            ),
            onServerRunning: { channel in await listening(channel.localAddress?.port ?? 0) },
            // Its own words would be values without a class.
            logger: Logger(label: "http", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        do { try await application.run() } catch let error as IOError {
            throw ListenError(host: settings.host, port: settings.port, errorNumber: error.errnoCode)
        }
    }

    /// Each connection is an open file: better known now than when the last one is taken.
    private func warnOfFiles() {
        var files = rlimit()
        let needed = settings.limits.connections + Self.otherFiles
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0, files.rlim_cur < needed else {
            return
        }
        logger.warning(
            "fewer files may be open than connections are allowed: raise the limit (LimitNOFILE) or lower limits.connections",
            metadata: ["files": "\(files.rlim_cur, as: .open)", "needed": "\(needed, as: .open)"]
        )
    }

    /// Files that a service has open beside its callers' connections: its own calls, storage, logs.
    private static let otherFiles = 256
}

/// An address that cannot be listened on.
public struct ListenError: Error, Sendable, CustomStringConvertible {
    let host: String
    let port: Int
    let errorNumber: Int32

    public var description: String {
        let reason =
            switch errorNumber {
            case 98: "is in use: stop what listens there, or choose another port"
            case 99: "is no address of this machine"
            case 13: "may not be used by this user"
            default: "cannot be listened on (error \(errorNumber))"
            }
        return "listen: \(host):\(port) \(reason)"
    }
}
