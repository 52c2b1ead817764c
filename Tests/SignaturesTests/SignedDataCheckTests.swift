import Testing

@testable import Signatures

/// The check that every signature passes, held to libcrypto's.
@Suite("The check of a SignedData")
struct SignedDataCheckTests {
    @Test("reads the usual kind itself, and accepts nothing that libcrypto refuses")
    func agreement() async throws {
        let user = try await UserCA().user()
        let content = Array("Pay 10 € to Ñandú & Söhne?".utf8)
        let signedData = try user.signedData(content)
        #expect(ReadSignedData(signedData) != nil)
        var octets = signedData
        for bit in 0..<(signedData.count * 8) {
            octets[bit / 8] ^= 1 << UInt8(bit % 8)
            defer { octets[bit / 8] ^= 1 << UInt8(bit % 8) }
            guard ReadSignedData(octets) != nil, (try? confirm(octets, content, user)) != nil else { continue }
            let other = Result { try confirmByLibCrypto(octets, content, user) }
            #expect((try? other.get()) != nil, "bit \(bit)")
        }
        try confirm(signedData, content, user)
        try confirmByLibCrypto(signedData, content, user)
    }

    private func confirm(_ signedData: [UInt8], _ content: [UInt8], _ user: User) throws {
        try SignedDataCheck.confirm(
            signedData,
            content: content,
            registeredKey: user.publicKey,
            certificate: try user.certificate
        )
    }

    private func confirmByLibCrypto(_ signedData: [UInt8], _ content: [UInt8], _ user: User) throws {
        try SignedDataCheck.confirmByLibCrypto(signedData, content: content, certificate: try user.certificate)
    }
}
