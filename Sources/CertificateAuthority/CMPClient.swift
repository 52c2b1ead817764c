import Dispatch
public import MSSCore

/// Asks a certification authority for certificates by CMP (RFC 4210, over HTTP by RFC 6712).
///
/// It speaks as a registration authority: it signs each request with its own certificate and vouches that the key was
/// proven (POPO `raVerified`, RFC 4211 §4). An answer counts only if the authority signed it and the certificate in it
/// is the one that was asked for. Connecting is tried until the time is over, but a request is sent once: whether one
/// that got no answer was carried out is known to the authority alone.
public final class CMPClient: Sendable {
    private let credential: CMPCredential
    private let endpoint: CMPEndpoint
    private let longest: Duration
    private let tally: any Tally
    private let threads = ExchangeThreads(8, queueLength: 2_000)

    /// Reads the settings; nothing is sent.
    ///
    /// - Parameters:
    ///   - settings: The authority and the credential for it.
    ///   - tally: Counts `ca_exchanges` by `outcome`, and measures `ca_exchange_duration`.
    /// - Throws: One line that says which of the settings cannot be used.
    public init(_ settings: CMPSettings, tally: any Tally = NoTally()) throws(CMPError) {
        endpoint = try CMPEndpoint(settings.url)
        credential = try CMPCredential(settings)
        guard settings.longest >= .seconds(1), settings.longest <= .seconds(3_600) else {
            throw CMPError("the longest time for an exchange with the certification authority is not 1 s to 1 h")
        }
        longest = settings.longest
        self.tally = tally
    }

    /// Has the authority certify a key that was proven.
    ///
    /// - Parameters:
    ///   - key: The key and the name it is to be certified under.
    ///   - deadline: When the answer is of no use any more; it returns then, whatever the authority does.
    /// - Returns: The certificate in DER: for this key and this subject, by the authority, valid now.
    /// - Throws: 407/4072 when the authority cannot be reached, refuses, or answers something else.
    public func certificate(
        for key: ProvenKey,
        until deadline: ContinuousClock.Instant
    ) async throws(MSSFault) -> [UInt8] {
        guard let thread = await threads.take(until: deadline) else {
            throw fault(.busy)
        }
        let end = min(deadline, .now + longest)
        let exchange = CMPExchange(endpoint: endpoint, credential: credential, asked: key)
        let answer = FirstAnswer<Result<[UInt8], CMPExchange.Failure>>()
        thread.async { [threads] in
            let left = ContinuousClock.now.duration(to: end)
            // libcrypto counts whole seconds: rounded down, so that its reason is there before the deadline.
            let seconds = Int32(clamping: max(1, left.components.seconds))
            let result = left > .zero ? exchange.run(seconds: seconds) : .failure(.unanswered("no time left to ask"))
            threads.give(thread)
            answer.give(result)
        }
        let late = CMPExchange.Failure.unanswered("no answer before the deadline")
        let start = ContinuousClock.now
        let result = await answer.wait(until: end, orElse: .failure(late))
        tally.measure("ca_exchange_duration", .now - start)
        do {
            let certificate = try result.get()
            tally.count("ca_exchanges", [("outcome", "issued")])
            return certificate
        } catch {
            throw fault(error)
        }
    }

    private func fault(_ failure: CMPExchange.Failure) -> MSSFault {
        let (outcome, detail, cause) =
            switch failure {
            case .busy: ("busy", "is busy; try again later", "no exchange with the CA became free before the deadline")
            case .unusable(let cause): ("unusable", "cannot certify the name or the key of this user", cause)
            case .unanswered(let cause): ("unanswered", "gives no answer; try again later", cause)
            case .refused(let cause): ("refused", "refused the request", cause)
            case .untrusted(let cause): ("untrusted", "gives an answer that cannot be used", cause)
            }
        tally.count("ca_exchanges", [("outcome", outcome)])
        return MSSFault(
            .registrationNotOK,
            "The certification authority \(detail).",
            specifier: 4072,
            cause: cause
        )
    }
}
