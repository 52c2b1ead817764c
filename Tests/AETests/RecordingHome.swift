import AE
import Logging
import MSSCore
import MSSTestSupport
import Synchronization

/// Answers everything and remembers who came.
final class RecordingHome: PlainAnswers, ProviderService {
    let calls = Mutex<[Call]>([])
    let providers: Mutex<[ApplicationProvider]?>
    /// What it tells of every person.
    let certificates = Mutex<[ProfileResponse.Certificate]>([])
    private let number = Mutex<Int64>(0)
    let tally = RecordedTally()
    private let identity: TestIdentity
    /// MSSP_TransID of each signature.
    private let transaction: String

    init(_ providers: [ApplicationProvider]?, transaction: String = "h1") throws {
        self.providers = Mutex(providers)
        self.transaction = transaction
        identity = try TestIdentity()
    }

    /// Its directory, as an acquiring entity has it.
    func cache(longest: Duration = .seconds(60)) throws -> ProviderCache {
        ProviderCache(
            home: self,
            peer: Sample.ae,
            reader: try identity.seal(),
            times: ProviderCache.Times(longest: longest),
            tally: NoTally(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// An acquiring entity before it, and its cache.
    func entity(longest: Duration = .seconds(60)) throws -> (AcquiringEntity, ProviderCache) {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let cache = try cache(longest: longest)
        let entity = AcquiringEntity(
            identity: Sample.ae.uri,
            home: self,
            providers: cache,
            meter: RequestMeter(tally: NoTally()),
            tally: tally,
            logger: logger
        )
        return (entity, cache)
    }

    func came(_ call: Call) {
        calls.withLock { $0.append(call) }
    }

    func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
        came(call)
        return SignatureResponse(
            header: request.header,
            transactionID: transaction,
            mobileUser: request.mobileUser,
            status: .requestOK
        )
    }

    func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
        came(call)
        return StatusResponse(header: request.header, mobileUser: MobileUser(), status: .outstandingTransaction)
    }

    func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse {
        came(call)
        let sim = ProfileResponse.SIM(certificates: certificates.withLock { $0 })
        return ProfileResponse(header: request.header, signatureProfiles: [], sim: sim)
    }

    func directory(_ call: Call) async throws(MSSFault) -> SignedDirectory {
        guard let providers = providers.withLock({ $0 }) else { throw MSSFault(.unableToProvideServices) }
        let number = number.withLock { number in
            number += 1
            return number
        }
        do { return try identity.sign(Sample.directory(providers, number: number)) } catch {
            throw MSSFault(.internalError, cause: "\(error)")
        }
    }
}
