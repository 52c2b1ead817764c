// swift-tools-version: 6.3
import PackageDescription

let package = Package(
    name: "mobile-signature-service",
    products: [
        .executable(name: "AEService", targets: ["AEService"]),
        .executable(name: "MEService", targets: ["MEService"]),
        .executable(name: "HomeMSSPService", targets: ["HomeMSSPService"]),
        .library(name: "MSSCore", targets: ["MSSCore", "MSSWire", "MSSRuntime"]),
        // For trying and testing; no part of a service.
        .executable(name: "SIMSimulator", targets: ["SIMSimulator"]),
        .executable(name: "DevelopmentCA", targets: ["DevelopmentCA"]),
        .executable(name: "Bench", targets: ["Bench"]),
        .executable(name: "PacketBench", targets: ["PacketBench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-asn1.git", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
    ],
    targets: [
        // Shared by every service: the language, the process shell, the wire.
        .target(name: "MSSCore", dependencies: [.logging]),
        .target(
            name: "MSSRuntime",
            dependencies: [
                "CLinux", "MSSCore", .crypto, .httpServer, .httpServerCore, .lifecycle, .logging, .nioCore, .signals,
            ]
        ),
        .target(
            name: "MSSWire",
            dependencies: [
                "MSSCore", "CLibXML2", .asn1, .crypto, .httpClient, .httpServer, .httpServerCore,
                .lifecycle, .logging, .nioCore, .nioHTTP1, .nioPosix, .nioSSL, .x509,
            ],
            resources: [.embedInCode("Schemas")]
        ),

        // One role, one module: what each service decides, with no I/O of its own.
        .target(name: "AE", dependencies: ["MSSCore", .logging]),
        .target(name: "ME", dependencies: ["MSSCore", .logging]),
        .target(name: "HomeMSSP", dependencies: ["MSSCore", "OTA", "Alauda", .crypto, .logging]),

        // The key side: linked into HomeMSSPService and nothing else (OTA, Alauda and SMPP also into the simulator).
        .target(name: "OTA", dependencies: ["CLibCrypto", .crypto, .cryptoExtras]),
        .target(name: "Alauda", dependencies: [.crypto, .cryptoExtras]),
        .target(name: "SMPP"),
        .target(
            name: "SIMLink",
            dependencies: ["MSSCore", "OTA", "SMPP", .logging, .nioCore, .nioPosix, .nioSSL]
        ),
        .target(
            name: "KeyVault",
            dependencies: ["Alauda", "CLibCrypto", "CPKCS11", "MSSCore", "OTA", .crypto, .cryptoExtras]
        ),
        .target(name: "PostgreSQL", dependencies: ["CLibPQ"]),
        .target(
            name: "HomeStore",
            dependencies: ["Alauda", "HomeMSSP", "MSSCore", "OTA", "PostgreSQL", "SIMLink", .logging]
        ),

        // Evidence: signatures assembled and verified (Home), certificates asked for (ME).
        .target(name: "Signatures", dependencies: ["CLibCrypto", "CLibXMLSec", "MSSCore", .asn1, .crypto]),
        .target(name: "CertificateAuthority", dependencies: ["CLibCrypto", "MSSCore"]),

        .systemLibrary(name: "CLinux"),
        // Types of PKCS#11; the module itself is loaded at run time, so nothing is linked.
        .systemLibrary(name: "CPKCS11"),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(
            name: "CLibXMLSec",
            pkgConfig: "xmlsec1-openssl",
            providers: [.apt(["libxmlsec1-dev"])]
        ),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // The services: read the configuration, join the parts, run.
        .executableTarget(
            name: "AEService",
            dependencies: ["AE", "MSSCore", "MSSRuntime", "MSSWire", .lifecycle, .logging]
        ),
        .executableTarget(
            name: "MEService",
            dependencies: ["CertificateAuthority", "ME", "MSSCore", "MSSRuntime", "MSSWire", .lifecycle, .logging]
        ),
        .executableTarget(
            name: "HomeMSSPService",
            dependencies: [
                "Alauda", "HomeMSSP", "HomeStore", "KeyVault", "MSSCore", "MSSRuntime", "MSSWire", "OTA", "PostgreSQL",
                "SIMLink", "Signatures", .crypto, .httpClient, .lifecycle, .logging, .nioCore, .nioHTTP1,
            ]
        ),

        // For trying and testing: no part of a service.
        .target(
            name: "Simulation",
            dependencies: ["Alauda", "OTA", "SMPP", .crypto, .cryptoExtras, .nioCore, .nioPosix]
        ),
        .executableTarget(name: "SIMSimulator", dependencies: ["Simulation"]),
        .executableTarget(
            name: "DevelopmentCA",
            dependencies: ["CLibCrypto", .httpServer, .httpServerCore, .lifecycle, .logging, .nioCore, .signals]
        ),
        .executableTarget(
            name: "Bench",
            dependencies: [.crypto, .httpClient, .nioCore, .nioHTTP1, .nioPosix, .nioSSL]
        ),
        .executableTarget(name: "PacketBench", dependencies: ["KeyVault", "OTA"]),

        // Tests, one target a module, and what they share.
        .target(
            name: "MSSTestSupport",
            dependencies: [
                "Alauda", "HomeMSSP", "MSSCore", "MSSRuntime", "MSSWire", "OTA", "PostgreSQL", .asn1, .crypto,
                .cryptoExtras, .httpClient, .httpServer, .logging, .nioCore, .nioHTTP1, .nioPosix, .nioSSL, .x509,
            ],
            path: "Tests/Support"
        ),
        .testTarget(name: "MSSCoreTests", dependencies: ["MSSCore"]),
        .testTarget(
            name: "MSSRuntimeTests",
            dependencies: ["MSSCore", "MSSRuntime", .crypto, .httpClient, .lifecycle, .logging, .nioCore, .nioHTTP1]
        ),
        .testTarget(
            name: "MSSWireTests",
            dependencies: [
                "MSSCore", "MSSTestSupport", "MSSWire", .httpClient, .lifecycle, .logging, .nioCore, .nioHTTP1,
                .nioPosix,
                .nioSSL, .x509,
            ]
        ),
        .testTarget(name: "AETests", dependencies: ["AE", "MSSCore", "MSSTestSupport"]),
        .testTarget(name: "METests", dependencies: ["ME", "MSSCore", "MSSTestSupport"]),
        .testTarget(
            name: "HomeMSSPTests",
            dependencies: ["Alauda", "HomeMSSP", "MSSCore", "MSSTestSupport", "MSSWire", "OTA"]
        ),
        .testTarget(name: "OTATests", dependencies: ["MSSCore", "MSSTestSupport", "OTA"]),
        .testTarget(name: "AlaudaTests", dependencies: ["Alauda", "MSSTestSupport", "OTA", .crypto]),
        .testTarget(name: "SMPPTests", dependencies: ["SMPP"]),
        .testTarget(
            name: "SIMLinkTests",
            dependencies: [
                "MSSCore", "MSSTestSupport", "OTA", "SIMLink", "SMPP", .logging, .nioCore, .nioPosix, .nioSSL,
            ]
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Alauda", "OTA", "SMPP", "Simulation", .crypto, .cryptoExtras, .nioCore, .nioPosix]
        ),
        .testTarget(name: "PostgreSQLTests", dependencies: ["MSSTestSupport", "PostgreSQL"]),
        .testTarget(
            name: "KeyVaultTests",
            dependencies: ["Alauda", "KeyVault", "MSSCore", "MSSTestSupport", "OTA", .crypto]
        ),
        .testTarget(
            name: "HomeStoreTests",
            dependencies: [
                "Alauda", "HomeMSSP", "HomeStore", "MSSCore", "MSSTestSupport", "OTA", "PostgreSQL", "SIMLink",
            ]
        ),
        .testTarget(
            name: "HomeImportTests",
            dependencies: [
                "Alauda", "HomeMSSP", "HomeMSSPService", "HomeStore", "KeyVault", "MSSCore", "MSSRuntime",
                "MSSTestSupport", "OTA", "PostgreSQL", "Simulation", .crypto, .logging,
            ]
        ),
        .testTarget(
            name: "HomeCustodyTests",
            dependencies: [
                "HomeMSSP", "HomeMSSPService", "HomeStore", "KeyVault", "MSSCore", "MSSRuntime", "MSSTestSupport",
                "MSSWire", "PostgreSQL", .logging,
            ]
        ),
        .testTarget(
            name: "SignaturesTests",
            dependencies: [
                "Alauda", "HomeMSSP", "HomeMSSPService", "HomeStore", "KeyVault", "MSSCore", "MSSRuntime",
                "MSSTestSupport", "PostgreSQL", "Signatures", .asn1, .crypto, .httpServer, .lifecycle, .logging,
                .nioCore, .x509,
            ]
        ),
        .testTarget(
            name: "CertificateAuthorityTests",
            dependencies: ["CertificateAuthority", "DevelopmentCA", "MSSCore", "MSSTestSupport", .logging]
        ),
        .testTarget(
            name: "MeshTests",
            dependencies: [
                "AE", "Alauda", "HomeMSSP", "ME", "MSSCore", "MSSTestSupport", "MSSWire", "OTA", .logging,
            ]
        ),
        .testTarget(
            name: "ArchitectureTests",
            dependencies: ["AEService", "HomeMSSPService", "MEService", "MSSTestSupport"]
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "AEService", "DevelopmentCA", "HomeMSSPService", "MEService", "MSSCore", "MSSTestSupport",
                "SIMSimulator", .crypto, .httpClient, .nioCore, .nioSSL,
            ]
        ),
    ]
)

// Fuzz targets: under a sanitiser in a folder of their own, so no other build sees them (deploy/fuzz).
if Context.environment["MSSP_FUZZ"] != nil {
    package.products.append(.executable(name: "Fuzz", targets: ["Fuzz"]))
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: ["Alauda", "KeyVault", "MSSCore", "MSSWire", "OTA", "SMPP", "Signatures", .asn1],
            path: "Tests/Fuzz",
            exclude: ["Seeds"]
        )
    )
}

extension Target.Dependency {
    static let asn1: Self = .product(name: "SwiftASN1", package: "swift-asn1")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras: Self = .product(name: "CryptoExtras", package: "swift-crypto")
    static let httpClient: Self = .product(name: "AsyncHTTPClient", package: "async-http-client")
    static let httpServer: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let httpServerCore: Self = .product(name: "HummingbirdCore", package: "hummingbird")
    static let lifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL: Self = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let signals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let x509: Self = .product(name: "X509", package: "swift-certificates")
}

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ]
}

// Another allocator than glibc's: a sixth more signatures a second (docs/decisions/008).
let busy: Set = ["AEService", "MEService", "HomeMSSPService", "SIMSimulator", "Bench"]
for target in package.targets where busy.contains(target.name) {
    target.linkerSettings = [.linkedLibrary("jemalloc", .when(configuration: .release))]
}
