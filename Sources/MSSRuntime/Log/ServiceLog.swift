import Crypto
public import Logging
public import MSSCore

/// The log's part of a configuration.
public struct LogConfiguration: Decodable, Sendable {
    /// `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`; `info` when left out.
    public var level: Logger.Level?
    /// A secret file with at least 32 octets; without it pseudonyms end with the process.
    public var pseudonymKey: ConfiguredPath?

    private enum CodingKeys: String, CodingKey {
        case level
        case pseudonymKey = "pseudonym_key"
    }

    public init(level: Logger.Level? = nil, pseudonymKey: ConfiguredPath? = nil) {
        self.level = level
        self.pseudonymKey = pseudonymKey
    }
}

/// The log of a process: every logger made after `start` writes to it, those of libraries too.
public struct ServiceLog: Sendable {
    /// The service's own logger.
    public let logger: Logger
    /// The names that the audit trail shares with the log.
    public let pseudonyms: Pseudonyms

    /// Starts the log; to be called once a process.
    public static func start(
        _ configuration: LogConfiguration?,
        service: String,
        tally: any Tally
    ) throws(StartError) -> ServiceLog {
        let keyFile = configuration?.pseudonymKey
        let pseudonyms = try keyFile.map { file throws(StartError) in try keyed(by: file) } ?? .ofThisProcess()
        let sink = DescriptorSink(tally: tally)
        let level = configuration?.level ?? .info
        LoggingSystem.bootstrap { label in
            AssetLogHandler(label: label, service: service, level: level, pseudonyms: pseudonyms, sink: sink)
        }
        let logger = Logger(label: service)
        if keyFile == nil { logger.notice("no pseudonym_key is configured: persons' pseudonyms end with this process") }
        return ServiceLog(logger: logger, pseudonyms: pseudonyms)
    }

    /// Reads the key of the pseudonyms.
    static func keyed(by file: ConfiguredPath) throws(StartError) -> Pseudonyms {
        let key = try SecretFile.read(file.path)
        guard key.count >= 32 else { throw StartError("\(file): the pseudonym key must have at least 32 octets") }
        return Pseudonyms(key: SymmetricKey(data: key))
    }
}
