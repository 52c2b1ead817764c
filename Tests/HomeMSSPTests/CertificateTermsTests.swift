import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("The ends of providers' certificates")
struct CertificateTermsTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func provider(_ days: Double...) -> ApplicationProvider {
        var provider = Sample.provider
        provider.certificates = Set(
            days.enumerated().compactMap { index, days in
                ProviderCertificate(
                    sha256: String(repeating: "\(index)", count: 64),
                    expires: Self.now + days * 86_400
                )
            }
        )
        return provider
    }

    @Test("are told 60, 30 and 7 days before and once they have come, each once")
    func terms() {
        var terms = CertificateTerms()
        let provider = provider(61)
        var told: [Int: CertificateTerms.Term] = [:]
        for day in 0...70 {
            let notices = terms.due([provider], at: Self.now + Double(day) * 86_400)
            #expect(notices.count <= 1 && notices.allSatisfy { $0.provider == Sample.apID && !$0.hasSuccessor })
            if let notice = notices.first { told[day] = notice.term }
        }
        #expect(told == [1: .twoMonths, 31: .month, 54: .week, 61: .ended])
    }

    @Test("are told of the kind that is asked for, and of no other")
    func kinds() throws {
        let other = try #require(
            ProviderCertificate(sha256: String(repeating: "f", count: 64), expires: Self.now + 6 * 86_400)
        )
        var terms = CertificateTerms { _ in [other] }
        let providers = [provider(1, 20)]
        let notices = terms.due(providers, at: Self.now)
        #expect(notices.map(\.certificate) == [other] && notices.map(\.term) == [.week])
        #expect(notices.allSatisfy { !$0.hasSuccessor })
        #expect(terms.count(within: .month, providers, at: Self.now) == 1)
    }

    @Test("say whether there is a successor, and are counted")
    func counts() {
        var terms = CertificateTerms()
        let providers = [provider(-1, 5, 20, 50, 400)]
        let notices = terms.due(providers, at: Self.now)
        #expect(notices.map(\.term) == [.ended, .week, .month, .twoMonths] && notices.allSatisfy(\.hasSuccessor))
        let counts = CertificateTerms.Term.allCases.map { terms.count(within: $0, providers, at: Self.now) }
        #expect(counts == [1, 2, 3, 4])
        #expect(terms.due(providers, at: Self.now + 60).isEmpty)
        #expect(terms.due([], at: Self.now).isEmpty && terms.due(providers, at: Self.now).count == 4)
    }
}
