import MSSRuntime
import SIMLink

/// The message centres that a configuration names, checked: each error is one line that says which key is wrong.
enum MessageCentreParts {
    static func settings(_ list: MessageCentreList) throws(StartError) -> [SMSCSettings] {
        guard (1...16).contains(list.centres.count) else { throw StartError("smsc: 1 to 16 message centres") }
        var settings: [SMSCSettings] = []
        for centre in list.centres { settings.append(try self.settings(centre)) }
        guard Set(settings.map(\.name)).count == settings.count else {
            throw StartError("smsc.name: two message centres have the same name")
        }
        return settings
    }

    private static func settings(_ centre: MessageCentreConfiguration) throws(StartError) -> SMSCSettings {
        let octets = try SecretFile.read(centre.password.path)
        let text = String(decoding: octets, as: UTF8.self).filter { !$0.isNewline }
        guard let password = SMSCPassword(text) else {
            throw StartError("smsc.password: \(centre.password) must hold 1 to 8 printable characters")
        }
        try check(centre)
        var settings = SMSCSettings(
            host: centre.address.host,
            port: centre.address.port,
            systemID: centre.systemID,
            password: password,
            sourceAddress: centre.sourceAddress
        )
        settings.name = centre.name ?? settings.name
        settings.priority = centre.priority ?? settings.priority
        settings.systemType = centre.systemType ?? settings.systemType
        settings.sourceTypeOfNumber = centre.sourceTypeOfNumber ?? settings.sourceTypeOfNumber
        settings.sourceNumberingPlan = centre.sourceNumberingPlan ?? settings.sourceNumberingPlan
        settings.window = centre.window ?? settings.window
        settings.rate = centre.rate
        settings.esmClass = centre.esmClass ?? settings.esmClass
        settings.dataCoding = centre.dataCoding ?? settings.dataCoding
        settings.protocolID = centre.protocolID ?? settings.protocolID
        settings.receipts = try receipts(centre.receipts) ?? settings.receipts
        settings.enquireInterval = centre.enquireAfter.map { .seconds($0) } ?? settings.enquireInterval
        settings.responseTime = centre.answerWithin.map { .seconds($0) } ?? settings.responseTime
        if let tls = centre.tls { settings.tls = try self.tls(tls) }
        return settings
    }

    private static func check(_ centre: MessageCentreConfiguration) throws(StartError) {
        func check(_ key: String, _ value: Int?, _ range: ClosedRange<Int>) throws(StartError) {
            guard value.map(range.contains) ?? true else {
                throw StartError("smsc.\(key) must be \(range.lowerBound) to \(range.upperBound)")
            }
        }
        try check("window", centre.window, 1...10_000)
        try check("rate", centre.rate, 1...100_000)
        try check("priority", centre.priority, 0...100)
        try check("enquire_after", centre.enquireAfter, 1...3_600)
        try check("answer_within", centre.answerWithin, 1...600)
        guard (1...15).contains(centre.systemID.utf8.count), isPrintable(centre.systemID) else {
            throw StartError("smsc.system_id must have 1 to 15 characters")
        }
        guard (centre.systemType ?? "").utf8.count <= 12, isPrintable(centre.systemType ?? "") else {
            throw StartError("smsc.system_type has at most 12 characters")
        }
        guard (1...20).contains(centre.sourceAddress.utf8.count), isPrintable(centre.sourceAddress) else {
            throw StartError("smsc.source_address must have 1 to 20 characters")
        }
        // Without the mark of a user data header no phone hands the message to its card.
        guard (centre.esmClass ?? 0x40) & 0x40 != 0 else { throw StartError("smsc.esm_class must have bit 40 set") }
        guard let name = centre.name else { return }
        let isName = name.utf8.allSatisfy { octet in
            (0x61...0x7A).contains(octet) || (0x30...0x39).contains(octet) || octet == 0x2D
        }
        guard isName, (1...20).contains(name.utf8.count) else {
            throw StartError("smsc.name must have 1 to 20 small letters, digits or hyphens")
        }
    }

    private static func receipts(_ text: String?) throws(StartError) -> SMSCSettings.Receipts? {
        guard let text else { return nil }
        guard let receipts = SMSCSettings.Receipts(rawValue: text) else {
            throw StartError("smsc.receipts must be none, failures or always")
        }
        return receipts
    }

    private static func tls(_ tls: MessageCentreConfiguration.TLS) throws(StartError) -> SMSCTLS {
        guard (tls.certificate == nil) == (tls.key == nil) else {
            throw StartError("smsc.tls: certificate and key go together")
        }
        let trust = try PublicFile.read(tls.trust.path)
        var credential: (certificate: [UInt8], key: [UInt8])?
        if let certificate = tls.certificate, let key = tls.key {
            credential = (try PublicFile.read(certificate.path), try SecretFile.read(key.path))
        }
        do throws(SMSCTLSError) {
            return try SMSCTLS(trust: trust, serverName: tls.serverName, credential: credential)
        } catch {
            throw StartError("smsc.tls.\(error.part): the file holds nothing that can be used")
        }
    }

    private static func isPrintable(_ text: String) -> Bool { text.utf8.allSatisfy { (0x21..<0x7F).contains($0) } }
}
