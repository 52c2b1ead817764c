import Testing

@testable import Simulation

struct AttributeRuleTests {
    private static let signingTime: [UInt8] =
        [0x30, 0x1C, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 5, 0x31, 0x0F, 0x17, 0x0D]
        + Array("261123120000Z".utf8)
    private static let certificate: [UInt8] =
        [0x30, 0x37, 6, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 0x10, 2, 0x2F, 0x31, 0x28]
        + [UInt8](repeating: 7, count: 40)

    @Test("signing-time before and signing-certificate after messageDigest are in order")
    func inOrder() {
        #expect(AttributeRule.allows(mid: [], extra: []))
        #expect(AttributeRule.allows(mid: Self.signingTime, extra: Self.certificate))
        #expect(AttributeRule.allows(mid: [], extra: Self.certificate))
    }

    @Test("an attribute on the wrong side, or twice, is refused")
    func outOfOrder() {
        #expect(!AttributeRule.allows(mid: Self.certificate, extra: []))
        #expect(!AttributeRule.allows(mid: [], extra: Self.signingTime))
        #expect(!AttributeRule.allows(mid: [], extra: Self.certificate + Self.certificate))
    }

    @Test("a second messageDigest or contentType is refused wherever it would sort", arguments: [3, 4] as [UInt8])
    func ownAttributes(_ last: UInt8) {
        let head: [UInt8] = [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, last, 0x31]
        let late = [0x30, 0x2F] + head + [0x22, 4, 0x20] + [UInt8](repeating: 0xFF, count: 32)
        let early = [0x30, 0x1A] + head + [0x0D] + [UInt8](repeating: 0xFF, count: 13)
        #expect(!AttributeRule.allows(mid: [], extra: late))
        #expect(!AttributeRule.allows(mid: early, extra: []))
    }

    @Test("what is no row of whole attributes is refused")
    func broken() {
        for length in 1..<Self.certificate.count {
            #expect(!AttributeRule.allows(mid: [], extra: Array(Self.certificate.prefix(length))))
        }
        #expect(!AttributeRule.allows(mid: [], extra: Self.certificate + [0]))
        #expect(!AttributeRule.allows(mid: [0x30, 0x80, 0, 0], extra: []))
        #expect(!AttributeRule.allows(mid: [0x30, 0], extra: []))
    }
}
