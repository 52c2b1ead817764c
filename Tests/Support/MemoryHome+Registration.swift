public import Alauda
public import HomeMSSP
public import MSSCore
import OTA

extension MemoryHome: RegistrationStore {
    public func insertCard(_ card: CardReference, imsi: IMSI, by act: RegistrationAct) async throws(StoreError) {
        try use { state throws(StoreError) in
            let isTaken = state.cards.values.contains {
                $0.reference.iccid == card.iccid || $0.imsi == imsi || $0.reference.msisdn == card.msisdn
            }
            guard !isTaken else { throw .exists("The card, IMSI or MSISDN is registered already.") }
            state.cards[card.msisdn] = Card(reference: card, imsi: imsi)
        }
    }

    public func insertUser(
        _ user: MobileUserCreation,
        serialNumber: String,
        by act: RegistrationAct
    ) async throws(StoreError) {
        try use { state throws(StoreError) in
            guard let card = state.cards[user.msisdn] else { throw .conflict("There is no SIM card.") }
            guard card.person == nil else { throw .exists("There is a mobile user already.") }
            state.cards[user.msisdn]?.person = Person(creation: user, serialNumber: serialNumber, state: .created)
        }
    }

    public func installCertificate(
        _ certificate: [UInt8],
        for msisdn: MSISDN,
        _ use: KeyUse,
        provenKey: [UInt8],
        algorithm: SignatureAlgorithm,
        by act: RegistrationAct
    ) async throws(StoreError) {
        try self.use { state throws(StoreError) in
            guard var person = state.cards[msisdn]?.person,
                person.state == (use == .authentication ? .proven : .active),
                let place = person.keys.firstIndex(where: { $0.reference == use.reference }),
                person.keys[place].publicKey == provenKey, person.keys[place].algorithm == algorithm,
                person.keys[place].certificate == nil
            else { throw .conflict("The mobile user has no proven key that waits for this certificate.") }
            person.keys[place].certificate = certificate
            person.state = .active
            state.cards[msisdn]?.person = person
        }
    }

    public func setNoSpamCode(
        _ code: NoSpamCode?,
        for msisdn: MSISDN,
        by act: RegistrationAct
    ) async throws(StoreError) {
        try use { state throws(StoreError) in
            guard state.cards[msisdn]?.person != nil else { throw .conflict("There is no mobile user.") }
            state.cards[msisdn]?.person?.noSpamCode = code.map { Array($0.text.utf8) }
        }
    }

    public func deactivateUser(_ msisdn: MSISDN, by act: RegistrationAct) async throws(StoreError) {
        try use { state throws(StoreError) in
            guard state.cards[msisdn]?.person != nil else { throw .conflict("There is no mobile user.") }
            state.cards[msisdn]?.person?.state = .inactive
        }
    }
}

extension RegistrationStore {
    /// Certifies a key on P-256; without a use the key that every person has.
    public func installCertificate(
        _ certificate: [UInt8],
        for msisdn: MSISDN,
        _ use: KeyUse = .authentication,
        provenKey: [UInt8],
        by act: RegistrationAct
    ) async throws(StoreError) {
        try await installCertificate(
            certificate,
            for: msisdn,
            use,
            provenKey: provenKey,
            algorithm: .p256,
            by: act
        )
    }
}
