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
        spending counters: consuming SpentCounters
    ) throws(CardVaultError) -> SealedCommand {
        do throws(VaultError) {
            return try vault.seal(
                message,
                records: card.security.records,
                iccid: card.iccid,
                tar: card.security.tar,
                counters: counters
            )
        } catch { throw CardVaultError(reason: error.description) }
    }

    func isLegacyRefused(_ card: CardReference) -> Bool { vault.isLegacyRefused(card.security.records) }

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
