public import Foundation
public import HomeMSSP
public import MSSCore
public import MSSWire
import SwiftASN1
import Synchronization
@_spi(CMS) import X509

/// A platform's signing identity that lives in memory as long as a test, with the CA that certified it.
public struct TestIdentity: DirectorySigner {
    public let authority: TestAuthority
    private let credential: TestCredential

    /// - Parameters:
    ///   - authority: Who certifies it; a new one unless given.
    ///   - uris: Names of the holder; the home's alone in a good one.
    ///   - usages: What its certificate may be used for; nothing of TLS in a good one.
    ///   - lifetime: From now; negative for one that has expired.
    /// - Throws: When X509 cannot write its certificate.
    public init(
        by authority: TestAuthority? = nil,
        uris: [String] = [Sample.home.uri],
        for usages: [TestAuthority.Usage] = [],
        lifetime: Duration = .seconds(3600)
    ) throws {
        self.authority = try authority ?? TestAuthority("identities")
        credential = try self.authority.issue(uris: uris, for: usages, lifetime: lifetime)
    }

    /// Takes what it signs, and what anybody signs who is certified by the same CA as the home.
    public func seal() throws -> DirectorySeal { try DirectorySeal(trust: authority.pem, home: Sample.home) }

    public func sign(_ content: [UInt8]) async throws(MSSFault) -> SignedDirectory {
        do { return try sign(content, under: ProviderDirectory.heading) } catch {
            throw MSSFault(.internalError, cause: "\(error)")
        }
    }

    /// Signs a content under any heading.
    public func sign(_ content: [UInt8], under heading: String) throws -> SignedDirectory {
        let signed = try CMS.sign(
            Array(heading.utf8) + content,
            signatureAlgorithm: .ecdsaWithSHA256,
            certificate: Certificate(pemEncoded: String(decoding: credential.certificate, as: UTF8.self)),
            privateKey: Certificate.PrivateKey(pemEncoded: String(decoding: credential.key, as: UTF8.self)),
            detached: false
        )
        return SignedDirectory(cms: signed)
    }

    public func sign(_ directory: ProviderDirectory) throws -> SignedDirectory {
        try sign(directory.octets(), under: ProviderDirectory.heading)
    }
}

/// The numbers of directories in memory; on demand it fails as storage does.
public final class MemoryNumbers: DirectoryNumbers {
    private let known = Mutex<[PeerIdentity: (number: Int64, digest: [UInt8])]>([:])
    private let isDown = Mutex(false)

    public init() {}

    public func setDown(_ isDown: Bool) { self.isDown.withLock { $0 = isDown } }

    public func number(
        of digest: [UInt8],
        for entity: PeerIdentity,
        until deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Int64 {
        guard !isDown.withLock({ $0 }) else { throw .unavailable("down") }
        return known.withLock { known in
            let last = known[entity] ?? (0, [])
            let number = last.digest == digest ? last.number : last.number + 1
            known[entity] = (number, digest)
            return number
        }
    }
}

extension Sample {
    public static let home = PeerIdentity(uri: "urn:mssp:test:home")

    /// A directory of the test's acquiring entity, signed `age` seconds ago.
    public static func directory(
        _ providers: [ApplicationProvider] = [provider],
        number: Int64 = 1,
        age: TimeInterval = 0,
        validity: TimeInterval = 3600,
        at now: Date = Date()
    ) -> ProviderDirectory {
        let issued = Date(timeIntervalSince1970: (now.timeIntervalSince1970 - age).rounded(.down))
        return ProviderDirectory(
            home: home,
            acquiringEntity: ae,
            number: number,
            issued: issued,
            expires: issued + validity,
            providers: providers
        )
    }
}
