/// What must hold of a content and its form before a user is asked: refused here, it is never signed.
public enum SigningRules {
    /// What stands behind a digest that the card cannot compare with anything it shows.
    public struct DigestGrant: Sendable, Equatable {
        /// The provider's entry allows it digests.
        public var isAllowed: Bool
        /// The request tells the user by a text of its own what is signed.
        public var isDescribed: Bool
        /// The key signs digests and nothing else, for ever (KEYPOL).
        public var keySignsDigestsOnly: Bool

        public init(isAllowed: Bool, isDescribed: Bool, keySignsDigestsOnly: Bool) {
            self.isAllowed = isAllowed
            self.isDescribed = isDescribed
            self.keySignsDigestsOnly = keySignsDigestsOnly
        }
    }

    /// Checks a content and the form in which it is to be signed.
    ///
    /// - Parameters:
    ///   - content: As it would be signed.
    ///   - form: Of the signature.
    ///   - grant: For digests; without one they are refused.
    /// - Throws: 107 for a content that could pass as something else, 101/1017 for a form that it cannot have, 104,
    ///   102/1021 or 404/4042 for a digest that nobody may ask for.
    public static func check(
        _ content: SigningContent,
        form: SigningForm,
        grant: DigestGrant? = nil
    ) throws(MSSFault) {
        if let octets = content.octets, AttributeConfusion.isSetOfAttributes(octets) {
            throw MSSFault(
                .inappropriateData,
                "DataToBeSigned parses as signed attributes of a CMS signature; such content is never signed."
            )
        }
        switch content {
        case .utf8, .gsm: break
        case .ucs2, .binary:
            guard form.attributes != nil else {
                throw MSSFault(
                    .inappropriateData,
                    "Binary and UCS-2 content is signed with signed attributes only."
                )
            }
        case .digest: try checkDigest(form, grant)
        }
        guard form.structure != .pkcs1 || form.attributes == nil else {
            throw MSSFault(.wrongParam, "A PKCS#1 signature has no signed attributes.", specifier: 1017)
        }
    }

    private static func checkDigest(_ form: SigningForm, _ grant: DigestGrant?) throws(MSSFault) {
        guard form.structure == .pkcs1 || (form.structure == .detached && form.attributes != nil) else {
            throw MSSFault(
                .wrongParam,
                "A digest is signed as PKCS#1, or as a detached CMS with signed attributes.",
                specifier: 1017
            )
        }
        guard let grant, grant.isAllowed else {
            throw MSSFault(.unauthorizedAccess, "This provider may not have digests signed.")
        }
        guard grant.isDescribed else {
            throw MSSFault(
                .missingParam,
                "A digest needs DataToBeDisplayed: the user must read what it is of.",
                specifier: 1021
            )
        }
        guard grant.keySignsDigestsOnly else {
            throw MSSFault(.noKeyFound, "The user has no key that signs digests only.", specifier: 4042)
        }
    }
}
