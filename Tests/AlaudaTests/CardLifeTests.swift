@_spi(KeyMaterial) import Alauda
import Crypto
import MSSTestSupport
@_spi(KeyMaterial) import OTA
import Testing

@Suite("The worked messages of a card's life")
struct CardLifeTests {
    private let life: CardLife

    init() throws {
        life = try CardLife.read()
    }

    private static let exchanges = (try? CardLife.read().exchanges) ?? []
    /// Authentic octets that a card refuses as malformed.
    private static let refused = ["refuse-hash-and-form", "refuse-extra-digest"]

    @Test("are sealed and opened frame by frame, in both directions", arguments: exchanges)
    func frames(_ exchange: CardLife.Exchange) throws {
        let keys = try life.keys()
        let sides = [(exchange.command, Direction.down)] + (exchange.answer.map { [($0, Direction.up)] } ?? [])
        for (side, direction) in sides {
            let header = try FrameHeader(side.frame.octets)
            #expect(header.direction == direction && header.keyVersion == 1 && header.counter == side.counter)
            let sealed = try keys.seal(side.plaintext.octets, counter: side.counter, direction: direction)
            guard exchange.name != "refuse-mac" else {
                #expect(Array(sealed.dropLast(8)) == Array(side.frame.octets.dropLast(8)))
                #expect(throws: WPKIError.notAuthentic) { try keys.open(side.frame.octets, direction: direction) }
                continue
            }
            #expect(sealed == side.frame.octets)
            #expect(try keys.open(side.frame.octets, direction: direction) == side.plaintext.octets)
        }
    }

    @Test("travel in the packets and short messages that were worked out", arguments: exchanges)
    func packets(_ exchange: CardLife.Exchange) throws {
        let domain = life.securityDomain
        let keyset = try OTAKeyset(kic: domain.kic.octets, kid: domain.kid.octets)
        let key = KeyIndication.aes(keyVersion: domain.keyVersion)
        let tar = try #require(TAR(domain.tar.octets))
        let command = CommandPacket(
            header: CommandPacket.Header(spi: .secured, kic: key, kid: key, tar: tar),
            data: exchange.command.frame.octets
        )
        let counter = exchange.command.packetCounter.number
        let sealed = try SealedCommand(command, under: keyset, counter: counter)
        #expect(sealed.packet == exchange.command.packet.octets)
        let profile = try CardProfile(algorithm: .aes128, keyVersion: domain.keyVersion)
        let opened = try OpenedCommand(exchange.command.packet.octets, profile: profile, under: keyset)
        #expect(opened.packet == command && opened.counter == counter)
        let down = exchange.command.userData.map(\.octets)
        #expect(try sealed.segments(reference: Self.reference(down)) == down)

        guard let answer = exchange.answer else { return }
        let response = ResponsePacket(tar: tar, counter: counter, status: 0, data: answer.frame.octets)
        #expect(response.octets == answer.packet.octets)
        #expect(try ResponsePacket(answer.packet.octets) == response)
        let up = answer.userData.map(\.octets)
        #expect(try response.segments(reference: Self.reference(up)) == up)
        #expect(try Self.whole(up) == answer.packet.octets)
    }

    @Test("are read as commands and written again octet for octet", arguments: exchanges)
    func commands(_ exchange: CardLife.Exchange) throws {
        let plaintext = exchange.command.plaintext.octets
        guard !Self.refused.contains(exchange.name) else {
            #expect(throws: WPKIError.malformed) { try DownMessage(decoding: plaintext) }
            return
        }
        let message = try DownMessage(decoding: plaintext)
        #expect(message.octets == plaintext)
        guard let shown = exchange.shown, case .sign(let command) = message else { return }
        #expect(command.text.text == shown.text && command.head?.text == shown.head)
        // The same from what a person reads, unless the other side chose UCS-2 where the GSM alphabet would do.
        var written = command
        written.head = try shown.head.map { try CardText($0) }
        written.text = try CardText(shown.text)
        #expect(written == command || command.text.encoding == .ucs2 && written.text.encoding == .gsm8Bit)
    }

    @Test("are read as answers and written again octet for octet", arguments: exchanges)
    func answers(_ exchange: CardLife.Exchange) throws {
        guard let plaintext = exchange.answer?.plaintext.octets else { return }
        let message = try UpMessage(decoding: plaintext)
        #expect(message.octets == plaintext)
        let expected = exchange.refused.flatMap { UInt8($0, radix: 16) } ?? 0
        #expect(message.status.octet == expected)
        #expect(try message.transaction == DownMessageTransaction(exchange.command.plaintext.octets).transaction)
    }

    @Test("prove the possession of the new keys over the octets that were worked out")
    func proofs() throws {
        for exchange in life.exchanges {
            guard let proof = exchange.proof,
                case .generate(let command) = try DownMessage(
                    decoding: exchange.command.plaintext.octets
                )
            else { continue }
            let message = SignedContent.proofOfPossession(
                transaction: command.transaction,
                iccid: life.iccid.octets,
                key: command.key,
                algorithm: command.algorithm,
                keyVersion: life.applet.keyVersion,
                publicKey: proof.publicKey.octets
            )
            #expect(message == proof.message.octets)
            guard command.algorithm == .p256 else { continue }
            let key = try P256.Signing.PublicKey(x963Representation: proof.publicKey.octets)
            let signature = try P256.Signing.ECDSASignature(rawRepresentation: proof.signature.octets)
            #expect(key.isValidSignature(signature, for: message))
        }
        #expect(life.exchanges.count { $0.proof != nil } == 3)
    }

    @Test("have the signed attributes that their SignedData holds")
    func attributes() throws {
        struct SignedData: Decodable {
            struct Message: Decodable {
                var text: String
                var attributes: Vectors.Octets?
                var mid: Vectors.Octets?
                var extra: Vectors.Octets?
            }

            var messages: [Message]
        }
        let messages = try Vectors.read("cms/signed-data.json", as: SignedData.self).messages
        for message in messages {
            guard let attributes = message.attributes else { continue }
            let made = SignedContent.signedAttributes(
                digest: Array(SHA256.hash(data: Array(message.text.utf8))),
                mid: message.mid?.octets ?? [],
                extra: message.extra?.octets ?? []
            )
            #expect(made == attributes.octets)
        }
        #expect(messages.count { $0.mid != nil } == 1)
    }

    @Test("have the keys of 256 bits that other code derived and used")
    func longKeys() throws {
        let set = life.applet256
        let keys = try WPKIKeys(root: set.root.octets, iccid: life.iccid.octets, keyVersion: set.keyVersion)
        let frames = try #require(set.frames)
        for frame in frames {
            let direction: Direction = frame.direction == "up" ? .up : .down
            #expect(
                try keys.seal(frame.plaintext.octets, counter: frame.counter, direction: direction)
                    == frame.frame.octets
            )
            #expect(try keys.open(frame.frame.octets, direction: direction) == frame.plaintext.octets)
        }
        #expect(frames.count == 3)
    }

    private static func reference(_ userData: [[UInt8]]) -> UInt8 {
        userData.count > 1 ? userData[0][3] : 0
    }

    private static func whole(_ userData: [[UInt8]]) throws -> [UInt8]? {
        guard userData.count > 1 else { return try UserData(userData[0]).octets }
        var reassembly = Reassembly(total: userData.count)
        for part in userData {
            if case .complete(_, let packet) = try reassembly.add(try UserData(part)) { return packet }
        }
        return nil
    }
}

/// TXN of a command, readable even where the rest is not.
private struct DownMessageTransaction {
    let transaction: WPKITransaction

    init(_ plaintext: [UInt8]) throws {
        transaction = try #require(WPKITransaction(Array(plaintext[3..<7])))
    }
}
