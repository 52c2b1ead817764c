import CPKCS11
import Synchronization

/// KEKs in a PKCS#11 token: AES-256, sensitive, never extractable, for wrapping and unwrapping alone.
///
/// KEK-n is the secret key labelled `mssp-kek-n`.
public final class TokenKEK: KeyEncryptionKeys {
    /// A session of the token; the module's functions are called by one thread at a time.
    private struct Session: @unchecked Sendable {
        let functions: CK_FUNCTION_LIST_PTR
        let handle: CK_SESSION_HANDLE
    }

    public let keeper = KEKKeeper.token
    private let session: Mutex<Session>

    /// Loads the module and logs in.
    ///
    /// - Parameters:
    ///   - module: Path of the PKCS#11 library.
    ///   - token: The token's label.
    ///   - pin: Of the token's user; not kept.
    /// - Throws: ``VaultError/keyEncryptionKey(_:)``; a wrong PIN counts against the token's tries.
    public init(module: String, token: String, pin: [UInt8]) throws(VaultError) {
        guard let functions = pkcs11_load(module) else {
            throw .keyEncryptionKey("\(module) cannot be loaded as a PKCS#11 module")
        }
        try Self.check(pkcs11_initialize(functions), "the PKCS#11 module cannot be initialised")
        var slot = CK_SLOT_ID()
        try Self.check(pkcs11_slot(functions, token, &slot), "there is no token labelled \(token)")
        var handle = CK_SESSION_HANDLE()
        let result = pin.withUnsafeBufferPointer {
            pkcs11_open(functions, slot, $0.baseAddress, CK_ULONG($0.count), &handle)
        }
        try Self.check(result, "the token does not let this user in")
        session = Mutex(Session(functions: functions, handle: handle))
    }

    /// The same with a PIN that somebody brought, or that custodians put together.
    public convenience init(module: String, token: String, secret: CustodySecret) throws(VaultError) {
        guard secret.kind == .pin else { throw .keyEncryptionKey("the shares are of a file, not of a token's PIN") }
        try self.init(module: module, token: token, pin: secret.octets)
    }

    deinit {
        session.withLock { pkcs11_close($0.functions, $0.handle) }
    }

    public func holds(_ version: Int32) throws(VaultError) -> Bool {
        try session.withLock { session throws(VaultError) in try Self.find(version, in: session) != nil }
    }

    public func create(_ version: Int32) throws(VaultError) {
        try session.withLock { session throws(VaultError) in
            guard try Self.find(version, in: session) == nil else {
                throw .keyEncryptionKey("the token holds KEK \(version) already")
            }
            var key = CK_OBJECT_HANDLE()
            let result = pkcs11_make(session.functions, session.handle, Self.label(version), &key)
            try Self.check(result, "the token makes no KEK")
        }
    }

    public func destroy(_ version: Int32) throws(VaultError) {
        try session.withLock { session throws(VaultError) in
            guard let key = try Self.find(version, in: session) else { return }
            try Self.check(pkcs11_destroy(session.functions, session.handle, key), "the token keeps KEK \(version)")
        }
    }

    public func wrap(_ key: [UInt8], under version: Int32) throws(VaultError) -> [UInt8] {
        try apply(version, to: key, "the token does not wrap") { session, kek, octets, output, length in
            pkcs11_wrap(session.functions, session.handle, kek, octets, CK_ULONG(key.count), output, length)
        }
    }

    public func unwrap(_ wrapped: [UInt8], under version: Int32) throws(VaultError) -> [UInt8] {
        try apply(version, to: wrapped, "a wrapped key is not of KEK \(version)") {
            session,
            kek,
            octets,
            output,
            length in
            pkcs11_unwrap(session.functions, session.handle, kek, octets, CK_ULONG(wrapped.count), output, length)
        }
    }

    private typealias Operation = (
        Session, CK_OBJECT_HANDLE, UnsafePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<CK_ULONG>
    ) -> CK_RV

    private func apply(
        _ version: Int32,
        to octets: [UInt8],
        _ failure: String,
        _ operation: Operation
    ) throws(VaultError) -> [UInt8] {
        guard octets.count <= 64 else { throw .keyEncryptionKey("a key of \(octets.count) octets") }
        return try session.withLock { session throws(VaultError) in
            guard let kek = try Self.find(version, in: session) else {
                throw .keyEncryptionKey("the token holds no KEK \(version) that cannot be read")
            }
            var output = [UInt8](repeating: 0, count: 80)
            var length = CK_ULONG(output.count)
            let result = octets.withUnsafeBufferPointer { input in
                output.withUnsafeMutableBufferPointer {
                    operation(session, kek, input.baseAddress, $0.baseAddress, &length)
                }
            }
            try Self.check(result, failure)
            guard length <= 80 else { throw .keyEncryptionKey(failure) }
            return Array(output.prefix(Int(length)))
        }
    }

    private static func find(_ version: Int32, in session: Session) throws(VaultError) -> CK_OBJECT_HANDLE? {
        var key = CK_OBJECT_HANDLE()
        var number = CK_ULONG()
        let result = pkcs11_find(session.functions, session.handle, label(version), &key, &number)
        try check(result, "the token does not say which keys it holds")
        guard number <= 1 else { throw .keyEncryptionKey("the token holds two keys \(label(version))") }
        return number == 1 ? key : nil
    }

    private static func label(_ version: Int32) -> String { "mssp-kek-\(version)" }

    private static func check(_ result: CK_RV, _ failure: String) throws(VaultError) {
        guard result != CK_RV(CKR_OK) else { return }
        throw .keyEncryptionKey("\(failure) (PKCS#11 result \(String(result, radix: 16)))")
    }
}
