/// How a signature is made of stored octets: what they are, and the form.
///
/// It is kept with the transaction, so that any process of the home can finish what the card answers.
public struct SigningManner: Sendable, Equatable {
    /// What the octets are; see ``SigningContent``.
    public enum Kind: UInt8, Sendable, CaseIterable {
        case utf8 = 1
        case gsm = 2
        case ucs2 = 3
        case binary = 4
        case digest = 5
    }

    public var kind: Kind
    public var form: SigningForm
    /// Whether the provider is given the signer's certificate beside a signature value (fi:PKCS1).
    public var bringsCertificate: Bool

    public init(kind: Kind, form: SigningForm, bringsCertificate: Bool = false) {
        self.kind = kind
        self.form = form
        self.bringsCertificate = bringsCertificate
    }

    /// Text in UTF-8 that was shown, attached, with the two mandatory attributes.
    public static let text = SigningManner(kind: .utf8, form: .standard)

    /// Stored octets as the content that they are.
    public func content(_ octets: [UInt8]) -> SigningContent {
        switch kind {
        case .utf8: .utf8(octets)
        case .gsm: .gsm(octets)
        case .ucs2: .ucs2(octets)
        case .binary: .binary(octets)
        case .digest: .digest(octets)
        }
    }
}

extension SigningManner {
    private static let structures: [(UInt8, SigningForm.Structure)] = [(1, .attached), (2, .detached), (3, .pkcs1)]
    /// In the place of a structure: a signature value with its certificate beside it.
    private static let certified: UInt8 = 4

    /// Kind, structure, and where attributes are signed the length of MID in two octets, MID and EXTRA.
    public var octets: [UInt8] {
        guard !bringsCertificate else { return [kind.rawValue, Self.certified] }
        let structure = Self.structures.first { $0.1 == form.structure }?.0 ?? 0
        guard let added = form.attributes else { return [kind.rawValue, structure] }
        let length = UInt16(clamping: added.mid.count)
        return [kind.rawValue, structure, UInt8(length >> 8), UInt8(length & 0xFF)] + added.mid + added.extra
    }

    /// Reads what ``octets`` wrote; `nil` for anything else.
    public init?(_ octets: [UInt8]) {
        guard octets.count == 2 || octets.count >= 4, let kind = Kind(rawValue: octets[0]) else { return nil }
        if octets[1] == Self.certified {
            guard octets.count == 2 else { return nil }
            self.init(kind: kind, form: .pkcs1, bringsCertificate: true)
            return
        }
        guard let structure = Self.structures.first(where: { $0.0 == octets[1] })?.1 else { return nil }
        guard octets.count >= 4 else {
            self.init(kind: kind, form: SigningForm(structure: structure, attributes: nil))
            return
        }
        let length = Int(octets[2]) << 8 | Int(octets[3])
        guard octets.count >= 4 + length else { return nil }
        let added = AddedAttributes(
            mid: Array(octets[4..<(4 + length)]),
            extra: Array(octets[(4 + length)...])
        )
        self.init(kind: kind, form: SigningForm(structure: structure, attributes: added))
    }
}
