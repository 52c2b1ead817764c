import CLibCrypto

public import struct Foundation.Date

#if canImport(Glibc)
import Glibc
#endif

/// The CA of the users' certificates: decides whether one of them is to be trusted now.
///
/// Look-ups are made from what is here, and never wait. ``run()`` fetches what they miss, if there are sources.
public final class UserAuthority: Sendable {
    /// What can be said of a certificate.
    public enum Validity: Sendable, Equatable {
        case valid
        case revoked
        /// On hold: as good as revoked while it lasts.
        case suspended
        case expired
        /// Valid as far as is known, but there is no revocation list and no answer of a responder to prove it.
        case noFreshProof
        /// The same, but the proof that there is has expired.
        case staleProof
        /// Valid, but not under the policies that this platform asks for.
        case constraintMismatch
        case invalid
    }

    /// What a valid certificate must have besides.
    public struct Constraints: Sendable, Equatable {
        /// One of these certificate policies; empty asks for none.
        public var policies: Set<String>
        /// None of these, which mark certificates for tests.
        public var testPolicies: Set<String>

        public init(policies: Set<String> = [], testPolicies: Set<String> = []) {
            self.policies = policies
            self.testPolicies = testPolicies
        }
    }

    private let store: TrustStore
    private let file: RevocationFile?
    private let cache: RevocationCache?
    private let paths: CertificatePaths
    private let constraints: Constraints
    /// Lists and answers that were kept; empty where the present is asked about.
    private let archived: (lists: [RevocationList], answers: [[UInt8]])

    /// Trusts the CA, or CAs, of a file.
    ///
    /// - Parameters:
    ///   - pem: Certificates of the user CA, of every one of them if there are more, and of the CAs between.
    ///   - revocationList: Path of the CA's revocation list, PEM or DER; read again when the file changes.
    ///   - sources: Where revocation is fetched; `nil` fetches nothing.
    ///   - constraints: What a valid certificate must have besides.
    /// - Throws: ``SignatureError`` if the text holds no certificate.
    public init(
        anchors pem: [UInt8],
        revocationList: String?,
        sources: RevocationSources? = nil,
        constraints: Constraints = Constraints()
    ) throws(SignatureError) {
        defer { ERR_clear_error() }
        let issuers = LibCrypto.certificates(pem: pem).map { ParsedCertificate(owning: $0) }
        guard !issuers.isEmpty else { throw SignatureError("the user CA's file holds no PEM certificate") }
        guard let store = TrustStore() else { throw SignatureError("out of memory") }
        for issuer in issuers { issuer.use { _ = X509_STORE_add_cert(store.pointer, $0) } }
        self.store = store
        self.constraints = constraints
        archived = ([], [])
        let file = revocationList.map { RevocationFile(path: $0, issuers: issuers) }
        self.file = file
        cache = sources.map { sources in
            RevocationCache(sources, issuers: issuers) { question, octets, date in
                question.answer(
                    octets,
                    store: store.pointer,
                    nonce: sources.requiresNonce ? .required : .optional,
                    isRevoked: { file?.current?.verdict(serialNumber: $0) ?? .good != .good },
                    at: date
                )
            }
        }
        let responders = sources?.responders ?? []
        paths = CertificatePaths { certificate, identity in
            CertificatePath(certificate, identity: identity, store: store.pointer, responders: responders)
        }
    }

    /// Judges by kept proofs alone, as at a date in the past.
    ///
    /// - Parameters:
    ///   - pem: Certificates of the user CA, and of the CAs between.
    ///   - proofs: Lists and answers as they were kept.
    ///   - date: Of the judgement.
    /// - Throws: ``SignatureError`` if the text holds no certificate.
    @_spi(Archive)
    public init(anchors pem: [UInt8], archived proofs: [RevocationProof], at date: Date) throws(SignatureError) {
        defer { ERR_clear_error() }
        let issuers = LibCrypto.certificates(pem: pem).map { ParsedCertificate(owning: $0) }
        guard !issuers.isEmpty else { throw SignatureError("the anchors' file holds no PEM certificate") }
        guard let store = TrustStore() else { throw SignatureError("out of memory") }
        for issuer in issuers { issuer.use { _ = X509_STORE_add_cert(store.pointer, $0) } }
        // A responder's certificate must have been valid then, not now.
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.pointer), time_t(date.timeIntervalSince1970))
        self.store = store
        constraints = Constraints()
        file = nil
        cache = nil
        archived = proofs.reduce(into: ([], [])) { archived, proof in
            switch proof {
            case .answer(let der): archived.1.append(der)
            case .list(let der): if let list = RevocationList(der, issuers: issuers) { archived.0.append(list) }
            }
        }
        paths = CertificatePaths(most: 1) { certificate, identity in
            CertificatePath(certificate, identity: identity, store: store.pointer, responders: [])
        }
    }

    /// Fetches what look-ups miss and what grows old, until it is cancelled; without sources it only waits for that.
    public func run() async {
        await cache?.run()
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
    }

    /// Fetches once what is due at a date, and returns when all of it has come or failed.
    public func refresh(at date: Date = Date()) async {
        await cache?.refresh(at: date)
    }

    /// Path to the user CA, time, revocation of each certificate of the path, and the platform's own conditions.
    public func validity(of certificate: [UInt8], at date: Date = Date()) -> Validity {
        guard let path = paths.path(of: certificate) else { return .invalid }
        guard path.notBefore <= date, path.notAfter >= date else { return .expired }
        // The worst that is said of any certificate of the path.
        var worst: Validity = .valid
        for link in path.links {
            switch standing(of: link, at: date) {
            case .revoked: return .revoked
            case .suspended: worst = .suspended
            case .noFreshProof where worst != .suspended: worst = .noFreshProof
            case .staleProof where worst == .valid: worst = .staleProof
            default: break
            }
        }
        guard worst == .valid else { return worst }
        guard constraints.policies.isEmpty || !constraints.policies.isDisjoint(with: path.policies),
            constraints.testPolicies.isDisjoint(with: path.policies)
        else { return .constraintMismatch }
        return .valid
    }

    /// Certificates between this one and the root, in DER: they go into the signature with it.
    public func intermediates(of certificate: [UInt8]) -> [[UInt8]] {
        paths.path(of: certificate)?.intermediates ?? []
    }

    /// The certificates above this one, the root's included: each in DER, and the name in it (RFC 4514, its last part
    /// first).
    public func issuers(of certificate: [UInt8]) -> [(der: [UInt8], subject: String)] {
        paths.path(of: certificate)?.links.map { ($0.issuer.der, $0.issuer.subjectText) } ?? []
    }

    /// The lists and answers that speak for a certificate and those above it, in DER, as they stand.
    public func proofs(of certificate: [UInt8]) -> [RevocationProof] {
        guard let path = paths.path(of: certificate) else { return [] }
        return path.links.flatMap { link in
            let answers = cache?.answer(about: link).map { [RevocationProof.answer($0.der)] } ?? []
            return answers + lists(for: link).map { .list($0.der) }
        }
    }

    /// The same by name, each with a way to its octets: most are kept already, and a list may be large.
    public func namedProofs(of certificate: [UInt8]) -> [NamedProof] {
        guard let path = paths.path(of: certificate) else { return [] }
        return path.links.flatMap { link in
            let answers = cache?.answer(about: link).map { answer in
                [NamedProof(kind: .answer, digest: MessageDigest.sha256(answer.der)) { answer.der }]
            }
            return (answers ?? [])
                + lists(for: link).map { list in
                    NamedProof(kind: .list, digest: list.digest) { list.der }
                }
        }
    }

    /// Checks a new certificate: by this CA, valid now, for this key and these names, to sign.
    public func check(
        _ certificate: [UInt8],
        publicKey: [UInt8],
        commonName: String,
        serialNumber: String
    ) throws(SignatureError) {
        defer { ERR_clear_error() }
        guard try UserCertificate(der: certificate).publicKey == publicKey else {
            throw SignatureError("the certificate is for another key")
        }
        guard let parsed = ParsedCertificate(der: certificate) else {
            throw SignatureError("the certificate is not well-formed")
        }
        guard parsed.use(CertificatePath.isForSignatures) else {
            throw SignatureError("the certificate is not for a user's signatures")
        }
        let now = Date()
        guard let path = paths.path(of: certificate), path.notBefore <= now, path.notAfter >= now else {
            throw SignatureError("the certificate is not by the user CA, or not valid now")
        }
        guard parsed.use({ Self.isSubject(of: $0, commonName, serialNumber) }) else {
            throw SignatureError("the certificate is for another subject")
        }
    }
}

/// Anchors, and the CAs below them; made once and only read, and libcrypto locks it itself.
final class TrustStore: @unchecked Sendable {
    let pointer: OpaquePointer

    init?() {
        guard let pointer = X509_STORE_new() else { return nil }
        self.pointer = pointer
    }

    /// With one anchor.
    convenience init?(_ certificate: OpaquePointer) {
        self.init()
        guard X509_STORE_add_cert(pointer, certificate) == 1 else { return nil }
    }

    deinit { X509_STORE_free(pointer) }
}

extension UserAuthority {
    private func lists(for link: StatusSubject) -> [RevocationList] {
        let issuer = link.issuer.subject
        let lists = [file?.current, cache?.list(by: issuer)].compactMap { $0 } + archived.lists
        return lists.filter { $0.issuer == issuer }
    }

    /// What all lists and answers say together: revoked is revoked, however old what says so; a hold lasts until
    /// something newer says otherwise.
    private func standing(of link: StatusSubject, at date: Date) -> Validity {
        var said: [(verdict: RevocationVerdict, from: Date, isFresh: Bool)] = lists(for: link).map { list in
            let isFresh = list.thisUpdate <= date && list.nextUpdate.map { $0 > date } ?? false
            return (list.verdict(serialNumber: link.serialNumber), list.thisUpdate, isFresh)
        }
        let kept = archived.answers.compactMap { octets in
            StatusQuestion(link)?.answer(
                octets,
                store: store.pointer,
                nonce: .ignored,
                isRevoked: { number in self.archived.lists.contains { $0.verdict(serialNumber: number) != .good } },
                at: date
            )
        }
        for answer in [cache?.answer(about: link)].compactMap({ $0 }) + kept {
            let isFresh = answer.thisUpdate <= date.addingTimeInterval(StatusAnswer.skew) && answer.until > date
            said.append((answer.verdict, answer.thisUpdate, isFresh))
        }
        guard let newest = said.max(by: { $0.from < $1.from }) else { return .noFreshProof }
        if said.contains(where: { $0.verdict == .revoked }) { return .revoked }
        if newest.verdict == .onHold { return .suspended }
        return said.contains { $0.verdict == .good && $0.isFresh } ? .valid : .staleProof
    }

    /// Whether the subject is these two names and nothing else.
    private static func isSubject(of certificate: OpaquePointer, _ commonName: String, _ serialNumber: String) -> Bool {
        let subject = X509_get_subject_name(certificate)
        return X509_NAME_entry_count(subject) == 2 && entry(subject, NID_commonName) == commonName
            && entry(subject, NID_serialNumber) == serialNumber
    }

    private static func entry(_ name: OpaquePointer?, _ identifier: Int32) -> String? {
        let index = X509_NAME_get_index_by_NID(name, identifier, -1)
        guard index >= 0, let entry = X509_NAME_get_entry(name, index),
            let data = X509_NAME_ENTRY_get_data(entry)
        else { return nil }
        var text: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&text, data)
        guard length >= 0, let text else { return nil }
        defer { CRYPTO_free(text, nil, 0) }
        return String(validating: UnsafeBufferPointer(start: text, count: Int(length)), as: UTF8.self)
    }
}
