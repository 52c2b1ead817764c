import Crypto
public import MSSCore

/// What a provider asked of the signer and may be told, as it is kept with its transaction (personIdentity).
public struct PersonQuestion: Sendable, Equatable {
    /// The query's ID, which the answer has again.
    public var id: String
    /// What may be told, in the order of the query, each once.
    public var attributes: [PersonAttribute]
    /// Whether more was asked for, which is not FiCom's or may not be told.
    public var isReduced: Bool
    /// SHA-256 of the signer's certificate: of nobody else anything is told, whoever has the number by then.
    public var signer: [UInt8]

    public init(id: String, attributes: [PersonAttribute], isReduced: Bool, signer: [UInt8]) {
        self.id = id
        self.signer = signer
        self.attributes = attributes
        self.isReduced = isReduced
    }

    /// FiCom 2.1 §5.2: of a consent nothing is told of the person, of an anonymous signature nothing that names them.
    private static let profiles: [String: Set<PersonAttribute>] = [
        "http://mss.ficom.fi/TS102206/v1.0.0/consent-profile.xml": [],
        "http://mss.ficom.fi/TS102206/v1.0.0/anonymous-profile.xml": [.age, .ageClass, .gender],
    ]

    /// - Parameters:
    ///   - query: Of the request; one without names asks for all that may be told.
    ///   - permitted: By the provider's entry.
    ///   - profile: SignatureProfile/mssURI.
    ///   - certificate: The signer's.
    init(_ query: AttributeQuery, permitted: Set<PersonAttribute>, profile: String?, certificate: [UInt8]) {
        let signer = Self.digest(certificate)
        let allowed = profile.flatMap { Self.profiles[$0] }.map { permitted.intersection($0) } ?? permitted
        guard !query.names.isEmpty else {
            let all = PersonAttribute.allCases.filter { allowed.contains($0) }
            self.init(id: query.id, attributes: all, isReduced: allowed != permitted, signer: signer)
            return
        }
        var attributes: [PersonAttribute] = []
        var isReduced = false
        for name in query.names {
            guard let attribute = PersonAttribute(uri: name), allowed.contains(attribute) else {
                isReduced = true
                continue
            }
            if !attributes.contains(attribute) { attributes.append(attribute) }
        }
        self.init(id: query.id, attributes: attributes, isReduced: isReduced, signer: signer)
    }

    /// Whether a certificate is the signer's.
    func isSigner(_ certificate: [UInt8]) -> Bool { Self.digest(certificate) == signer }

    private static func digest(_ certificate: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: certificate)) }
}

extension PersonQuestion {
    /// As a transaction's row holds it.
    public var octets: [UInt8] {
        OctetList.octets(
            of: [Array(id.utf8), [isReduced ? 1 : 0], signer] + attributes.map { Array($0.rawValue.utf8) }
        )
    }

    /// Reads what ``octets`` wrote; `nil` for anything else.
    public init?(_ octets: [UInt8]) {
        guard let parts = OctetList.parts(of: octets), parts.count >= 3,
            let id = String(validating: parts[0], as: UTF8.self), [[0], [1]].contains(parts[1]),
            parts[2].count == SHA256.byteCount
        else { return nil }
        var attributes: [PersonAttribute] = []
        for part in parts.dropFirst(3) {
            guard let name = String(validating: part, as: UTF8.self), let attribute = PersonAttribute(rawValue: name)
            else { return nil }
            attributes.append(attribute)
        }
        self.init(id: id, attributes: attributes, isReduced: parts[1] == [1], signer: parts[2])
    }
}
