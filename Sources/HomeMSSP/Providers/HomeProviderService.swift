import Crypto
public import Foundation
public import Logging
public import MSSCore
import Synchronization

/// The home's side of the conversation about application providers: to each acquiring entity its own, signed.
public struct HomeProviderService: ProviderService {
    /// Octets of a signed directory at most: in base64 it must fit into an answer.
    private static let most = 720_000

    private let identity: String
    private let providers: ProviderRegister
    private let numbers: any DirectoryNumbers
    private let signer: any DirectorySigner
    private let validity: Duration
    private let logger: Logger
    private let now: @Sendable () -> Date
    private let told = Told()

    /// The last number that each acquiring entity was told here, for the log.
    private final class Told: Sendable {
        private let numbers = Mutex<[PeerIdentity: Int64]>([:])

        func isNew(_ number: Int64, _ entity: PeerIdentity) -> Bool {
            numbers.withLock { $0.updateValue(number, forKey: entity) != number }
        }
    }

    /// - Parameters:
    ///   - identity: This home's name, in the directories and in its signer's certificate.
    ///   - providers: All that there are.
    ///   - numbers: Counts changes.
    ///   - signer: Signs.
    ///   - validity: How long a directory is of use.
    ///   - logger: Is told of new numbers.
    ///   - now: The clock.
    public init(
        identity: String,
        providers: ProviderRegister,
        numbers: any DirectoryNumbers,
        signer: any DirectorySigner,
        validity: Duration,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.identity = identity
        self.providers = providers
        self.numbers = numbers
        self.signer = signer
        self.validity = validity
        self.logger = logger
        self.now = now
    }

    public func directory(_ call: Call) async throws(MSSFault) -> SignedDirectory {
        let own = providers.providers(of: call.peer)
        let number = try await number(of: own, call)
        let issued = Date(timeIntervalSince1970: now().timeIntervalSince1970.rounded(.down))
        let directory = ProviderDirectory(
            home: PeerIdentity(uri: identity),
            acquiringEntity: call.peer,
            number: number,
            issued: issued,
            expires: issued + TimeInterval(validity / .seconds(1)),
            providers: own
        )
        let signed = try await signer.sign(try written { try directory.octets() })
        guard signed.cms.count <= Self.most else {
            throw MSSFault(.internalError, cause: "the directory of \(call.peer) has \(signed.cms.count) octets")
        }
        if told.isNew(number, call.peer) {
            logger.notice(
                "provider directory told",
                metadata: [
                    "entity": "\(call.peer, as: .open)", "number": "\(number, as: .open)",
                    "providers": "\(own.count, as: .open)", "trace": "\(call.trace, as: .open)",
                ]
            )
        }
        return signed
    }

    private func number(of own: [ApplicationProvider], _ call: Call) async throws(MSSFault) -> Int64 {
        let content = try written { try ProviderDirectory.content(own) }
        let digest = Array(SHA256.hash(data: Data(identity.utf8) + [0] + content))
        do throws(StoreError) {
            return try await numbers.number(of: digest, for: call.peer, until: call.deadline)
        } catch {
            guard case .unavailable(let reason) = error else { throw MSSFault(.internalError) }
            throw MSSFault(
                .unableToProvideServices,
                "The home cannot number its provider directory now.",
                cause: "database: \(reason)"
            )
        }
    }

    private func written(_ write: () throws -> [UInt8]) throws(MSSFault) -> [UInt8] {
        do { return try write() } catch { throw MSSFault(.internalError, cause: "the directory cannot be written") }
    }
}
