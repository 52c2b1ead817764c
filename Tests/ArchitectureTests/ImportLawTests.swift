import Foundation
import MSSTestSupport
import Testing

/// Everything each module may import: `Package.swift` makes a target build, this table makes it deliberate
/// (docs/architecture.md shows the same graph).
private let importLaw: [String: Set<String>] = [
    "MSSCore": ["Logging"],
    "MSSRuntime": [
        "MSSCore", "CLinux", "Crypto", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "ServiceLifecycle",
        "UnixSignals",
    ],
    "MSSWire": [
        "MSSCore", "CLibXML2", "AsyncHTTPClient", "Crypto", "Hummingbird", "HummingbirdCore", "HummingbirdTLS",
        "Logging",
        "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL", "ServiceLifecycle", "SwiftASN1", "X509",
    ],
    "AE": ["MSSCore", "Logging"],
    "ME": ["MSSCore", "Logging"],
    "HomeMSSP": ["MSSCore", "OTA", "Alauda", "Crypto", "Logging"],
    "OTA": ["CLibCrypto", "Crypto", "CryptoExtras"],
    "Alauda": ["Crypto", "CryptoExtras"],
    "SMPP": [],
    "SIMLink": ["MSSCore", "OTA", "SMPP", "Logging", "NIOCore", "NIOPosix", "NIOSSL"],
    "KeyVault": ["MSSCore", "OTA", "Alauda", "CLibCrypto", "CPKCS11", "Crypto", "CryptoExtras"],
    "PostgreSQL": ["CLibPQ"],
    "HomeStore": ["MSSCore", "OTA", "Alauda", "HomeMSSP", "PostgreSQL", "SIMLink", "Logging"],
    "Signatures": ["MSSCore", "CLibCrypto", "CLibXMLSec", "Crypto", "SwiftASN1"],
    "CertificateAuthority": ["MSSCore", "CLibCrypto"],
    "AEService": ["AE", "MSSCore", "MSSRuntime", "MSSWire", "Logging", "ServiceLifecycle"],
    "MEService": ["CertificateAuthority", "ME", "MSSCore", "MSSRuntime", "MSSWire", "Logging", "ServiceLifecycle"],
    "HomeMSSPService": [
        "Alauda", "HomeMSSP", "HomeStore", "KeyVault", "MSSCore", "MSSRuntime", "MSSWire", "OTA", "PostgreSQL",
        "SIMLink", "Signatures", "AsyncHTTPClient", "Crypto", "Logging", "NIOCore", "NIOHTTP1", "ServiceLifecycle",
    ],
    "Simulation": ["Alauda", "OTA", "SMPP", "Crypto", "CryptoExtras", "NIOCore", "NIOPosix"],
    "SIMSimulator": ["Simulation"],
    "DevelopmentCA": [
        "CLibCrypto", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "ServiceLifecycle", "UnixSignals",
    ],
    "Bench": ["AsyncHTTPClient", "Crypto", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL"],
    "PacketBench": ["KeyVault", "OTA"],
]

/// What the language and the system bring; nothing of it reaches a network or a database by itself.
private let everywhere: Set<String> = ["Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization"]

/// Who may name key types: the vault that applies keys, the simulator that plays the other side, and the measure of
/// both, which has made-up keys.
private let keyHolders: Set<String> = ["Alauda", "KeyVault", "OTA", "PacketBench", "Simulation"]

@Suite("The import law")
struct ImportLawTests {
    @Test("names everything a module imports", arguments: importLaw.keys.sorted())
    func imports(module: String) throws {
        let allowed = try #require(importLaw[module]).union(everywhere)
        let sources = try SourceFile.all(in: "Sources/\(module)")
        try #require(!sources.isEmpty)
        for source in sources {
            for imported in source.imports {
                #expect(allowed.contains(imported.module), "\(source.name) imports \(imported.module)")
            }
        }
    }

    @Test("covers every folder under Sources")
    func coverage() throws {
        let sources = BuiltProducts.packageRoot.appending(path: "Sources").path
        let folders = try FileManager.default.contentsOfDirectory(atPath: sources)
        #expect(
            Set(folders)
                == Set(importLaw.keys).union(["CLibCrypto", "CLibPQ", "CLibXML2", "CLibXMLSec", "CLinux", "CPKCS11"])
        )
    }

    @Test(
        "hands key material to its holders alone",
        arguments: importLaw.keys.sorted().filter { !keyHolders.contains($0) }
    )
    func keyMaterial(module: String) throws {
        for source in try SourceFile.all(in: "Sources/\(module)") {
            #expect(!source.imports.contains { $0.line.contains("@_spi(KeyMaterial)") }, "\(source.name)")
        }
    }

    @Test("lets no program read or write packets without sound protection", arguments: importLaw.keys.sorted())
    func anyPacket(module: String) throws {
        for source in try SourceFile.all(in: "Sources/\(module)") {
            #expect(!source.imports.contains { $0.line.contains("@_spi(AnyPacket)") }, "\(source.name)")
        }
    }

    @Test("reads every form of import line")
    func reading() {
        let text = """
            import A
            public import B
            @_spi(KeyMaterial) public import C
            import struct D.E
            @testable internal import F
            // import G
            important = H
            """
        #expect(SourceFile(name: "x", text: text).imports.map(\.module) == ["A", "B", "C", "D", "F"])
    }
}
