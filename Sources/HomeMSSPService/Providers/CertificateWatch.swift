import Foundation
import HomeMSSP
import Logging
import MSSCore
import MSSRuntime

/// Tells of providers' certificates that end soon, while there is time for another one.
struct CertificateWatch: Sendable {
    let register: ProviderRegister
    let logger: Logger

    /// Gauges of how many certificates have so many days left, or fewer.
    func show(in metrics: ServiceMetrics) {
        metrics.gauge("home_provider_certificates_sixty_days") { count(.twoMonths) }
        metrics.gauge("home_provider_certificates_thirty_days") { count(.month) }
        metrics.gauge("home_provider_certificates_seven_days") { count(.week) }
        metrics.gauge("home_provider_certificates_expired") { count(.ended) }
    }

    /// Looks once an hour until it is cancelled, and tells of each certificate at each of its terms.
    func run() async {
        var terms = CertificateTerms()
        repeat {
            for notice in terms.due(register.all, at: Date()) { tell(notice) }
        } while (try? await Task.sleep(for: .seconds(3_600))) != nil
    }

    private func tell(_ notice: CertificateTerms.Notice) {
        logger.warning(
            notice.term == .ended
                ? "a provider's certificate has expired" : "a provider's certificate expires soon",
            metadata: [
                "ap_id": "\(notice.provider, as: .applicationProvider)",
                "certificate": "\(notice.certificate.sha256, as: .applicationProvider)",
                "expires": "\(notice.certificate.expires.formatted(.iso8601), as: .open)",
                "within_days": "\(notice.term.rawValue, as: .open)",
                "has_successor": "\(notice.hasSuccessor, as: .open)",
            ]
        )
    }

    private func count(_ term: CertificateTerms.Term) -> Double {
        Double(CertificateTerms.count(within: term, register.all, at: Date()))
    }
}
