import Alauda
import HomeMSSP
import KeyVault
import MSSCore
import OTA

/// The vault, as the home asks for it.
struct CardKeys: CardVault {
    let vault: Vault

    func importCard(_ envelope: [UInt8], iccid: ICCID) throws(CardVaultError) -> CardSecurity {
        do throws(VaultError) {
            let card = try vault.importCard(envelope, iccid: iccid)
            return CardSecurity(records: card.records, tar: card.tar)
        } catch { throw CardVaultError(reason: error.description) }
    }

    func seal(
        _ message: DownMessage,
        for card: CardReference,
        under keyVersion: UInt8?,
        spending counters: consuming SpentCounters
    ) throws(CardVaultError) -> SealedCommand {
        do throws(VaultError) {
            return try vault.seal(
                message,
                records: card.security.records,
                iccid: card.iccid,
                tar: card.security.tar,
                counters: counters,
                keyVersion: keyVersion
            )
        } catch { throw CardVaultError(reason: error.description) }
    }

    func isLegacyRefused(_ card: CardReference) -> Bool { vault.isLegacyRefused(card.security.records) }

    func newRoot(_ keyVersion: UInt8, for card: CardReference) throws(CardVaultError) -> CardKeyRecord {
        do throws(VaultError) {
            return try vault.newRoot(keyVersion, records: card.security.records, iccid: card.iccid)
        } catch { throw CardVaultError(reason: error.description) }
    }

    func wrappedRoot(_ keyVersion: UInt8, for card: CardReference) throws(CardVaultError) -> WrappedRoot {
        do throws(VaultError) {
            return try vault.wrappedRoot(keyVersion, records: card.security.records, iccid: card.iccid)
        } catch { throw CardVaultError(reason: error.description) }
    }

    func moved(_ record: CardKeyRecord, to state: KeysetState) throws(CardVaultError) -> CardKeyRecord {
        do throws(VaultError) { return try vault.moved(record, to: state) } catch {
            throw CardVaultError(reason: error.description)
        }
    }

    func open(_ packet: ResponsePacket, from card: CardReference) throws(CardVaultError) -> CardAnswer {
        do throws(VaultError) {
            let answer = try vault.open(packet, records: card.security.records, iccid: card.iccid)
            guard let header = try? FrameHeader(packet.data) else { throw .notAuthentic }
            let frame = AnswerFrame(
                keyVersion: header.keyVersion,
                counter: header.counter,
                checksum: header.checksum
            )
            return CardAnswer(message: answer.message, frame: frame)
        } catch { throw CardVaultError(reason: error.description) }
    }
}
