import Crypto

extension Vault {
    /// Seals what is kept of a signature by AES-256-GCM, under a key that is this transaction's alone.
    ///
    /// - Parameters:
    ///   - octets: What is kept.
    ///   - transaction: MSSP_TransID; with the date it is the associated data.
    ///   - until: When the retention ends, in seconds since 1970: storage cannot move it.
    /// - Returns: Format, KEK version, nonce, ciphertext and tag; 33 octets more than there were.
    /// - Throws: ``VaultError/sealed``.
    public func seal(
        evidence octets: [UInt8],
        of transaction: String,
        until: Int64
    ) throws(VaultError) -> [UInt8] {
        let keyring = try unsealed()
        let header = EvidenceSeal.header(keyring.newest)
        guard let key = keyring.evidenceKey(of: transaction, version: keyring.newest),
            let box = try? AES.GCM.seal(
                octets,
                using: key,
                authenticating: EvidenceSeal.identity(header, transaction, until)
            ),
            let combined = box.combined
        else { throw .damagedEvidence }
        return header + combined
    }

    /// Opens what ``seal(evidence:of:until:)`` made.
    ///
    /// - Parameters:
    ///   - sealed: As storage has it, which is not believed.
    ///   - transaction: Whose it must be.
    ///   - until: When its retention must end.
    /// - Returns: What was kept.
    /// - Throws: ``VaultError/sealed``, ``VaultError/damagedEvidence``.
    public func open(
        evidence sealed: [UInt8],
        of transaction: String,
        until: Int64
    ) throws(VaultError) -> [UInt8] {
        let keyring = try unsealed()
        let header = Array(sealed.prefix(EvidenceSeal.headerLength))
        guard let version = EvidenceSeal.version(header),
            let key = keyring.evidenceKey(of: transaction, version: version),
            let box = try? AES.GCM.SealedBox(combined: sealed.dropFirst(EvidenceSeal.headerLength)),
            let octets = try? AES.GCM.open(
                box,
                using: key,
                authenticating: EvidenceSeal.identity(header, transaction, until)
            )
        else { throw .damagedEvidence }
        return [UInt8](octets)
    }
}

/// The form of sealed evidence: an octet for the format and four for the KEK version, then nonce, ciphertext and tag.
private enum EvidenceSeal {
    static let headerLength = 5
    private static let format: UInt8 = 1

    static func header(_ version: Int32) -> [UInt8] {
        [format] + withUnsafeBytes(of: version.bigEndian) { Array($0) }
    }

    static func version(_ header: [UInt8]) -> Int32? {
        guard header.count == headerLength, header[0] == format else { return nil }
        return Int32(bitPattern: header.dropFirst().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
    }

    /// The associated data: header, date, transaction; all but the last are of one length.
    static func identity(_ header: [UInt8], _ transaction: String, _ until: Int64) -> [UInt8] {
        header + withUnsafeBytes(of: until.bigEndian) { Array($0) } + Array("mssp evidence \(transaction)".utf8)
    }
}
