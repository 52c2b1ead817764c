import Foundation
import MSSTestSupport
import Testing

/// The privileges that are modules, and the one service that may hold each.
private let holders: [String: String] = [
    "OTA": "HomeMSSPService", "Alauda": "HomeMSSPService", "SMPP": "HomeMSSPService", "SIMLink": "HomeMSSPService",
    "KeyVault": "HomeMSSPService", "PostgreSQL": "HomeMSSPService", "HomeStore": "HomeMSSPService",
    "HomeMSSP": "HomeMSSPService", "Signatures": "HomeMSSPService", "CertificateAuthority": "MEService",
    "AE": "AEService", "ME": "MEService",
]
private let services = ["AEService", "MEService", "HomeMSSPService"]

@Suite("What is linked into each service")
struct LinkageTests {
    @Test("is its own role and its own privileges, no other's", arguments: services)
    func modules(service: String) throws {
        let found = try Self.modules(in: service, among: Array(holders.keys))
        for (module, holder) in holders {
            #expect(found.contains(module) == (holder == service), "\(module) in \(service)")
        }
    }

    @Test("holds no simulator, no test and no development CA", arguments: services)
    func nothingForTrying(service: String) throws {
        let forTrying = [
            "Simulation", "SIMSimulator", "DevelopmentCA", "MSSTestSupport", "Testing", "Bench", "PacketBench",
        ]
        #expect(try Self.modules(in: service, among: forTrying) == [])
    }

    @Test("loads libpq and libxmlsec1 in the home alone, libcrypto not in AE", arguments: services)
    func libraries(service: String) throws {
        let dynamic = try Self.output(of: "readelf", "--dynamic", BuiltProducts.program(service).path)
        try #require(dynamic.contains("[libxml2.so"), "every service reads XML")
        #expect(dynamic.contains("[libpq.so") == (service == "HomeMSSPService"))
        #expect(dynamic.contains("[libcrypto.so") == (service != "AEService"))
        #expect(dynamic.contains("[libxmlsec1.so") == (service == "HomeMSSPService"))
    }

    /// Symbols of a module: `$s`, the length of its name and the name, as the compiler mangles them.
    private static func mangling(_ module: String) -> String { "$s\(module.utf8.count)\(module)" }

    /// Which of the modules have symbols in a service's program.
    private static func modules(in service: String, among modules: [String]) throws -> Set<String> {
        // A program for trying has millions of symbols: they are looked through beside us, not in a string of ours.
        let wanted = (modules + ["MSSCore"]).map(mangling).joined(separator: "\n")
        let script = "nm \"$0\" | grep -oF \"$1\" | sort -u"
        let program = try BuiltProducts.program(service).path
        let found = try output(of: "sh", "-c", script, program, wanted).split(separator: "\n")
        try #require(found.contains { $0 == mangling("MSSCore") }, "a stripped binary proves nothing")
        return Set(modules.filter { module in found.contains { $0 == mangling(module) } })
    }

    private static func output(of tool: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }
}
