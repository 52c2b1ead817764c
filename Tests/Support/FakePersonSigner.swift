public import HomeMSSP
public import MSSCore
import Synchronization

/// Signs what is told of persons by keeping it, or cannot.
public final class FakePersonSigner: PersonIdentitySigner {
    private let fault = Mutex<MSSFault?>(nil)
    private let kept = Mutex<[PersonIdentity]>([])

    public init() {}

    /// What was signed, the oldest first.
    public var all: [PersonIdentity] { kept.withLock { $0 } }

    /// From now on nothing is signed; or again, with `nil`.
    public func fail(with fault: MSSFault?) { self.fault.withLock { $0 = fault } }

    public func check() async throws(MSSFault) {
        if let fault = fault.withLock({ $0 }) { throw fault }
    }

    /// Which one of ``all`` it is.
    public func response(_ identity: PersonIdentity) async throws(MSSFault) -> [UInt8] {
        try await check()
        return kept.withLock { kept in
            kept.append(identity)
            return [UInt8(kept.count)]
        }
    }
}
