import Crypto
import CryptoExtras

/// Which way a frame goes: its keys and its first octet.
public enum Direction: UInt8, Sendable {
    case down = 0x10
    case up = 0x11
}

/// What of a frame is in clear: direction, key version, counter and checksum.
public struct FrameHeader: Sendable, Equatable {
    public var direction: Direction
    public var keyVersion: UInt8
    public var counter: UInt32
    /// T: the frame's checksum, 8 octets; two frames of one counter that differ have different ones.
    public var checksum: [UInt8]

    /// - Throws: ``WPKIError/malformed`` unless the octets can be a frame: 14 octets and whole cipher blocks.
    public init(_ frame: [UInt8]) throws(WPKIError) {
        guard frame.count >= 30, (frame.count - 14).isMultiple(of: 16), let direction = Direction(rawValue: frame[0])
        else { throw .malformed }
        self.direction = direction
        keyVersion = frame[1]
        counter = frame[2..<6].reduce(0) { $0 << 8 | UInt32($1) }
        checksum = Array(frame.suffix(8))
    }
}

/// The applet's keys of one card and key version, derived from its root; the library wipes them when this value ends.
@_spi(KeyMaterial) public struct WPKIKeys: ~Copyable, Sendable {
    private let keyVersion: UInt8
    private let root: SymmetricKey
    private let context: [UInt8]
    private let down: Pair
    private let up: Pair

    /// Encryption and checksum of one direction.
    fileprivate struct Pair {
        let encryption: SymmetricKey
        let checksum: SymmetricKey

        init(
            _ root: SymmetricKey,
            encryption: UInt8,
            checksum: UInt8,
            _ context: [UInt8],
            length: Int
        ) throws(WPKIError) {
            self.encryption = try WPKIKeys.derive(root, encryption, context, octets: length)
            self.checksum = try WPKIKeys.derive(root, checksum, context, octets: length)
        }
    }

    /// - Parameters:
    ///   - root: K_ROOT, 16 or 32 octets.
    ///   - iccid: Ten octets, the printed digits with a filler.
    ///   - keyVersion: 1–254.
    /// - Throws: ``WPKIError/cryptography`` for lengths that are others.
    public init(root: [UInt8], iccid: [UInt8], keyVersion: UInt8) throws(WPKIError) {
        guard root.count == 16 || root.count == 32, iccid.count == 10 else { throw .cryptography }
        let context = iccid + [keyVersion]
        let key = SymmetricKey(data: root)
        let down = try Pair(key, encryption: 0x21, checksum: 0x22, context, length: root.count)
        let up = try Pair(key, encryption: 0x23, checksum: 0x24, context, length: root.count)
        self.keyVersion = keyVersion
        self.root = key
        self.context = context
        self.down = down
        self.up = up
    }

    /// K_ROOT of a card whose personaliser derives instead of drawing by lot.
    ///
    /// - Parameters:
    ///   - master: MK, 16 or 32 octets.
    ///   - iccid: Ten octets, the printed digits with a filler.
    ///   - keyVersion: 1–254.
    ///   - bits: 128 or 256, the root's length.
    /// - Returns: 16 or 32 octets.
    /// - Throws: ``WPKIError/cryptography`` for lengths that are others.
    public static func root(master: [UInt8], iccid: [UInt8], keyVersion: UInt8, bits: Int) throws(WPKIError) -> [UInt8]
    {
        guard master.count == 16 || master.count == 32, bits == 128 || bits == 256, iccid.count == 10
        else { throw .cryptography }
        let root = try derive(SymmetricKey(data: master), 0x20, iccid + [keyVersion], octets: bits / 8)
        return root.withUnsafeBytes { Array($0) }
    }

    /// KCV: the first 3 octets of AES(K, 01^16).
    ///
    /// Zeros as the block would show what CMAC's subkeys are made of.
    public static func keyCheckValue(_ key: [UInt8]) throws(WPKIError) -> [UInt8] {
        guard key.count == 16 || key.count == 32 else { throw .cryptography }
        var block = [UInt8](repeating: 1, count: 16)
        do { try AES.permute(&block, key: SymmetricKey(data: key)) } catch { throw .cryptography }
        return Array(block.prefix(3))
    }

    /// Wraps a new root under this one's KEK, for NEW ROOT KEY.
    ///
    /// - Throws: ``WPKIError/cryptography`` unless the root has 16 or 32 octets and its KVN is above this one's.
    public func wrap(newRoot: [UInt8], keyVersion newVersion: UInt8) throws(WPKIError) -> WrappedRoot {
        guard newVersion > keyVersion, newVersion <= 0xFE else { throw .cryptography }
        let check = try Self.keyCheckValue(newRoot)
        do {
            let wrapped = try AES.KeyWrap.wrap(SymmetricKey(data: newRoot), using: try keyEncryptionKey())
            return WrappedRoot(
                keyVersion: newVersion,
                bits: newRoot.count * 8,
                wrapped: [UInt8](wrapped),
                keyCheckValue: check
            )
        } catch { throw .cryptography }
    }

    /// Unwraps a new root.
    ///
    /// - Throws: ``WPKIError/notAuthentic`` if it was not wrapped under this root, or its check value is another's.
    public func unwrap(_ new: WrappedRoot) throws(WPKIError) -> [UInt8] {
        let kek = try keyEncryptionKey()
        guard let key = try? AES.KeyWrap.unwrap(new.wrapped, using: kek), key.bitCount == new.bits
        else { throw .notAuthentic }
        let root = key.withUnsafeBytes { Array($0) }
        guard try Self.keyCheckValue(root) == new.keyCheckValue else { throw .notAuthentic }
        return root
    }

    private func keyEncryptionKey() throws(WPKIError) -> SymmetricKey {
        try Self.derive(root, 0x25, context, octets: root.bitCount / 8)
    }

    /// Makes a frame: encrypt, then checksum.
    public func seal(_ plaintext: [UInt8], counter: UInt32, direction: Direction) throws(WPKIError) -> [UInt8] {
        let keys = direction == .down ? down : up
        let padded = plaintext + [0x80] + [UInt8](repeating: 0, count: (16 - (plaintext.count + 1) % 16) % 16)
        let header = [direction.rawValue, keyVersion] + counter.bigEndianOctets
        do {
            let iv = try Self.vector(keys.encryption, counter)
            let frame = header + [UInt8](try AES._CBC.encrypt(padded, using: keys.encryption, iv: iv, noPadding: true))
            return frame + (try Self.checksum(keys.checksum, frame, length: 8))
        } catch { throw .cryptography }
    }

    /// Opens a frame after its checksum was found right, in a time that does not tell where it was wrong.
    public func open(_ frame: [UInt8], direction: Direction) throws(WPKIError) -> [UInt8] {
        let header = try FrameHeader(frame)
        guard header.direction == direction, header.keyVersion == keyVersion else { throw .notAuthentic }
        let keys = direction == .down ? down : up
        let body = Array(frame.dropLast(8))
        do {
            let expected = try Self.checksum(keys.checksum, body, length: 8)
            guard zip(expected, frame.suffix(8)).reduce(0, { $0 | ($1.0 ^ $1.1) }) == 0 else {
                throw WPKIError.notAuthentic
            }
            let iv = try Self.vector(keys.encryption, header.counter)
            let plain = [UInt8](
                try AES._CBC.decrypt(Array(body[6...]), using: keys.encryption, iv: iv, noPadding: true)
            )
            guard let end = plain.lastIndex(where: { $0 != 0 }), plain[end] == 0x80, plain.count - end <= 16
            else { throw WPKIError.malformed }
            return Array(plain[..<end])
        } catch let error as WPKIError {
            throw error
        } catch { throw .cryptography }
    }

    /// KDF: AES-CMAC over 00^11 ‖ constant ‖ 00 ‖ length in bits ‖ i ‖ context (the order of SCP03 §4.1.5).
    fileprivate static func derive(
        _ key: SymmetricKey,
        _ constant: UInt8,
        _ context: [UInt8],
        octets length: Int
    ) throws(WPKIError) -> SymmetricKey {
        var derived: [UInt8] = []
        for block in 1...UInt8(length / 16) {
            let bits = UInt16(length * 8)
            let input =
                [UInt8](repeating: 0, count: 11) + [constant, 0, UInt8(bits >> 8), UInt8(bits & 0xFF), block] + context
            do { derived += try checksum(key, input, length: 16) } catch { throw .cryptography }
        }
        return SymmetricKey(data: derived)
    }

    /// The frame's initial vector: the counter's block under the encryption key.
    private static func vector(_ key: SymmetricKey, _ counter: UInt32) throws -> AES._CBC.IV {
        var block = [UInt8](repeating: 0, count: 12) + counter.bigEndianOctets
        try AES.permute(&block, key: key)
        return try AES._CBC.IV(ivBytes: block)
    }

    private static func checksum(_ key: SymmetricKey, _ octets: [UInt8], length: Int) throws -> [UInt8] {
        var cmac = try AES.CMAC(key: key, outputSize: length)
        octets.withUnsafeBytes { cmac.update(bufferPointer: $0) }
        return Array(cmac.finalize())
    }
}
