import Foundation
import MSSTestSupport
import Testing

/// The providers as they go from the home's file to AE: signed, numbered, kept.
@Suite("The directory of providers, through the real services", .serialized)
struct DirectoryTests {
    @Test("reaches AE without a restart, outlasts the home, and is taken from the home's identity alone")
    func directory() async throws {
        let home = try await HomeProcess.start("directory")
        let entity = try await Entity.start(home.platform, "ae-directory") { $0 }
        let demo = ["demo", "documents", "signing"].map { "http://ae.demo.mssp/ap-" + $0 }
        #expect(try await entity.apIDs() == demo)
        #expect(try await entity.metric("ae_directory_number") == 1)
        try await changed(home, entity)
        try await signed(home)
        try await home.stop()
        try await entity.part.stop()
        let again = try await Entity.start(home.platform, "ae-directory") { $0 }
        #expect(try await again.apIDs()?.contains("http://ae.demo.mssp/ap-new") == true)
        let ready = try await again.ask("ready")
        #expect(ready.contains(#""directory":false"#) && ready.contains(#""providers":true"#), "\(ready)")
        try await home.start()
        try await untrusting(home)
    }

    /// A new provider, and one whose entry says what it may.
    private func changed(_ home: HomeProcess, _ entity: Entity) async throws {
        let fingerprint = String(repeating: "0", count: 64)
        try home.platform.change("providers") { text in
            text + """

                [[provider]]
                id = "http://ae.demo.mssp/ap-new"
                name = "New Provider"
                identities = ["urn:mssp:demo:ap"]
                acquiring_entities = ["urn:mssp:demo:ae"]
                text_prefix = "New: "
                certificate_files = ["../pki/ap-demo.pem"]
                [[provider]]
                id = "http://ae.demo.mssp/ap-other"
                name = "Other Provider"
                identities = ["urn:mssp:demo:ap"]
                acquiring_entities = ["urn:mssp:demo:ae"]
                certificates = [{ sha256 = "\(fingerprint)", expires = "2099-01-01T00:00:00Z" }]

                """
        }
        for _ in 0..<100 where try await entity.metric("ae_directory_number") != 2 {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await entity.metric("ae_directory_number") == 2)
        let new = try Provider(entity.platform, apID: "http://ae.demo.mssp/ap-new")
        let number = try home.platform.extraNumber(2)
        #expect(try await new.sign("Old: pay", by: number).fault == "107")
        #expect(try await new.sign("New: pay", by: number).status == "500")
        let other = try await Provider(entity.platform, apID: "http://ae.demo.mssp/ap-other").sign("Pay", by: number)
        #expect(
            other.fault == "104" && other.detail?.contains("is not one that is registered") == true,
            "\(other.body)"
        )
        // A file that is wrong changes nothing.
        try home.platform.change("providers") { $0.replacing("text_prefix", with: "text_profix") }
        try await Task.sleep(for: .seconds(3))
        #expect(try await entity.metric("ae_directory_number") == 2)
        #expect(try await home.ask("metrics").contains(#"mssp_home_provider_files_total{outcome="refused"} 1"#))
        try home.platform.change("providers") { $0.replacing("text_profix", with: "text_prefix") }
    }

    /// What AE keeps, as anybody may look at it.
    private func signed(_ home: HomeProcess) async throws {
        let shown = try await Command.run(
            "openssl",
            [
                "cms", "-verify", "-inform", "DER", "-in", home.platform.file("state/ae-providers.cms"), "-CAfile",
                home.platform.file("pki/identity-ca.pem"), "-purpose", "any", "-binary",
            ]
        )
        #expect(shown.status == 0, "\(shown.errorText)")
        #expect(shown.text.hasPrefix("mssp provider directory\n{"), "\(shown.text)")
        #expect(shown.text.contains("\"number\":2") && shown.text.contains("ap-new"), "\(shown.text)")
    }

    /// An AE that trusts the mesh's CA instead: whoever speaks TLS could make its providers.
    private func untrusting(_ home: HomeProcess) async throws {
        let entity = try await Entity.start(home.platform, "ae-untrusting") { text in
            text.replacing("identity-ca.pem", with: "mesh-ca.pem").replacing("ae-providers", with: "ae-untrusting")
        }
        #expect(try await entity.apIDs() == nil)
        #expect(try await entity.ask("metrics").contains(#"mssp_ae_directory_pulls_total{outcome="untrusted"}"#))
        let answer = try await Provider(entity.platform).sign("Pay", by: home.platform.extraNumber(2))
        #expect(answer.fault == "780" && answer.detail?.contains("nothing was begun") == true, "\(answer.body)")
    }
}

/// Another AE of a platform, with an operator's listener.
struct Entity {
    let platform: Platform
    let operatorPort: Int
    let part: Platform.Part

    static func start(
        _ platform: Platform,
        _ name: String,
        _ change: (String) throws -> String
    ) async throws -> Entity {
        let (port, operatorPort) = (try FreePort.next(), try FreePort.next())
        let text = try String(contentsOfFile: platform.file("config/ae.toml"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("listen =") ? "listen = \"127.0.0.1:\(port)\"" : String(line)
        }
        let more = "\n[operator]\nlisten = \"127.0.0.1:\(operatorPort)\"\n"
        try change(lines.joined(separator: "\n") + more)
            .write(toFile: platform.file("config/\(name).toml"), atomically: true, encoding: .utf8)
        let part = try platform.restart("AEService", name)
        let entity = Entity(
            platform: platform.reached(as: "AE_URL", at: "https://localhost:\(port)"),
            operatorPort: operatorPort,
            part: part
        )
        for _ in 0..<100 where try await entity.whoAmI().http != 200 { try await Task.sleep(for: .milliseconds(100)) }
        return entity
    }

    func ask(_ path: String) async throws -> String {
        let url = "http://127.0.0.1:\(operatorPort)/\(path)"
        return try await Command.run("curl", ["--silent", "--max-time", "10", url]).text
    }

    func metric(_ name: String) async throws -> Double? {
        let line = try await ask("metrics").split(separator: "\n").first { $0.hasPrefix("mssp_\(name) ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// What `/whoami` tells the demo provider; `nil` while AE can tell nobody.
    func apIDs() async throws -> [String]? {
        let answer = try await whoAmI()
        let read = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        return try #require(read, "\(answer.body)")["ap_ids"] as? [String]
    }

    private func whoAmI() async throws -> Provider.Answer {
        try await Provider(platform).post(
            Data(),
            to: platform.variable("AE_URL") + "/whoami",
            options: ["--get"]
        )
    }
}
