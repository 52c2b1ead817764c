public import MSSCore

public import struct Foundation.Date

/// How soon providers' certificates of one kind end, and which of them somebody must hear of now.
public struct CertificateTerms: Sendable {
    /// A provider's certificates of the kind.
    public typealias Kind = @Sendable (ApplicationProvider) -> Set<ProviderCertificate>

    /// What is told of a certificate: 60, 30 and 7 days before its end, and once it has ended.
    public enum Term: Int, Sendable, CaseIterable, Comparable {
        case ended = 0
        case week = 7
        case month = 30
        case twoMonths = 60

        public static func < (one: Term, other: Term) -> Bool { one.rawValue < other.rawValue }

        /// - Returns: `nil` for a certificate that has more than sixty days.
        init?(_ certificate: ProviderCertificate, at now: Date) {
            let left = certificate.expires.timeIntervalSince(now)
            let term = Self.allCases.first { left <= Double($0.rawValue) * 86_400 }
            guard let term else { return nil }
            self = term
        }
    }

    /// A certificate of a provider that ends soon or has ended.
    public struct Notice: Sendable, Equatable {
        public var provider: String
        public var certificate: ProviderCertificate
        public var term: Term
        /// Whether the provider has another one that lasts longer.
        public var hasSuccessor: Bool
    }

    private let kind: Kind
    private var told: [String: Term] = [:]

    /// - Parameter kind: Those of its TLS, where it says nothing else.
    public init(_ kind: @escaping Kind = { $0.certificates }) {
        self.kind = kind
    }

    /// What was not told before of these providers, or told of a longer time.
    public mutating func due(_ providers: [ApplicationProvider], at now: Date) -> [Notice] {
        let notices = providers.flatMap { self.notices($0, at: now) }
        // A certificate may be several providers'; it is told of each.
        let keys = notices.map { "\($0.provider) \($0.certificate.sha256)" }
        defer { told = Dictionary(zip(keys, notices.map(\.term)), uniquingKeysWith: { first, _ in first }) }
        return zip(keys, notices).filter { key, notice in told[key].map { notice.term < $0 } ?? true }.map(\.1)
    }

    /// How many certificates have so many days left, or fewer.
    public func count(within term: Term, _ providers: [ApplicationProvider], at now: Date) -> Int {
        Set(providers.flatMap(kind)).count { Term($0, at: now).map { $0 <= term } ?? false }
    }

    private func notices(_ provider: ApplicationProvider, at now: Date) -> [Notice] {
        let certificates = kind(provider)
        return certificates.sorted { $0.sha256 < $1.sha256 }.compactMap { certificate in
            Term(certificate, at: now).map { term in
                Notice(
                    provider: provider.id,
                    certificate: certificate,
                    term: term,
                    hasSuccessor: certificates.contains { $0.expires > certificate.expires }
                )
            }
        }
    }
}
