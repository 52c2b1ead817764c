import MSSCore
@_spi(KeyMaterial) public import OTA

public import struct Foundation.Date

/// The keys of a row in the clear, for the moment between the two wrappings.
@_spi(KeyMaterial) public struct BatchKeys: Sendable, CustomStringConvertible, CustomReflectable {
    public let kic: [UInt8]
    public let kid: [UInt8]
    public let root: [UInt8]

    public var description: String { "‹keys›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension BatchRow {
    /// Unwraps the keys and compares each with its check value: over 01…01 for AES, over zeros for triple DES.
    ///
    /// - Throws: ``BatchRowError`` that names the column.
    @_spi(KeyMaterial) public func keys(under key: TransportKey) throws(BatchRowError) -> BatchKeys {
        func unwrapped(_ wrapped: WrappedCardKey, _ column: BatchColumn, _ length: Int) throws(BatchRowError)
            -> [UInt8]
        {
            guard let octets = key.unwrap(wrapped.octets), octets.count == length else { throw .notUnwrapped(column) }
            return octets
        }
        let kic = try unwrapped(kic, .kic, algorithm.keyLength)
        let kid = try unwrapped(kid, .kid, algorithm.keyLength)
        let root = try unwrapped(root, .wpkiRoot, self.root.octets.count - 8)
        let values: (kic: [UInt8], kid: [UInt8])
        do throws(OTAError) {
            values = try OTAKeyset(kic: kic, kid: kid, algorithm: algorithm).keyCheckValues()
        } catch .insufficientSecurity {
            throw .weakKey
        } catch { throw .notUnwrapped(.kic) }
        guard values.kic == self.kic.checkValue else { throw .checkValue(.kic) }
        guard values.kid == self.kid.checkValue else { throw .checkValue(.kid) }
        guard (try? KeyCheckValue.aes(root)) == self.root.checkValue else { throw .checkValue(.wpkiRoot) }
        return BatchKeys(kic: kic, kid: kid, root: root)
    }
}

extension Vault {
    /// Takes a card of a batch: its keys are unwrapped, checked, and sealed for storage.
    ///
    /// - Parameters:
    ///   - row: Of the file.
    ///   - key: The file's transport key.
    ///   - batch: The personaliser's name of the batch, which a permission for triple DES names; at most 64 octets.
    ///   - time: Now: triple DES ends with its permission.
    /// - Returns: A record each for the security domain and the applet.
    /// - Throws: ``BatchRowError``.
    public func importCard(
        _ row: BatchRow,
        under key: TransportKey,
        batch: String,
        at time: Date = Date()
    ) throws(BatchRowError) -> [CardKeyRecord] {
        do throws(VaultError) {
            _ = try permission(for: row.algorithm, of: batch, at: time)
        } catch { throw .legacy(error.description) }
        let keys = try row.keys(under: key)
        do throws(VaultError) {
            let keyring = try unsealed()
            let securityDomain = CardKeyRecord(
                iccid: row.iccid.description,
                domain: .ssd,
                keyVersion: row.ssdVersion,
                topKeyVersion: keyring.newest,
                keyCheckValue: row.kic.checkValue,
                sealed: [],
                algorithm: row.algorithm,
                batch: batch
            )
            let applet = CardKeyRecord(
                iccid: row.iccid.description,
                domain: .wpki,
                keyVersion: row.wpkiVersion,
                topKeyVersion: keyring.newest,
                keyCheckValue: row.root.checkValue,
                sealed: [],
                algorithm: keys.root.count == 32 ? .aes256 : .aes128,
                batch: batch
            )
            return [
                try keyring.seal(keys.kic + keys.kid, as: securityDomain), try keyring.seal(keys.root, as: applet),
            ]
        } catch { throw .vault(error.description) }
    }
}
