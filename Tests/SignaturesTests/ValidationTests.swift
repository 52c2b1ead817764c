import Alauda
import Crypto
import Foundation
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@testable import HomeMSSPService
@testable import Signatures

/// Each row of docs/signatures.md, "Validation", by a home whose lists and answers openssl makes: lists come from a file
/// and over HTTP, answers from `openssl ocsp`, all of them while the user types the PIN.
@Suite("A signature that is to be validated")
struct ValidationTests {
    private let ca: UserCA
    private let user: User
    private let fetches = Fetches()

    init() async throws {
        (ca, user) = try await UserCA.withUser()
    }

    /// Where the proof comes from.
    enum Source: CaseIterable, Sendable {
        case file, http, ocsp
    }

    @Test("is 502 where a list or an answer says that the certificate stands", arguments: Source.allCases)
    func good(_ source: Source) async throws {
        try await asking(source) { authority in
            let told = try await validated(user, by: authority)
            #expect(told == "502")
        }
    }

    @Test("is 500 and 423 where there is neither list nor answer, or where they cannot be fetched")
    func unproven() async throws {
        for list in [nil, "missing.pem"] {
            let authority = try ca.authority(list: list)
            #expect(try await validated(user, by: authority, waits: .zero) == "500/423")
        }
        let away = "http://127.0.0.1:\(try FreePort.next())/"
        for sources in [fetches.sources(lists: [away]), fetches.sources(responders: [away])] {
            #expect(try await validated(user, by: try ca.authority(sources), waits: .milliseconds(300)) == "500/423")
        }
        await fetches.close()
    }

    @Test("is 500 and 424 where the list has expired", arguments: [Source.file, .http])
    func stale(_ source: Source) async throws {
        let past = ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z"]
        try await asking(source, times: past) { authority in
            let told = try await validated(user, by: authority)
            #expect(told == "500/424")
        }
    }

    @Test(
        "is 501 where the certificate was revoked or suspended meanwhile; known before, nobody is asked",
        arguments: Source.allCases,
        [("keyCompromise", "425"), ("certificateHold", "403")]
    )
    func revoked(_ source: Source, _ reason: (name: String, fault: String)) async throws {
        if source == .file {
            try await asking(source) { authority in
                let verdict = try await validated(user, by: authority) {
                    try await ca.revoke("user", reason: reason.name)
                    try await ca.list()
                }
                #expect(verdict == "501")
                #expect(try await validated(user, by: authority) == reason.fault)
            }
        } else {
            // Revoked already: at first the home has not heard of it, when the PIN is typed it has.
            try await ca.revoke("user", reason: reason.name)
            try await asking(source) { authority in
                let told = try await validated(user, by: authority)
                #expect(told == "501")
                #expect(try await validated(user, by: authority) == reason.fault)
            }
        }
    }

    @Test("is 503 where the certificate expired meanwhile; expired before or not valid yet, nobody is asked: 422")
    func expired() async throws {
        let end = Date().addingTimeInterval(4).timeIntervalSince1970.rounded(.up)
        let brief = try await ca.user("brief", until: Date(timeIntervalSince1970: end))
        try await ca.list()
        let authority = try ca.authority()
        let verdict = try await validated(brief, by: authority) {
            let left = end + 1 - Date().timeIntervalSince1970
            try await Task.sleep(for: .seconds(left))
        }
        #expect(verdict == "503")
        #expect(try await validated(brief, by: authority) == "422")
        let early = try await ca.user("early", from: Date() + 3_600, until: Date() + 7_200)
        #expect(try await validated(early, by: authority) == "422")
    }

    @Test("is never asked for where the certificate is by another CA, or for another use: 425")
    func foreign() async throws {
        try await ca.list()
        let stranger = try await ca.user("foreign", by: "stranger")
        #expect(try await validated(stranger, by: try ca.authority()) == "425")
        #expect(try await validated(try await ca.read("ca"), by: try ca.authority()) == "425")
    }

    @Test("is 505 where the certificate is of no policy that is asked for, or of one for tests")
    func policies() async throws {
        try await ca.list()
        let tested = try await ca.user("tested", policy: "1.2.3.4", until: Date() + 7_200)
        for (constraints, user, expected) in [
            (UserAuthority.Constraints(policies: ["1.2.3"]), user, "505"),
            (UserAuthority.Constraints(testPolicies: ["1.2.3.4"]), tested, "505"),
            (UserAuthority.Constraints(policies: ["1.2.3.4"]), tested, "502"),
        ] {
            let authority = try UserAuthority(
                anchors: try ca.pki.octets("ca.pem"),
                revocationList: ca.pki.path("crl.pem"),
                constraints: constraints
            )
            #expect(try await validated(user, by: authority) == expected)
        }
    }
}

extension ValidationTests {
    /// Runs the body with an authority that has its proofs from a source.
    private func asking(
        _ source: Source,
        times: [String] = ["-crldays", "1"],
        _ body: (UserAuthority) async throws -> Void
    ) async throws {
        try await ca.list(times: times)
        switch source {
        case .file: try await body(try ca.authority())
        case .http:
            let site = Site()
            site.give(try await ca.pki.openssl.run(["crl", "-in", "crl.pem", "-outform", "DER"]).standardOutput)
            try await site.serve { url in try await body(try ca.authority(fetches.sources(lists: [url]))) }
        case .ocsp:
            let responder = try await Responder(ca.pki)
            defer { responder.stop() }
            try await body(try ca.authority(fetches.sources(responders: [responder.url])))
        }
        await fetches.close()
    }

    /// Has a text signed, to be validated: the status with the validate service's own code, or the fault.
    ///
    /// - Parameters:
    ///   - user: Whose card it is.
    ///   - authority: Fetches what it misses while this runs.
    ///   - time: How long the user takes at most; less if the proof has come.
    ///   - meanwhile: What happens before the card signs.
    /// - Returns: What the provider is told, which a status query must repeat.
    /// - Throws: What the test's own parts throw.
    private func validated(
        _ user: User,
        by authority: UserAuthority,
        waits time: Duration = .seconds(5),
        meanwhile: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> String? {
        let evidence = CMSEvidence(authority: authority)
        let stage = try await Stage.withSigner(judge: evidence, key: user.publicKey, certificate: user.der)
        let raw = Array(try user.key.signature(for: Attributes.set(of: Array("Sign this".utf8))).rawRepresentation)
        let isFetching = evidence.verdict(on: user.der).problem == .crlProblem
        // Nothing is fetched before the phone has the text: whatever was known then is the admission's.
        let sent = AsyncStream<Void>.makeStream()
        stage.channel.whenSent { _ in
            sent.continuation.yield()
            do { try await meanwhile() } catch { Issue.record(error) }
            let end = ContinuousClock.now + time
            while isFetching, evidence.verdict(on: user.der).problem == .crlProblem, .now < end {
                try? await Task.sleep(for: .milliseconds(20))
            }
            await stage.receive(.ok, signature: raw)
        }
        var request = Sample.signature(msisdn: stage.card.msisdn.description)
        request.additionalServices = [AdditionalService(uri: AdditionalService.validate)]
        let asked = request
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in sent.stream { break }
                await authority.run()
            }
            defer { group.cancelAll() }
            do {
                let answer = try await stage.sign(asked)
                let later = try await stage.status(answer.transactionID)
                #expect(answer.signature != nil && later.signature == answer.signature)
                #expect(later.status == answer.status && later.serviceResponses == answer.serviceResponses)
                let problems = answer.serviceResponses.compactMap { response in
                    if case .status(let code) = response.content { code.rawValue } else { nil as Int? }
                }
                let codes = [answer.status.rawValue] + problems
                return codes.map { "\($0)" }.joined(separator: "/")
            } catch let fault as MSSFault { return "\(fault.code.rawValue)" }
        }
    }
}
