import Alauda
public import Foundation
public import HomeMSSP
public import MSSCore
public import OTA

extension Sample {
    public static var tar: TAR {
        guard let tar = TAR([0xB0, 0x00, 0x10]) else { preconditionFailure("a TAR has three octets") }
        return tar
    }

    public static func randomOctets(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255) }
    }

    /// Records that look like sealed ones and open nothing.
    public static func security(_ iccid: ICCID) -> CardSecurity {
        let records = CardKeyRecord.Domain.allCases.map { domain in
            CardKeyRecord(
                iccid: iccid.description,
                domain: domain,
                keyVersion: 1,
                topKeyVersion: 1,
                keyCheckValue: [1, 2, 3],
                sealed: randomOctets(60)
            )
        }
        return CardSecurity(records: records, tar: tar)
    }

    /// The `number`th card of a test, with numbers of its own.
    public static func card(_ number: Int) -> CardReference {
        let digits = String(format: "%07d", number)
        guard let iccid = ICCID("89358000000" + digits), let msisdn = MSISDN("+35840" + digits) else {
            preconditionFailure("these digits make an ICCID and an MSISDN")
        }
        return CardReference(iccid: iccid, msisdn: msisdn, security: security(iccid))
    }

    public static func imsi(_ number: Int) -> IMSI {
        guard let imsi = IMSI("24491000" + String(format: "%07d", number)) else {
            preconditionFailure("these digits make an IMSI")
        }
        return imsi
    }

    public static func person(_ card: CardReference) -> MobileUserCreation {
        MobileUserCreation(msisdn: card.msisdn, givenName: "Aino", surName: "Virtanen", language: "fi")
    }

    public static func act(for time: Duration = .seconds(20)) -> RegistrationAct {
        RegistrationAct(call: call(through: me, from: ra, for: time))
    }

    /// A signature transaction of a card, as the home would begin it.
    public static func transaction(
        _ card: CardReference,
        for time: TimeInterval = 60,
        content: [UInt8] = Array("Sign this".utf8)
    ) -> CardTransaction {
        let task = SignatureTask(
            provider: apID,
            providerTransaction: "T\(UInt64.random(in: 0...UInt64.max))",
            instant: "2026-01-01T00:00:00Z",
            body: [UInt8](repeating: 7, count: 32),
            acquiringEntity: ae,
            msisdnAsWritten: card.msisdn.description,
            profile: "http://alauda.mobi/digitalSignature",
            content: content,
            validates: true
        )
        return transaction(card, for: time, task: .signature(task))
    }

    public static func keyGeneration(
        _ card: CardReference,
        _ use: KeyUse = .authentication,
        _ algorithm: KeyAlgorithm = .p256,
        for time: TimeInterval = 60
    ) -> CardTransaction {
        let task = KeyGenerationTask(reference: use.reference, algorithm: algorithm.onCard)
        return transaction(card, for: time, task: .keyGeneration(task))
    }

    /// A receipt of a signature, as the home would begin it.
    public static func receipt(
        _ card: CardReference,
        of signature: CardTransaction,
        for time: TimeInterval = 60
    ) -> CardTransaction {
        let task = ReceiptTask(of: signature.id, provider: apID, acquiringEntity: ae)
        return transaction(card, for: time, task: .receipt(task))
    }

    public static var homePrefix: TransactionID.Prefix {
        guard let prefix = TransactionID.Prefix("test") else { preconditionFailure("letters make a prefix") }
        return prefix
    }

    private static func transaction(
        _ card: CardReference,
        for time: TimeInterval,
        task: CardTransaction.Task
    ) -> CardTransaction {
        CardTransaction(
            id: .random(prefix: homePrefix),
            txn: .random(),
            msisdn: card.msisdn,
            iccid: card.iccid,
            deadline: Date(timeIntervalSinceNow: time),
            trace: .random(),
            task: task
        )
    }
}
