import Foundation
import Logging
import MSSTestSupport
import Testing

@testable import DevelopmentCA

/// The CA in this process, so that a trap would be seen.
@Suite("Hostile messages to the development CA")
struct HostileMessageTests {
    private let pki: ThrowawayPKI
    private let responder: CMPResponder
    /// A request that the CA carries out.
    private let request: [UInt8]

    init() async throws {
        pki = try await RunningAuthority.makePKI()
        try await pki.key("user")
        let options = [
            "--listen": "127.0.0.1:0", "--ca-certificate": pki.path("user-ca.pem"), "--ca-key": pki.path("user-ca.key"),
            "--registration-authority-ca": pki.path("ops.pem"),
            "--registration-authority": RunningAuthority.registrationAuthority, "--crl": pki.path("crl.pem"),
            "--state": pki.path("state"),
        ]
        let arguments = try Arguments(options.flatMap { [$0.key, $0.value] })
        responder = try CMPResponder(arguments, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        // openssl writes its request down before it finds nobody to send it to.
        _ = try await pki.openssl.attempt([
            "cmp", "-config", "", "-cmd", "cr", "-server", "127.0.0.1:1", "-msg_timeout", "1", "-trusted",
            "user-ca.pem",
            "-cert", "ra.pem", "-key", "ra.key", "-san_nodefault", "-issuer", "/CN=user-ca", "-newkey", "user.pub",
            "-popo",
            "0", "-subject", "/CN=Maija/serialNumber=P1", "-certout", "new.pem", "-reqout", "request.der",
        ])
        request = try pki.octets("request.der")
    }

    private var issued: Int {
        get throws { try pki.octets("state/journal").count { $0 == UInt8(ascii: "\n") } }
    }

    @Test("the untouched request is carried out")
    func untouched() async throws {
        #expect(await responder.answer(request) != nil)
        #expect(try issued == 1)
    }

    @Test("a request cut short at any length is no message")
    func truncated() async throws {
        for length in 0..<request.count { #expect(await responder.answer(Array(request.prefix(length))) == nil) }
        #expect(await responder.answer(request + [0]) == nil)
        #expect(try issued == 0)
    }

    @Test("a request with one flipped bit is refused")
    func flipped() async throws {
        var generator = SeededGenerator(seed: 1)
        for index in request.indices {
            var damaged = request
            damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            let before = try issued
            _ = await responder.answer(damaged)
            #expect(try issued == before, "octet \(index)")
        }
    }

    @Test("random octets, and random octets in the place of others, are refused")
    func random() async throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<2_000 {
            var octets = request
            if Bool.random(using: &generator) {
                octets = (0..<Int.random(in: 0..<300, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            } else {
                for _ in 0..<Int.random(in: 2..<20, using: &generator) {
                    octets[Int.random(in: octets.indices, using: &generator)] = UInt8.random(
                        in: 0...255,
                        using: &generator
                    )
                }
            }
            _ = await responder.answer(octets)
        }
        #expect(try issued == 0)
    }

    @Test("fields of DER end at the end, whatever the lengths say")
    func fields() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let octets = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                Bool.random(using: &generator) ? UInt8.random(in: 0...255, using: &generator) : 0x30
            }
            guard var fields = DERFields(sequence: octets) else { continue }
            var total = 0
            while let field = fields.next() { total += field.content.count + 2 }
            #expect(total <= octets.count)
        }
        #expect(DERFields(sequence: [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]) == nil)
        #expect(DERFields(sequence: [0x30, 0x80, 0, 0]) == nil)
        #expect(DERFields(sequence: [0x30, 0]) != nil)
    }
}

/// SplitMix64: the same numbers in each run.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
