import Foundation
import MSSCore
import MSSTestSupport
import Testing

@testable import MSSWire

@Suite("The home's signature on a provider directory")
struct DirectorySealTests {
    private func reason(_ seal: DirectorySeal, _ directory: SignedDirectory, at now: Date = Date()) async -> String {
        do throws(DirectoryRefusal) {
            _ = try await seal.read(directory, at: now)
            return "taken"
        } catch { return error.reason.rawValue }
    }

    @Test("is taken from the home's signing identity")
    func taken() async throws {
        let identity = try TestIdentity()
        let directory = Sample.directory(number: 9)
        #expect(try await identity.seal().read(identity.sign(directory), at: Date()) == directory)
    }

    @Test("is refused from anybody else, and from the home's own keys for TLS")
    func strangers() async throws {
        let identity = try TestIdentity()
        let (seal, authority, directory) = (try identity.seal(), identity.authority, Sample.directory())
        for (signer, what) in [
            (try TestIdentity(), "another CA's"),
            (try TestIdentity(by: authority, uris: [Sample.ae.uri]), "somebody else's of the same CA"),
            (try TestIdentity(by: authority, uris: []), "nobody's"),
            (try TestIdentity(by: authority, uris: [Sample.home.uri, Sample.ae.uri]), "two names'"),
            (try TestIdentity(by: authority, for: [.server]), "a server's"),
            (try TestIdentity(by: authority, for: [.client]), "a client's"),
            (try TestIdentity(by: authority, lifetime: .seconds(-60)), "expired"),
        ] {
            #expect(await reason(seal, try signer.sign(directory)) == "untrusted", "\(what)")
        }
        #expect(await reason(seal, try identity.sign(directory), at: Date() + 7200) == "untrusted", "expired since")
        #expect(await reason(seal, try identity.sign(directory)) == "taken")
    }

    @Test("is refused for what was signed as something else, and for another home's directory")
    func otherContent() async throws {
        let identity = try TestIdentity()
        let octets = try Sample.directory().octets()
        let checkpoint = try identity.sign(octets, under: "mssp audit checkpoint\n")
        #expect(await reason(try identity.seal(), checkpoint) == "malformed")
        var other = Sample.directory()
        other.home = PeerIdentity(uri: "urn:mssp:test:other-home")
        #expect(await reason(try identity.seal(), try identity.sign(other)) == "foreign")
    }

    @Test("is refused with any octet changed or missing")
    func damaged() async throws {
        let identity = try TestIdentity()
        let (seal, signed) = (try identity.seal(), try identity.sign(Sample.directory()))
        for index in stride(from: 0, to: signed.cms.count, by: 3) {
            var damaged = signed
            damaged.cms[index] ^= 0x04
            // What is not signed, such as an unused certificate's order, may differ; the directory may not.
            if let read = try? await seal.read(damaged, at: Date()) { #expect(read == Sample.directory()) }
            #expect(await reason(seal, SignedDirectory(cms: Array(signed.cms.prefix(index)))) == "malformed")
        }
        for octets in [[], [0x30], [0x30, 0x80], [UInt8](repeating: 0x30, count: 5_000)] as [[UInt8]] {
            #expect(await reason(seal, SignedDirectory(cms: octets)) == "malformed")
        }
    }

    @Test("needs roots that are certificates")
    func roots() throws {
        #expect(throws: TLSMaterialError.self) { try DirectorySeal(trust: [], home: Sample.home) }
        #expect(throws: TLSMaterialError.self) { try DirectorySeal(trust: Array("no PEM".utf8), home: Sample.home) }
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        #expect(throws: TLSMaterialError.self) { try DirectorySeal(trust: Array(pem.utf8), home: Sample.home) }
    }
}
