import AE
import MSSCore
import MSSTestSupport
import Synchronization
import Testing

@Suite("The look-up of a certificate")
struct CertificateLookUpTests {
    private static func certificate(_ der: [UInt8], _ state: ProfileResponse.State?) -> ProfileResponse.Certificate {
        ProfileResponse.Certificate(
            der: der,
            subject: "CN=Aino",
            state: state,
            algorithm: "P-256",
            signatureProfiles: []
        )
    }

    private func ask(
        _ certificates: [ProfileResponse.Certificate],
        msisdn: String = "+358401234567",
        as peer: PeerIdentity = Sample.ap,
        _ change: (inout ApplicationProvider) -> Void = { $0.readsProfiles = true }
    ) async throws -> (Result<CertificateResponse, MSSFault>, [Call]) {
        var provider = Sample.provider
        change(&provider)
        let home = try RecordingHome([provider])
        home.certificates.withLock { $0 = certificates }
        let (entity, cache) = try home.entity()
        await cache.pull()
        let request = CertificateRequest(header: Sample.header(), mobileUser: MobileUser(msisdn: msisdn))
        let result: Result<CertificateResponse, MSSFault>
        do throws(MSSFault) { result = .success(try await entity.certificate(request, Sample.call(peer))) } catch {
            result = .failure(error)
        }
        return (result, home.calls.withLock { $0 })
    }

    @Test("tells the first one that is good now")
    func first() async throws {
        let all = [Self.certificate([1], .inactive), Self.certificate([2], .active), Self.certificate([3], .active)]
        let (answer, calls) = try await ask(all)
        #expect(try answer.get().certificate == [2])
        #expect(calls.map(\.origin) == [Sample.ap])
        for none in [[], [Self.certificate([1], .inactive)], [Self.certificate([1], nil)]] {
            let (answer, _) = try await ask(none)
            #expect(throws: MSSFault(.noCertificateFound, "The user has no certificate that is good now.")) {
                try answer.get()
            }
        }
    }

    @Test("is refused without the entitlement, whoever is asked for, and the home hears nothing of it")
    func entitlement() async throws {
        for msisdn in ["+358401234567", "+358409999999", "nobody"] {
            let (answer, calls) = try await ask([Self.certificate([1], .active)], msisdn: msisdn) { _ in }
            #expect(throws: MSSFault.self) { try answer.get() }
            guard case .failure(let fault) = answer else { continue }
            #expect(fault.code == .unauthorizedAccess && fault.specifier == nil && calls.isEmpty)
        }
        let (ranged, calls) = try await ask([Self.certificate([1], .active)]) {
            $0.readsProfiles = true
            $0.allowance.numbers = [.prefix("46")]
        }
        #expect(throws: MSSFault.self) { try ranged.get() }
        let (stranger, none) = try await ask([Self.certificate([1], .active)], as: Sample.ra)
        #expect(throws: MSSFault.self) { try stranger.get() }
        #expect(calls.isEmpty && none.isEmpty)
    }
}
