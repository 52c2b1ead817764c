import MSSTestSupport
import Testing

@testable import Signatures

@Suite("Parsed certificates")
struct ParsedCertificatesTests {
    @Test("are parsed once while they are kept, and no more are kept than was said")
    func kept() throws {
        let signers = try WorkedSignedData.read().signers.map(\.certificate.octets)
        let certificates = ParsedCertificates(most: 2)
        let first = try #require(certificates.certificate(der: signers[0]))
        #expect(certificates.certificate(der: signers[0]) === first)
        let second = try #require(certificates.certificate(der: signers[1]))
        #expect(second !== first && certificates.certificate(der: signers[0]) === first)
        _ = certificates.certificate(der: signers[2])
        #expect(certificates.certificate(der: signers[0]) !== first)
        #expect(certificates.certificate(der: [0x30, 0]) == nil)
    }
}
