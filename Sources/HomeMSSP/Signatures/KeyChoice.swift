import Alauda
import MSSCore

/// Which of a person's keys a request is signed with.
enum KeyChoice {
    /// The profiles of this platform, and the key that serves each.
    static let profiles: [String: KeyUse] = [
        "http://alauda.mobi/digitalSignature": .authentication,
        "http://mss.ficom.fi/TS102206/v1.0.0/authentication-profile.xml": .authentication,
        "http://mid.swisscom.ch/MID/v1/AuthProfile1": .authentication,
        "http://mid.swisscom.ch/Any-LoA4": .authentication,
        "http://mid.swisscom.ch/STK-LoA4": .authentication,
        "http://alauda.mobi/nonRepudiation": .nonRepudiation,
        "http://mss.ficom.fi/TS102206/v1.0.0/signature-profile.xml": .nonRepudiation,
        "http://mss.ficom.fi/TS102206/v1.0.0/digestive-signature-profile.xml": .digests,
    ]

    /// The profiles that a key of this use serves, in their order.
    static func profiles(of use: KeyUse) -> [String] { profiles.filter { $0.value == use }.keys.sorted() }

    /// The use that a request asks for: its profile's, or without one what its content needs.
    ///
    /// - Parameters:
    ///   - profile: SignatureProfile/mssURI.
    ///   - isUnseen: Whether the phone does not show what is signed.
    /// - Returns: The use of the key.
    /// - Throws: 109 for another platform's profile; 404/4042 where the profile's key does not sign such content.
    static func use(_ profile: String?, isUnseen: Bool) throws(MSSFault) -> KeyUse {
        guard let profile else { return isUnseen ? .digests : .authentication }
        guard let use = profiles[profile] else {
            throw MSSFault(.unsupportedProfile, "SignatureProfile is not one of this platform's.")
        }
        guard (use == .digests) == isUnseen else {
            throw MSSFault(
                .noKeyFound,
                isUnseen
                    ? "The profile's key signs only what the phone shows: leave SignatureProfile out."
                    : "The profile's key signs digests and nothing else.",
                specifier: 4042
            )
        }
        return use
    }

    /// Whether a provider that names no profile may have the one that this platform chooses.
    ///
    /// - Throws: 104/1044 if none of the use's profiles is one of its entry's.
    static func checkDefault(_ use: KeyUse, of provider: ApplicationProvider) throws(MSSFault) {
        guard let allowed = provider.allowance.signatureProfiles, allowed.isDisjoint(with: profiles(of: use)) else {
            return
        }
        throw MSSFault(
            .unauthorizedAccess,
            "Without SignatureProfile the request is for one that this provider may not ask for: name it.",
            specifier: 1044
        )
    }

    /// The person's certified key for a use.
    ///
    /// - Throws: 404/4041 if they have none; 404/4042 if it is for digests that are asked for.
    static func key(for use: KeyUse, of subscriber: Subscriber) throws(MSSFault) -> (SubscriberKey, [UInt8]) {
        guard let key = subscriber.key(use), let certificate = key.certificate, key.policy == use.policy else {
            guard use == .digests else {
                throw MSSFault(.noKeyFound, "The user has no key for this profile.", specifier: 4041)
            }
            throw MSSFault(.noKeyFound, "The user has no key that signs digests only.", specifier: 4042)
        }
        return (key, certificate)
    }
}
