public import Alauda
public import MSSCore

/// Keeps cards and people; every change is committed with its audit entry.
public protocol RegistrationStore: Sendable {
    func insertCard(
        _ card: CardReference,
        imsi: IMSI,
        by act: RegistrationAct
    ) async throws(StoreError)

    /// Binds a person to the card of a number.
    func insertUser(
        _ user: MobileUserCreation,
        serialNumber: String,
        by act: RegistrationAct
    ) async throws(StoreError)

    /// Certifies the key of one use, once: the first one makes the person active, the others need an active person.
    func installCertificate(
        _ certificate: [UInt8],
        for msisdn: MSISDN,
        _ use: KeyUse,
        provenKey: [UInt8],
        algorithm: SignatureAlgorithm,
        by act: RegistrationAct
    ) async throws(StoreError)

    /// Gives a person a code against requests of strangers, or takes it.
    func setNoSpamCode(_ code: NoSpamCode?, for msisdn: MSISDN, by act: RegistrationAct) async throws(StoreError)

    func deactivateUser(_ msisdn: MSISDN, by act: RegistrationAct) async throws(StoreError)
}

/// Who does it, under which trace, until when.
public struct RegistrationAct: Sendable {
    public var call: Call

    public init(call: Call) {
        self.call = call
    }
}
