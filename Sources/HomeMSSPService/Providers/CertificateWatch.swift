import Foundation
import HomeMSSP
import Logging
import MSSCore
import MSSRuntime

/// Tells of providers' certificates that end soon, of their TLS and of their messages, while there is time for another one.
struct CertificateWatch: Sendable {
    private let register: ProviderRegister
    private let logger: Logger
    private let shown = CertificateTerms()
    private let signing: CertificateTerms

    init(register: ProviderRegister, logger: Logger) {
        self.register = register
        self.logger = logger
        let messages = MessageCertificates()
        signing = CertificateTerms { messages.certificates(of: $0) }
    }

    /// Gauges of how many certificates have so many days left, or fewer.
    func show(in metrics: ServiceMetrics) {
        metrics.gauge("home_provider_certificates_sixty_days") { count(shown, .twoMonths) }
        metrics.gauge("home_provider_certificates_thirty_days") { count(shown, .month) }
        metrics.gauge("home_provider_certificates_seven_days") { count(shown, .week) }
        metrics.gauge("home_provider_certificates_expired") { count(shown, .ended) }
        metrics.gauge("home_message_certificates_sixty_days") { count(signing, .twoMonths) }
        metrics.gauge("home_message_certificates_thirty_days") { count(signing, .month) }
        metrics.gauge("home_message_certificates_seven_days") { count(signing, .week) }
        metrics.gauge("home_message_certificates_expired") { count(signing, .ended) }
    }

    /// Looks once an hour until it is cancelled, and tells of each certificate at each of its terms.
    func run() async {
        var (shown, signing) = (self.shown, self.signing)
        repeat {
            let providers = register.all
            for notice in shown.due(providers, at: Date()) {
                tell(
                    notice.term == .ended
                        ? "a provider's certificate has expired" : "a provider's certificate expires soon",
                    notice
                )
            }
            for notice in signing.due(providers, at: Date()) {
                tell(
                    notice.term == .ended
                        ? "a certificate of a provider's signed messages has expired"
                        : "a certificate of a provider's signed messages expires soon",
                    notice
                )
            }
        } while (try? await Task.sleep(for: .seconds(3_600))) != nil
    }

    private func tell(_ message: Logger.Message, _ notice: CertificateTerms.Notice) {
        logger.warning(
            message,
            metadata: [
                "ap_id": "\(notice.provider, as: .applicationProvider)",
                "certificate": "\(notice.certificate.sha256, as: .applicationProvider)",
                "expires": "\(notice.certificate.expires.formatted(.iso8601), as: .open)",
                "within_days": "\(notice.term.rawValue, as: .open)",
                "has_successor": "\(notice.hasSuccessor, as: .open)",
            ]
        )
    }

    private func count(_ terms: CertificateTerms, _ term: CertificateTerms.Term) -> Double {
        Double(terms.count(within: term, register.all, at: Date()))
    }
}
