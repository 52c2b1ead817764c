@_spi(KeyMaterial) public import Alauda
public import MSSCore
public import OTA

extension Vault {
    /// A new root for a card, drawn by lot and sealed as pending; of the size of the one in use.
    ///
    /// - Parameters:
    ///   - keyVersion: KVN of the new root, above every one that the card has had: 2–254.
    ///   - records: The card's rows, the active root among them.
    ///   - iccid: The card.
    /// - Returns: For storage, before anything is sent.
    /// - Throws: ``VaultError/sealed``, ``VaultError/damagedRecord``, or ``VaultError/unusable(_:)`` for a KVN that is
    ///   not above the one in use.
    public func newRoot(
        _ keyVersion: UInt8,
        records: [CardKeyRecord],
        iccid: ICCID
    ) throws(VaultError) -> CardKeyRecord {
        let keyring = try unsealed()
        let active = try record(.wpki, of: iccid, in: records) { $0.state == .active }
        guard keyVersion > active.keyVersion, keyVersion <= 0xFE else {
            throw .unusable("a new root's key version must be above \(active.keyVersion) and at most 254")
        }
        var present = try keyring.open(active)
        defer { present.erase() }
        var root = (0..<present.count).map { _ in UInt8.random(in: .min ... .max) }
        defer { root.erase() }
        var plan = active
        plan.keyVersion = keyVersion
        plan.state = .pending
        plan.keyCheckValue = try KeyCheckValue.aes(root)
        return try keyring.seal(root, as: plan)
    }

    /// WKEY of NEW ROOT KEY: a pending root as the card takes it, wrapped under the one in use.
    ///
    /// - Throws: ``VaultError/sealed``, ``VaultError/damagedRecord``, or ``VaultError/unusable(_:)``.
    public func wrappedRoot(
        _ keyVersion: UInt8,
        records: [CardKeyRecord],
        iccid: ICCID
    ) throws(VaultError) -> WrappedRoot {
        let keyring = try unsealed()
        let active = try record(.wpki, of: iccid, in: records) { $0.state == .active }
        let pending = try record(.wpki, of: iccid, in: records) {
            $0.state == .pending && $0.keyVersion == keyVersion
        }
        var root = try keyring.open(pending)
        defer { root.erase() }
        do {
            let keys = try WPKIKeys(
                root: keyring.open(active),
                iccid: iccid.octets,
                keyVersion: active.keyVersion
            )
            return try keys.wrap(newRoot: root, keyVersion: keyVersion)
        } catch let error as VaultError {
            throw error
        } catch { throw .unusable("the new root cannot be wrapped") }
    }
}
