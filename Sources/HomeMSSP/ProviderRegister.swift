public import MSSCore

/// The application providers that the home knows: the second check, after the acquiring entity's.
public struct ProviderRegister: ProviderService {
    private let providers: [String: ApplicationProvider]

    public init(_ providers: [ApplicationProvider]) {
        self.providers = Dictionary(providers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public func directory(_ call: Call) async throws(MSSFault) -> ProviderDirectory {
        ProviderDirectory(
            providers: providers.values.filter { $0.acquiringEntities.contains(call.peer) }.sorted { $0.id < $1.id }
        )
    }

    /// The provider that speaks, if it came through one of its acquiring entities with one of its certificates.
    func admit(_ id: String, _ call: Call) throws(MSSFault) -> ApplicationProvider {
        guard let provider = providers[id], provider.acquiringEntities.contains(call.peer),
            let origin = call.origin, provider.identities.contains(origin)
        else {
            throw MSSFault(
                .unauthorizedAccess,
                "AP_ID and client certificate do not name one registered application provider.",
                cause: "the home's provider register refused the acquiring entity's word"
            )
        }
        return provider
    }
}
