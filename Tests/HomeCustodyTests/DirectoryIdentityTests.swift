import Foundation
import HomeMSSP
import HomeStore
import KeyVault
import Logging
import MSSCore
import MSSTestSupport
import MSSWire
import PostgreSQL
import Testing

@testable import HomeMSSPService

@Suite("A provider directory, signed in the vault")
struct DirectoryIdentityTests {
    private func service(_ fixture: IdentityFixture, _ providers: [ApplicationProvider]) -> HomeProviderService {
        HomeProviderService(
            identity: Sample.home.uri,
            providers: ProviderRegister(providers),
            numbers: DirectoryTable(pool: Pool(fixture.custody.database.service, size: 1)),
            signer: DirectoryIdentity(identity: fixture.checkpoints.identity),
            validity: .seconds(600),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    @Test("is accepted by OpenSSL, which shows heading and directory, and is read by an acquiring entity")
    func verified() async throws {
        let fixture = try await IdentityFixture()
        let home = service(fixture, [Sample.provider])
        let before = await #expect(throws: MSSFault.self) { try await home.directory(Sample.call(Sample.ae)) }
        #expect(before?.code == .unableToProvideServices && before?.cause?.contains("identity make") == true)
        try await fixture.identity()
        let signed = try await home.directory(Sample.call(Sample.ae))
        try fixture.pki.write(signed.cms, to: "directory.cms")
        try await fixture.pki.openssl.run([
            "cms", "-verify", "-inform", "DER", "-in", "directory.cms", "-CAfile", "ca.pem", "-purpose", "any",
            "-binary", "-out", "directory.txt",
        ])
        let shown = try fixture.pki.octets("directory.txt")
        let seal = try DirectorySeal(trust: fixture.pki.octets("ca.pem"), home: Sample.home)
        let read = try await seal.read(signed, at: Date())
        #expect(try ProviderDirectory(signed: shown) == read && read.providers == [Sample.provider] && read.number == 1)
        #expect(IdentityPurpose.directory.content(of: []) == Array(ProviderDirectory.heading.utf8))
    }

    @Test("is signed by nobody while the vault is sealed")
    func sealed() async throws {
        let fixture = try await IdentityFixture()
        try await fixture.identity()
        fixture.home.vault.reseal()
        let home = service(fixture, [Sample.provider])
        let fault = await #expect(throws: MSSFault.self) { try await home.directory(Sample.call(Sample.ae)) }
        #expect(fault?.cause?.contains("sealed") == true)
    }
}
