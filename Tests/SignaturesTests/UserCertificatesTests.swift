import MSSTestSupport
import Testing

@testable import Signatures

@Suite("Users' certificates that were read before")
struct UserCertificatesTests {
    @Test("are kept, no more of them than was said, and what is none is not")
    func kept() throws {
        let signers = try WorkedSignedData.read().signers.map(\.certificate.octets)
        let certificates = UserCertificates(most: 2)
        for (signer, count) in zip([signers[0], signers[0], signers[1], signers[2]], [1, 1, 2, 1]) {
            #expect(try certificates.certificate(der: signer).der == signer)
            #expect(certificates.count == count)
        }
        #expect(throws: SignatureError.self) { try certificates.certificate(der: [0x30, 0]) }
        #expect(certificates.count == 1)
    }

    @Test("wait for their authority until it is cancelled, also when it fetches nothing")
    func waiting() async throws {
        let authority = try UserAuthority(
            anchors: Array(try WorkedSignedData.read().authority.utf8),
            revocationList: nil
        )
        let ended = await withTaskGroup(of: String.self) { group in
            group.addTask { @concurrent in
                await authority.run()
                return "authority"
            }
            group.addTask { @concurrent in
                try? await Task.sleep(for: .milliseconds(200))
                return "time"
            }
            let first = await group.next()
            group.cancelAll()
            return first
        }
        #expect(ended == "time")
    }
}
