import CLibCrypto
import Crypto

public import struct Foundation.Date

/// The platform's own identity: made here, used here, and handed out by nothing.
extension Vault {
    /// A new key, without a certificate.
    ///
    /// - Parameter number: The one after the newest.
    /// - Returns: For storage, pending.
    /// - Throws: ``VaultError/sealed``, ``VaultError/unusable(_:)`` where there is no locked memory.
    public func newIdentity(_ number: Int32) throws(VaultError) -> IdentityRecord {
        let keyring = try unsealed()
        let memory = try LockedMemory(count: IdentitySeal.keyLength)
        // Uniform among the scalars: what is none is drawn anew (FIPS 186-5 A.2.2).
        var publicKey: [UInt8]?
        while publicKey == nil {
            let isDrawn = memory.fill { octets in
                RAND_priv_bytes(octets.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(octets.count)) == 1
            }
            guard isDrawn else { throw .unusable("there are no random octets for a key") }
            publicKey = memory.withOctets(at: 0, count: memory.count) { octets in
                (try? P256.Signing.PrivateKey(rawRepresentation: octets)).map { Array($0.publicKey.x963Representation) }
            }.flatMap { $0 }
        }
        let record = IdentityRecord(
            number: number,
            state: .pending,
            publicKey: publicKey ?? [],
            certificates: [],
            sealed: [],
            code: []
        )
        return try kept(record, memory, keyring)
    }

    /// A request for a certificate, signed by the key.
    ///
    /// - Parameters:
    ///   - record: Pending; or active, for a new certificate of the same key.
    ///   - name: The service's name.
    /// - Returns: PKCS#10 in DER.
    /// - Throws: ``VaultError/damagedIdentity``, ``VaultError/identity(_:)``, ``VaultError/sealed``.
    public func request(for record: IdentityRecord, name: String) throws(VaultError) -> [UInt8] {
        let request = try IdentityRequest(for: record, name: name)
        return try withKey(of: record) { try request.signed(by: $0) }
    }

    /// An identity with its certificate, active from now on.
    ///
    /// - Parameters:
    ///   - certificates: PEM, its own first, then those up to the root.
    ///   - record: Pending; or active, which gets another certificate.
    ///   - time: Now.
    /// - Returns: For storage, in the place of the old one.
    /// - Throws: ``VaultError/identity(_:)`` for a certificate that is none for this key; ``VaultError/damagedIdentity``.
    public func installed(
        _ certificates: [UInt8],
        for record: IdentityRecord,
        at time: Date = Date()
    ) throws(VaultError) -> IdentityRecord {
        let memory = try opened(record)
        let chain = try IdentityChain(pem: certificates)
        try chain.check(publicKey: record.subjectPublicKeyInfo, at: Int(time.timeIntervalSince1970))
        var next = record
        next.state = .active
        next.certificates = Array(chain.der.joined())
        return try kept(next, memory, try unsealed())
    }

    /// An identity whose key is gone; its certificate stays, to verify what it signed.
    public func retired(_ record: IdentityRecord) throws(VaultError) -> IdentityRecord {
        try confirm(record)
        var next = record
        next.state = .retired
        next.sealed = []
        next.code = try unsealed().code(of: next.row)
        return next
    }

    /// Signs a body as what it is for.
    ///
    /// - Throws: ``VaultError/identity(_:)`` unless the identity is active and the body one for the purpose;
    ///   ``VaultError/damagedIdentity``.
    public func sign(
        _ body: [UInt8],
        as purpose: IdentityPurpose,
        by record: IdentityRecord
    ) throws(VaultError) -> IdentitySignature {
        guard record.state == .active else { throw .identity("identity \(record.number) is \(record.state.rawValue)") }
        guard purpose.takes(body) else { throw .identity("what is to be signed is none for \(purpose.rawValue)") }
        let content = purpose.content(of: body)
        return try withKey(of: record) { key in
            IdentitySignature(content: content, value: Array(try key.signature(for: content).rawRepresentation))
        }
    }

    /// Whether a row is as this vault wrote it.
    ///
    /// - Throws: ``VaultError/damagedIdentity`` if not, ``VaultError/sealed``.
    public func confirm(_ record: IdentityRecord) throws(VaultError) {
        guard try isCode(record.code, of: record.row) else { throw .damagedIdentity }
    }

    /// Lends the key for one operation; the library wipes its copy.
    private func withKey<Value>(
        of record: IdentityRecord,
        _ body: (P256.Signing.PrivateKey) throws -> Value
    ) throws(VaultError) -> Value {
        let memory = try opened(record)
        let value = memory.withOctets(at: 0, count: memory.count) { octets -> Value? in
            guard let key = try? P256.Signing.PrivateKey(rawRepresentation: octets),
                Array(key.publicKey.x963Representation) == record.publicKey
            else { return nil }
            return try? body(key)
        }
        guard case .some(.some(let value)) = value else { throw .damagedIdentity }
        return value
    }

    private func opened(_ record: IdentityRecord) throws(VaultError) -> LockedMemory {
        let keyring = try unsealed()
        try confirm(record)
        guard record.state != .retired else { throw .identity("identity \(record.number) is retired") }
        return try seal(record, keyring).opened()
    }

    private func kept(
        _ record: IdentityRecord,
        _ memory: LockedMemory,
        _ keyring: Keyring
    ) throws(VaultError) -> IdentityRecord {
        var next = record
        next.sealed = try seal(record, keyring).sealed(memory, under: keyring.newest)
        next.code = try keyring.code(of: next.row)
        return next
    }

    private func seal(_ record: IdentityRecord, _ keyring: Keyring) -> IdentitySeal {
        IdentitySeal(key: { keyring.identityKey(record.number, version: $0) }, record: record)
    }
}
