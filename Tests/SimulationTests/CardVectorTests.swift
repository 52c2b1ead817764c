@_spi(KeyMaterial) import Alauda
import Crypto
import Foundation
import OTA
import Testing

@testable import Simulation

/// The worked messages of the profile, as one card's life.
struct CardVectorTests {
    private struct File: Decodable {
        var iccid: String
        var root: String
        var kic: String
        var kid: String
        var tar: String
        var userKeys: [String: String]
        var cases: [Case]
    }

    private struct Case: Decodable {
        var id: String
        var key: String
        var before: [String]?
        var down: [String]
        var transaction: String?
        var status: String?
        var upCounter: UInt32?
        /// What is signed, where the answer is a signature.
        var hashed: String?
        /// The answer's short messages, where they hold no signature.
        var up: [String]?
    }

    private static let file: Result<File, any Error> = Result {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/wpki/card-answers.json")
        return try JSONDecoder().decode(File.self, from: try Data(contentsOf: path))
    }

    private let file: File
    private let slots: [UInt8: CardSlot]

    init() throws {
        file = try Self.file.get()
        try #require(file.cases.count == 8)
        var slots: [UInt8: CardSlot] = [:]
        for (name, key) in file.userKeys {
            let octets = try #require(Hex.octets(key))
            let number = try #require(UInt8(name, radix: 16))
            slots[number] = CardSlot(try CardSigningKey(.p256, octets: octets), pin: "4711", tries: 3)
        }
        self.slots = slots
    }

    @Test("a worked message is answered as the profile says, octet for octet where nothing is random", arguments: 0..<8)
    func answer(_ index: Int) throws {
        let example = file.cases[index]
        var card = try card(upCounter: (example.upCounter ?? 1) - 1)
        // What is replayed must have been there.
        if let before = example.before { _ = take(try octets(before), &card) }
        try check(example, &card)
    }

    private func check(_ example: Case, _ card: inout Card) throws {
        let outcome = take(try octets(example.down), &card)
        guard example.status != nil else {
            #expect(outcome.isSilence)
            return
        }
        if let up = example.up {
            #expect(outcome.answer == (try octets(up)))
            return
        }
        let segments = card.answer(try #require(outcome.question), with: .pin("4711"))
        let packet = try ResponsePacket(try HomeSide.whole(try #require(segments)))
        let message = try UpMessage(decoding: try keys().open(packet.data, direction: .up))
        #expect(try FrameHeader(packet.data).counter == example.upCounter)
        #expect(Hex.text(message.transaction.octets) == example.transaction)
        let number = try #require(UInt8(example.key, radix: 16))
        let key = try P256.Signing.PublicKey(x963Representation: try #require(slots[number]).key.publicKey())
        let signature = try P256.Signing.ECDSASignature(rawRepresentation: try #require(message.signature))
        let hashed = try #require(example.hashed.flatMap { Hex.octets($0) })
        #expect(key.isValidSignature(signature, for: hashed))
    }

    private func take(_ segments: [[UInt8]], _ card: inout Card) -> Card.Outcome {
        segments.reduce(.nothing) { _, segment in card.receive(segment) }
    }

    private func card(upCounter: UInt32) throws -> Card {
        try Card(
            CardRecord(
                iccid: file.iccid,
                imsi: "001010000000001",
                msisdn: "358401000001",
                ssd: .init(keyVersion: 1, kic: file.kic, kid: file.kid, tar: file.tar),
                wpki: .init(keyVersion: 1, root: file.root),
                behaviour: .sign,
                verifyCode: "471147"
            ),
            keys: slots,
            upCounter: upCounter
        )
    }

    private func keys() throws -> WPKIKeys {
        try WPKIKeys(
            root: try #require(Hex.octets(file.root)),
            iccid: try #require(Hex.octets(file.iccid)),
            keyVersion: 1
        )
    }

    private func octets(_ texts: [String]) throws -> [[UInt8]] {
        try texts.map { try #require(Hex.octets($0)) }
    }
}
