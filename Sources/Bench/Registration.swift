import Foundation

/// Registers cards through the management entity, several at a time.
struct Registration {
    private let client: Client
    private let cards: [Card]
    private let folder: String
    private let importCertificate: String

    init(_ options: Options) throws {
        let pki = try options.text("pki")
        client = try Client(url: options.text("me"), pki: pki, name: "ra-demo", connections: 8)
        cards = try Card.read(options)
        folder = try options.text("cards")
        importCertificate = pki + "/home-import.pem"
    }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var waiting = cards[...]
            for _ in 0..<8 {
                if let card = waiting.popFirst() { group.addTask { try await register(card) } }
            }
            while try await group.next() != nil {
                if let card = waiting.popFirst() { group.addTask { try await register(card) } }
            }
        }
        try await client.shutdown()
    }

    private func register(_ card: Card) async throws {
        let user = "<mreg:MobileUser><mss:MSISDN>\(card.msisdn)</mss:MSISDN></mreg:MobileUser>"
        let sim = """
            <mreg:SimCard><mreg:ICCID>\(card.iccid)</mreg:ICCID><mreg:IMSI>\(card.imsi)</mreg:IMSI>\
            <mreg:MSISDN>\(card.msisdn)</mreg:MSISDN></mreg:SimCard>
            """
        try await call("ImportSimCard", sim, card, [("EncryptedKeys", try envelopedKeys(of: card))])
        try await call(
            "CreateMobileUser",
            user,
            card,
            [("GivenName", "Bench"), ("SurName", "User \(card.msisdn.suffix(4))"), ("Language", "en")]
        )
        try await call("ActivateMobileUser", user, card, [("VerifyCode", card.verifyCode)])
    }

    private func call(_ name: String, _ target: String, _ card: Card, _ parameters: [(String, String)]) async throws {
        let transaction = "R" + card.iccid.suffix(8) + name.prefix(4)
        let envelope = Message.registration(name, target: target, transaction: transaction, parameters: parameters)
        let answer = try await client.post(envelope, to: "MSS_RegistrationPort").text
        guard answer.contains("StatusCode Value=\"100\"") || answer.contains("StatusCode Value=\"408\"") else {
            throw BenchError("\(name) was refused: \(answer.prefix(600))")
        }
    }

    /// The card's keys as the personaliser would deliver them: encrypted to the home by the openssl command.
    private func envelopedKeys(of card: Card) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER", "-in",
            "\(folder)/keys/\(card.iccid).json", "-recip", importCertificate,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let envelope = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0, !envelope.isEmpty else { throw BenchError("openssl cms -encrypt failed") }
        return envelope.base64EncodedString()
    }
}
