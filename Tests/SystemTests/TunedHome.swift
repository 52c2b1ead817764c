import Foundation
import MSSTestSupport
import Testing

/// A platform whose home was started again with more in its configuration than it has by itself: every kind of
/// signature, providers of other rules, the look-up of certificates, a revocation list that a test writes, and an OCSP
/// responder that a test starts.
struct TunedHome: Sendable {
    let platform: Platform
    /// Where the responder is asked.
    let responderPort: Int

    private static let shared = Task { try await start() }

    static var running: TunedHome {
        get async throws { try await shared.value }
    }

    /// The list that the home reads; missing until a test writes it.
    var list: String { platform.file("state/own.crl") }

    private static func start() async throws -> TunedHome {
        let lookUp = "s/^# certificate_lookup/certificate_lookup/"
        let platform = try await Platform.start("tuned", ["AE_EDIT": lookUp])
        let port = try FreePort.next()
        let process = try platform.process("home")
        kill(process, SIGTERM)
        for _ in 0..<200 where kill(process, 0) == 0 { try await Task.sleep(for: .milliseconds(50)) }
        try platform.change("providers") { text in
            let list = kinds.map { "\"\($0)\"" }.joined(separator: ", ")
            return text.replacing("\"Demo Provider\"", with: "\"Demo Provider\"\nsignatures = [\(list)]")
                .replacing("sandbox = true", with: "sandbox = true\ntwo_level_faults = true") + providers
        }
        try platform.change("home") { text in
            text.replacing("/user.crl\"", with: "/own.crl\"\nocsp_urls = [\"http://127.0.0.1:\(port)/\"]")
        }
        try platform.restart("HomeMSSPService", "home")
        let home = TunedHome(platform: platform, responderPort: port)
        let provider = try Provider(platform)
        // One of the new kinds: the acquiring entity knows the entry as it is now, too.
        let format = "<mss:MSS_Format><mss:mssURI>urn:mssp:format:1#cms-0</mss:mssURI></mss:MSS_Format>"
        for _ in 0..<100 {
            if try await provider.sign("Up?", by: platform.extraNumber(2), extra: format).status == "500" {
                return home
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw StartFailure(said: try String(contentsOfFile: platform.file("logs/home.log"), encoding: .utf8))
    }

    /// AP_ID of a provider under rules of its own.
    static func apID(_ rules: String) -> String { "http://ae.demo.mssp/ap-" + rules }

    /// The same company under other rules; one of them may look up certificates.
    private static let providers = ["ficom", "swisscom"].map { rules in
        """

        [[provider]]
        id = "\(apID(rules))"
        name = "Other Rules"
        identities = ["urn:mssp:demo:ap"]
        acquiring_entities = ["urn:mssp:demo:ae"]
        rules = "\(rules)"
        \(rules == "ficom" ? #"signatures = ["cms", "cms-0", "pkcs1"]"# : "text_prefix = \"Bank: \"\nprofiles = true")
        trace_in_answers = true

        """
    }.joined()

    private static let kinds = [
        "cms", "cms-detached", "cms-0", "cms-0-detached", "ades", "ades-detached", "pkcs1", "fi-pkcs1",
    ]
}

extension Platform {
    /// Writes a part's configuration anew.
    func change(_ part: String, _ change: (String) -> String) throws {
        let path = file("config/\(part).toml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let changed = change(text)
        try #require(changed != text)
        try changed.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
