public import MSSCore
import Synchronization

public import struct Foundation.Date

/// The application providers that the home knows: the second check, after the acquiring entity's.
public final class ProviderRegister: Sendable {
    private let known: Mutex<[String: ApplicationProvider]>
    /// How much they ask, through whichever acquiring entity.
    let meter: RequestMeter
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - providers: All that there are.
    ///   - tally: Counts what is too much.
    ///   - now: The clock of certificates.
    public init(
        _ providers: [ApplicationProvider],
        tally: any Tally = NoTally(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        known = Mutex(Self.byID(providers))
        meter = RequestMeter(tally: tally)
        self.now = now
    }

    /// Takes others in the place of all: from now on these are asked, whatever is running.
    public func replace(with providers: [ApplicationProvider]) {
        let new = Self.byID(providers)
        known.withLock { $0 = new }
    }

    /// Every provider, by their ids.
    public var all: [ApplicationProvider] { known.withLock { $0.values.sorted { $0.id < $1.id } } }

    /// A provider by its AP_ID; `nil` for one that is not, or no more, registered.
    func provider(_ id: String) -> ApplicationProvider? { known.withLock { $0[id] } }

    /// The providers that may come through an acquiring entity, by their ids.
    func providers(of entity: PeerIdentity) -> [ApplicationProvider] {
        all.filter { $0.acquiringEntities.contains(entity) }
    }

    /// The provider that speaks, if it came through one of its acquiring entities with one of its certificates, signed the
    /// message where it must, does not ask more than it may, and begins its message as its rules want it.
    ///
    /// - Throws: 104, 780/7801, 108 or 103.
    func admit(_ header: MessageHeader, _ call: Call) throws(MSSFault) -> ApplicationProvider {
        let provider = try identified(header.apInfo.id, call)
        guard !provider.signsMessages || call.signer == provider.id else {
            var fault = MSSFault.unsignedMessage
            fault.cause = "an unsigned message in the name of a provider whose messages are signed"
            throw fault
        }
        // What is signed was counted before its signature was looked at.
        if call.signer == nil { try meter.take(provider) }
        try provider.check(header)
        return provider
    }

    /// The provider that a message claims to be of, before its signature is looked at.
    ///
    /// - Throws: 104, or 780/7801.
    func admitSigned(_ id: String, _ call: Call) throws(MSSFault) -> ApplicationProvider {
        let provider = try identified(id, call)
        try meter.take(provider)
        return provider
    }

    private func identified(_ id: String, _ call: Call) throws(MSSFault) -> ApplicationProvider {
        guard let provider = provider(id), provider.acquiringEntities.contains(call.peer),
            let origin = call.origin, provider.identities.contains(origin)
        else {
            throw MSSFault(
                .unauthorizedAccess,
                "AP_ID and client certificate do not name one registered application provider.",
                cause: "the home's provider register refused the acquiring entity's word"
            )
        }
        try provider.check(certificate: call.certificate, at: now())
        return provider
    }

    private static func byID(_ providers: [ApplicationProvider]) -> [String: ApplicationProvider] {
        Dictionary(providers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
