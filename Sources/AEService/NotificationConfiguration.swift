import Logging
import MSSCore
import MSSRuntime
import MSSWire

/// Where notifications may go (deploy/config/ae.toml, "notification").
struct NotificationConfiguration: Decodable, Sendable {
    /// PEM of the roots under which providers' servers stand; those of the system unless set.
    var trust: ConfiguredPath?
    /// Ranges of addresses that are taken although they are private or special.
    var permitted: [String]?
    /// Ranges that are never taken: the platform's own public addresses.
    var refused: [String]?

    /// What carries notifications, showing the service's own certificate.
    ///
    /// - Throws: ``StartError`` that names the key.
    func client(showing credential: TLSCredential) throws(StartError) -> NotificationClient {
        let rules = AddressRules(
            permitted: try ranges(permitted, "permitted"),
            refused: try ranges(refused, "refused")
        )
        var roots: [UInt8]?
        if let trust { roots = try PublicFile.read(trust.path) }
        do { return try NotificationClient(trust: roots, showing: credential, rules: rules) } catch {
            throw StartError("notification.trust: \(error.description)")
        }
    }

    private func ranges(_ texts: [String]?, _ key: String) throws(StartError) -> [AddressRange] {
        var ranges: [AddressRange] = []
        for text in texts ?? [] {
            guard let range = AddressRange(text) else {
                throw StartError("notification.\(key): \(text) is no range of addresses; write it as 10.1.0.0/16")
            }
            ranges.append(range)
        }
        return ranges
    }
}
