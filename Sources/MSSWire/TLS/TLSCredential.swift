public import Foundation
import NIOSSL
import Synchronization

/// The TLS credential of a service as it stands now.
///
/// It may be exchanged while the service runs: connections that are open go on with what they began with, new ones take
/// what is current.
public final class TLSCredential: Sendable {
    private let state: Mutex<(material: TLSMaterial, exchanges: Int)>

    public init(_ material: TLSMaterial) {
        state = Mutex((material, 0))
    }

    /// What new connections show, and whom they trust.
    public var material: TLSMaterial { state.withLock { $0.material } }

    /// The material, and how often it was exchanged for another.
    var current: (material: TLSMaterial, exchanges: Int) { state.withLock { $0 } }

    /// When the certificate ends.
    public var end: Date { material.end }

    public func exchange(for material: TLSMaterial) {
        state.withLock { $0 = (material, $0.exchanges + 1) }
    }

    /// Exchanges it for what three PEM texts hold.
    ///
    /// - Throws: ``TLSMaterialError`` if they are of no use; then nothing is exchanged.
    public func replace(_ certificate: [UInt8], _ key: [UInt8], _ trust: [UInt8]) throws(TLSMaterialError) {
        exchange(for: try TLSMaterial(certificateChain: certificate, privateKey: key, trustRoots: trust))
    }
}

/// What is made of a credential once for each exchange, and not for each connection.
final class PerCredential<Value: Sendable>: Sendable {
    private let credential: TLSCredential
    private let make: @Sendable (TLSMaterial) throws -> Value
    private let made: Mutex<(value: Value, exchanges: Int)>

    /// - Throws: What `make` throws of the first material.
    init<Problem>(
        _ credential: TLSCredential,
        make: @escaping @Sendable (TLSMaterial) throws(Problem) -> Value
    ) throws(Problem) {
        self.credential = credential
        self.make = make
        let (material, exchanges) = credential.current
        made = Mutex((try make(material), exchanges))
    }

    /// Of the current material; the one before it, should nothing come of the current one.
    var value: Value {
        let (material, exchanges) = credential.current
        return made.withLock { made in
            if made.exchanges != exchanges, let value = try? make(material) { made = (value, exchanges) }
            return made.value
        }
    }

    /// The same; `nil` as long as the first material is the current one.
    var exchanged: Value? { credential.current.exchanges == 0 ? nil : value }
}
