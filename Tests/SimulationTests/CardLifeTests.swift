@_spi(KeyMaterial) import Alauda
import Crypto
import CryptoExtras
import Foundation
import OTA
import Testing

@testable import Simulation

/// The worked messages of the profile in file order, taken by one card.
struct CardLifeTests {
    private struct Life: Decodable {
        struct Domain: Decodable { var kic, kid, tar: String }
        struct Applet: Decodable { var root: String }
        struct Side: Decodable {
            var plaintext: String
            var counter: UInt32
            var packet: String
            var userData: [String]
        }
        struct Exchange: Decodable {
            var name: String
            var command: Side
            var answer: Side?
            var refused: String?
        }

        var iccid: String
        var securityDomain: Domain
        var applet: Applet
        var exchanges: [Exchange]
    }

    private struct People: Decodable {
        struct Key: Decodable {
            var key: UInt8
            var algorithm: UInt8
            var `private`, modulus, publicExponent, privateExponent, prime1, prime2: String?
        }

        var keys: [Key]
        var hashed: [String: String]
    }

    private static let pin = "482916"
    private let worked: Life
    private let people: People

    init() throws {
        worked = try Self.read("card-life.json")
        people = try Self.read("user-keys.json")
    }

    private static func read<Content: Decodable>(_ name: String) throws -> Content {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/wpki").appending(path: name)
        return try JSONDecoder().decode(Content.self, from: try Data(contentsOf: path))
    }

    @Test("one card lives through all of them: same counters, same octets where nothing is random")
    func life() throws {
        let record = CardRecord(
            iccid: worked.iccid,
            imsi: "001010000000001",
            msisdn: "358401000001",
            ssd: .init(
                keyVersion: 1,
                kic: worked.securityDomain.kic,
                kid: worked.securityDomain.kid,
                tar: worked.securityDomain.tar
            ),
            wpki: .init(keyVersion: 1, root: worked.applet.root),
            behaviour: .sign,
            verifyCode: "471147"
        )
        var card = try Card(record)
        var sign: [String: [UInt8]] = [:]
        for exchange in worked.exchanges {
            let packet = try answer(to: exchange, &card)
            // Switched off and on again after each: nothing is lost.
            card = try Card(
                record,
                state: try JSONDecoder().decode(CardState.self, from: JSONEncoder().encode(card.state))
            )
            guard let expected = exchange.answer else {
                #expect(packet == nil, "\(exchange.name)")
                continue
            }
            let octets = try #require(packet, "\(exchange.name)")
            let response = try ResponsePacket(octets)
            #expect(try FrameHeader(response.data).counter == expected.counter, "\(exchange.name)")
            #expect(octets.count == expected.packet.utf8.count / 2, "\(exchange.name)")
            let message = try open(response)
            let wanted = try UpMessage(decoding: try #require(Hex.octets(expected.plaintext)))
            #expect(message.kind == wanted.kind && message.status == wanted.status, "\(exchange.name)")
            #expect(message.transaction == wanted.transaction && message.triesLeft == nil, "\(exchange.name)")
            switch exchange.name {
            case "sign-hash3": sign["repeat"] = message.octets
            case "repeat": #expect(message.octets == sign["repeat"])
            case "sign-form81-rsa": #expect(Hex.text(octets) == expected.packet)
            case _ where exchange.refused != nil: #expect(Hex.text(octets) == expected.packet, "\(exchange.name)")
            default: break
            }
            if let hashed = people.hashed[exchange.name] { try check(message, hashed, exchange) }
            if message.kind == .generate { try install(&card, message) }
        }
        #expect(card.state.packetCounter == 0x10F && card.state.faults == 0)
    }

    /// The packet that the card sends; `nil` for silence.
    private func answer(to exchange: Life.Exchange, _ card: inout Card) throws -> [UInt8]? {
        var outcome = Card.Outcome.nothing
        for userData in exchange.command.userData {
            let octets = try #require(Hex.octets(userData))
            outcome = card.receive(octets)
        }
        switch outcome {
        case .nothing: return nil
        case .answer(let segments): return try HomeSide.whole(segments)
        case .ask(let question):
            let reply: Card.Reply =
                if case .generate = question.subject { .activation(code: "471147", pin: Self.pin) } else {
                    .pin(Self.pin)
                }
            let segments = card.answer(question, with: reply)
            return try HomeSide.whole(try #require(segments))
        }
    }

    /// The card's own key gives way to the one that the next worked messages need.
    private func install(_ card: inout Card, _ message: UpMessage) throws {
        let number = try #require(message.transaction.octets.last)
        let key = try #require(people.keys.first { $0.key == number })
        let algorithm = try #require(SignatureAlgorithm(rawValue: key.algorithm))
        #expect(message.publicKey?.count == algorithm.publicKeyLength)
        #expect(message.proof?.count == algorithm.signatureLength)
        card.state.slots[number]?.key = try CardSigningKey(algorithm, octets: try Self.octets(key))
    }

    private static func octets(_ key: People.Key) throws -> [UInt8] {
        if let number = key.private { return try #require(Hex.octets(number)) }
        let texts = [key.modulus, key.publicExponent, key.privateExponent, key.prime1, key.prime2]
        let numbers = texts.compactMap { $0.flatMap { Hex.octets($0) } }.map { Data($0) }
        try #require(numbers.count == texts.count)
        let rsa = try _RSA.Signing.PrivateKey(n: numbers[0], e: numbers[1], d: numbers[2], p: numbers[3], q: numbers[4])
        return [UInt8](rsa.derRepresentation)
    }

    private func check(_ message: UpMessage, _ hashed: String, _ exchange: Life.Exchange) throws {
        guard case .sign(let command) = try DownMessage(decoding: try #require(Hex.octets(exchange.command.plaintext))),
            command.algorithm == .p256
        else { return }
        let number = try #require(people.keys.first { $0.key == command.key }?.private)
        let key = try P256.Signing.PrivateKey(rawRepresentation: try #require(Hex.octets(number))).publicKey
        let signature = try P256.Signing.ECDSASignature(rawRepresentation: try #require(message.signature))
        #expect(key.isValidSignature(signature, for: try #require(Hex.octets(hashed))), "\(exchange.name)")
    }

    private func open(_ packet: ResponsePacket) throws -> UpMessage {
        let keys = try WPKIKeys(
            root: try #require(Hex.octets(worked.applet.root)),
            iccid: try #require(Hex.octets(worked.iccid)),
            keyVersion: 1
        )
        return try UpMessage(decoding: try keys.open(packet.data, direction: .up))
    }
}
