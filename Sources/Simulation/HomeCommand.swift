@_spi(KeyMaterial) import Alauda
@_spi(KeyMaterial) import OTA

import struct Foundation.Date

/// A command for a simulated card, as its home would send it: for peers that drive the message centre without a home.
public enum HomeCommand {
    /// The user data of its short messages: MESSAGE with a text, otherwise STATUS; `counter`, of packet and frame, is higher
    /// than any that the card has seen.
    ///
    /// - Throws: ``SimulationError`` if the card's keys are not as they must be, or the text cannot be shown.
    public static func segments(
        to card: CardRecord,
        counter: UInt32,
        text: String? = nil
    ) throws(SimulationError) -> [[UInt8]] {
        guard let iccid = card.iccidOctets, let root = Hex.octets(card.wpki.root), let kic = Hex.octets(card.ssd.kic),
            let kid = Hex.octets(card.ssd.kid), let tar = Hex.octets(card.ssd.tar).flatMap({ TAR($0) }),
            let profile = card.ssd.profile
        else { throw SimulationError("the keys of a card are not as they must be") }
        do {
            let message: DownMessage =
                if let text { .message(.random(), try CardText(text)) } else { .status(.random()) }
            let applet = try WPKIKeys(root: root, iccid: iccid, keyVersion: card.wpki.keyVersion)
            let frame = try applet.seal(message.octets, counter: counter, direction: .down)
            let sealed = try SealedCommand(
                frame,
                to: tar,
                profile: profile,
                under: try OTAKeyset(kic: kic, kid: kid, algorithm: profile.algorithm),
                counter: UInt64(counter),
                at: Date()
            )
            return try sealed.segments(reference: UInt8(truncatingIfNeeded: counter))
        } catch { throw SimulationError("no such command can be made for this card") }
    }

    /// The same in hexadecimal digits, a line each.
    public static func lines(
        to card: CardRecord,
        counter: UInt32,
        text: String? = nil
    ) throws(SimulationError) -> [String] {
        try segments(to: card, counter: counter, text: text).map { Hex.text($0) }
    }
}
