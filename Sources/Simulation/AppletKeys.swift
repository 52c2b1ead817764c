@_spi(KeyMaterial) import Alauda

/// The applet's keys of one root, derived once.
final class AppletKeys: Sendable {
    private let keys: WPKIKeys

    /// - Throws: ``SimulationError`` that names no card and no key.
    init(_ root: CardState.Root, _ iccid: [UInt8]) throws(SimulationError) {
        do {
            let octets = Hex.octets(root.key) ?? []
            keys = try WPKIKeys(root: octets, iccid: iccid, keyVersion: root.keyVersion)
        } catch { throw SimulationError("the keys of a card are not as they must be") }
    }

    /// The message in a frame from the home, once it was found authentic.
    func open(_ frame: [UInt8]) throws(WPKIError) -> [UInt8] {
        try keys.open(frame, direction: .down)
    }

    /// A frame for the home.
    func seal(_ plaintext: [UInt8], counter: UInt32) throws(WPKIError) -> [UInt8] {
        try keys.seal(plaintext, counter: counter, direction: .up)
    }

    /// A new root from the home, once it was found to be wrapped under this one.
    func unwrap(_ root: WrappedRoot) throws(WPKIError) -> [UInt8] {
        try keys.unwrap(root)
    }
}
