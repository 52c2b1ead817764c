public import Foundation
public import Logging
public import MSSCore

/// Follows the files of a service's TLS credentials: what is put there is taken without a restart, and what ends soon is
/// told of while there is time.
public struct CredentialWatch: Sendable {
    /// A credential in use.
    public struct Credential: Sendable {
        /// The section of the configuration that names its files; a constant of the code.
        public var name: String
        public var files: CredentialFiles
        /// Makes new connections use it; throws, and changes nothing, if it is of no use.
        public var take: @Sendable (_ certificate: [UInt8], _ key: [UInt8], _ trust: [UInt8]) throws -> Void
        /// When the service's own certificate ends.
        public var end: @Sendable () -> Date

        public init(
            _ name: String,
            _ files: CredentialFiles,
            take: @escaping @Sendable (_ certificate: [UInt8], _ key: [UInt8], _ trust: [UInt8]) throws -> Void,
            end: @escaping @Sendable () -> Date
        ) {
            self.name = name
            self.files = files
            self.take = take
            self.end = end
        }
    }

    /// From how many days before a certificate's end on the log tells of it, once a day.
    public static let warningDays = 14

    private let credentials: [Credential]
    private let tally: any Tally
    private let logger: Logger
    private let interval: Duration

    public init(
        _ credentials: [Credential],
        tally: any Tally,
        logger: Logger,
        interval: Duration = .seconds(2)
    ) {
        self.credentials = credentials
        self.tally = tally
        self.logger = logger
        self.interval = interval
    }

    /// Shows how long the certificate lasts that ends first; negative once it has ended.
    public func show(in metrics: ServiceMetrics) {
        metrics.gauge("tls_certificate_seconds_left") { [credentials] in
            credentials.map { $0.end().timeIntervalSinceNow.rounded() }.min() ?? .infinity
        }
    }

    /// Looks until it is cancelled.
    public func run() async {
        var seen = credentials.map(\.files.named)
        var told = ContinuousClock.now
        credentials.forEach(warn)
        while (try? await Task.sleep(for: interval)) != nil {
            for (place, credential) in credentials.enumerated() {
                let stamp = credential.files.stamp
                guard stamp != seen[place] else { continue }
                seen[place] = stamp
                take(credential)
            }
            guard .now - told > .seconds(86_400) else { continue }
            told = .now
            credentials.forEach(warn)
        }
    }

    private func take(_ credential: Credential) {
        do throws(StartError) {
            try credential.files.load(credential.take)
            tally.count("tls_credentials", [("outcome", "taken")])
            logger.notice("TLS credential taken: new connections use it", metadata: Self.metadata(credential))
            warn(credential)
        } catch {
            // The files are three, and do not change at once: the next look finds the rest.
            tally.count("tls_credentials", [("outcome", "refused")])
            var metadata = Self.metadata(credential)
            metadata["problem"] = "\(error.description, as: .system)"
            logger.error("TLS credential refused: the one before it serves on", metadata: metadata)
        }
    }

    private func warn(_ credential: Credential) {
        let left = credential.end().timeIntervalSinceNow
        guard left < Double(Self.warningDays) * 86_400 else { return }
        logger.warning(
            left < 0
                ? "the service's own certificate has expired: nobody connects; put another one into its files"
                : "the service's own certificate expires soon: put another one into its files",
            metadata: Self.metadata(credential)
        )
    }

    private static func metadata(_ credential: Credential) -> Logger.Metadata {
        [
            "credential": "\(credential.name, as: .open)",
            "expires": "\(credential.end().formatted(.iso8601), as: .open)",
        ]
    }
}
