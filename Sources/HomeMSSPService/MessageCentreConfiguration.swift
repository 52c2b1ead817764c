import MSSRuntime

/// `[[smsc]]`, one table a message centre; `[smsc]` alone is one too.
struct MessageCentreList: Decodable, Sendable {
    var centres: [MessageCentreConfiguration]

    init(from decoder: any Decoder) throws {
        guard (try? decoder.unkeyedContainer()) != nil else {
            centres = [try MessageCentreConfiguration(from: decoder)]
            return
        }
        centres = try [MessageCentreConfiguration](from: decoder)
    }
}

/// What an operator sets for one message centre (deploy/config/home.toml).
struct MessageCentreConfiguration: Decodable, Sendable {
    /// In logs, metrics and `/ready`; needed where there are several.
    var name: String?
    /// Commands go to the bound centre of the lowest number; equal ones share them.
    var priority: Int?
    var address: ListenAddress
    var systemID: String
    var systemType: String?
    var password: ConfiguredPath
    var sourceAddress: String
    /// Type of number and numbering plan of the source address.
    var sourceTypeOfNumber: UInt8?
    var sourceNumberingPlan: UInt8?
    /// Submissions that may be without their answer.
    var window: Int?
    /// Submissions a second.
    var rate: Int?
    var esmClass: UInt8?
    var dataCoding: UInt8?
    var protocolID: UInt8?
    /// `none`, `failures` or `always`.
    var receipts: String?
    /// Silence after which the link is probed, in seconds.
    var enquireAfter: Int?
    /// How long an answer may take, in seconds.
    var answerWithin: Int?
    var tls: TLS?

    private enum CodingKeys: String, CodingKey {
        case name, priority, address, password, window, rate, receipts, tls
        case systemID = "system_id"
        case systemType = "system_type"
        case sourceAddress = "source_address"
        case sourceTypeOfNumber = "source_ton"
        case sourceNumberingPlan = "source_npi"
        case esmClass = "esm_class"
        case dataCoding = "data_coding"
        case protocolID = "protocol_id"
        case enquireAfter = "enquire_after"
        case answerWithin = "answer_within"
    }

    /// The roots under which the centre must stand; its certificate must carry the host's name or `server_name`.
    struct TLS: Decodable, Sendable {
        var trust: ConfiguredPath
        var serverName: String?
        var certificate: ConfiguredPath?
        var key: ConfiguredPath?

        private enum CodingKeys: String, CodingKey {
            case trust, certificate, key
            case serverName = "server_name"
        }
    }
}
