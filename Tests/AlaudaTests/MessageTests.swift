import Alauda
import MSSTestSupport
import Testing

@Suite("A message to a card")
struct DownMessageTests {
    private func transaction() throws -> WPKITransaction { try #require(WPKITransaction([1, 2, 3, 4])) }

    private func sign() throws -> SignCommand {
        SignCommand(
            transaction: try transaction(),
            key: 2,
            algorithm: .p256,
            head: try CardText("Pankki"),
            text: try CardText("Подписать?"),
            form: [.signedAttributes, .utf8],
            mid: Self.signingTime,
            extra: Self.contentHints,
            timeLimit: 6
        )
    }

    private func generate(_ policy: PINPolicy = .standard, keyPolicy: KeyPolicy? = nil) throws -> GenerateCommand {
        GenerateCommand(
            transaction: try transaction(),
            key: 1,
            algorithm: .p256,
            code: "471147",
            pinPolicy: policy,
            text: try CardText("Choose a PIN"),
            keyPolicy: keyPolicy
        )
    }

    /// signing-time.
    private static let signingTime: [UInt8] =
        [0x30, 0x1C, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x05, 0x31, 0x0F, 0x17, 0x0D]
        + Array("261231120000Z".utf8)
    /// An attribute after messageDigest, with a long value.
    private static let contentHints: [UInt8] =
        [0x30, 0x81, 0x90, 0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x04]
        + [0x31, 0x81, 0x80] + [UInt8](repeating: 0x05, count: 128)

    private func messages() throws -> [DownMessage] {
        [
            .status(try transaction()), .repeatLast(try transaction()), .message(try transaction(), try CardText("Hi")),
            .sign(try sign()), .generate(try generate()), .generate(try generate(keyPolicy: .digests)),
            .generate(try generate(PINPolicy(shortest: 4, longest: 8, tries: 5))),
            .changePIN(try transaction(), key: 1), .unblockPIN(try transaction(), key: 8),
            .deleteKey(try transaction(), key: 2), .retire(try transaction(), keyVersion: 1),
            .newRootKey(try transaction(), try root()), .sign(try digests()),
        ]
    }

    private func root() throws -> WrappedRoot {
        try #require(WrappedRoot([2, 1] + [UInt8](repeating: 9, count: 24) + [1, 2, 3]))
    }

    private func digests(_ algorithm: SignatureAlgorithm = .p256, _ count: Int = 3) throws -> SignCommand {
        let digest = [UInt8](repeating: 0x5A, count: algorithm.digestLength)
        return SignCommand(
            transaction: try transaction(),
            key: 1,
            algorithm: algorithm,
            head: nil,
            text: try CardText("Sign?"),
            form: [],
            digests: [[UInt8]](repeating: digest, count: count)
        )
    }

    @Test("carries as many digests as the answer can carry signatures", arguments: SignatureAlgorithm.allCases)
    func mostDigests(_ algorithm: SignatureAlgorithm) throws {
        let most = algorithm.mostDigests
        #expect(most == [.p256: 9, .p384: 6, .rsa2048: 2, .rsaPSS: 2][algorithm])
        let full = DownMessage.sign(try digests(algorithm, most))
        #expect(try DownMessage(decoding: full.octets) == full)
        let more = DownMessage.sign(try digests(algorithm, most + 1))
        #expect(throws: WPKIError.unsupportedAlgorithm) { try DownMessage(decoding: more.octets) }
    }

    @Test(
        "names what the algorithm is wrong about: one that nobody has, or a HASH that is no row of its digests",
        arguments: [
            "0380040102030481010182010383020441 8a0101", "0380040102030481010182010183020441840101",
            "03800401020304810101820101830204418400",
            "0380040102030481010182010283020441" + "8420" + String(repeating: "55", count: 32),
        ]
    )
    func unsupportedAlgorithm(_ text: String) throws {
        let octets = try #require(Octets.hexadecimal(text))
        #expect(throws: WPKIError.unsupportedAlgorithm) { try DownMessage(decoding: octets) }
    }

    @Test(
        "with a text that is none is refused as that, unless something else is wrong with it",
        arguments: [
            // Packed GSM, an octet above 7F, a lone escape, half a character, a surrogate; the same in HEAD.
            [0, 0x41], [4, 0x80], [4, 0x1B], [8, 0], [8, 0xD8, 0x3D, 0xDE, 0],
        ] as [[UInt8]]
    )
    func unsupportedText(_ value: [UInt8]) throws {
        for tag: UInt8 in [0x83, 0x8C] {
            let other: [UInt8] = tag == 0x83 ? [] : [0x83, 2, 4, 0x41]
            let octets = [3, 0x80, 4, 1, 2, 3, 4, 0x81, 1, 1, 0x82, 1, 1] + other + [tag, UInt8(value.count)] + value
            #expect(throws: WPKIError.unsupportedText) { try DownMessage(decoding: octets) }
            #expect(throws: WPKIError.malformed) { try DownMessage(decoding: octets + [0x8A, 1, 2]) }
        }
    }

    @Test("says when a card would refuse its text")
    func refusedText() throws {
        var command = try sign()
        #expect(!command.hasUnsupportedText)
        command.form = []
        #expect(command.hasUnsupportedText)
        command.form = .utf8
        #expect(!command.hasUnsupportedText)
        command.text = try CardText("")
        #expect(command.hasUnsupportedText)
        command.text = try CardText("ok")
        command.head = try CardText(String(repeating: "a", count: 239))
        #expect(!command.hasUnsupportedText)
        command.head = try CardText(String(repeating: "a", count: 240))
        #expect(command.hasUnsupportedText)
    }

    @Test("comes back as it went")
    func roundTrip() throws {
        for message in try messages() {
            #expect(try DownMessage(decoding: message.octets) == message)
            #expect(message.transaction == (try transaction()))
        }
    }

    @Test("names the tries of a PIN only if they are not three")
    func tries() throws {
        let usual = DownMessage.generate(try generate(PINPolicy(shortest: 4, longest: 8, tries: 3))).octets
        #expect(usual.suffix(4) == [0x87, 2, 4, 8])
        let other = DownMessage.generate(try generate(PINPolicy(shortest: 4, longest: 8, tries: 5))).octets
        #expect(other.suffix(5) == [0x87, 3, 4, 8, 5])
        let explicit = try DownMessage(decoding: usual.dropLast(3) + [3, 4, 8, 3])
        #expect(explicit.octets == usual)
        for bad: [UInt8] in [[0], [1, 4], [2, 8, 4], [2, 0, 4], [3, 4, 8, 0], [4, 4, 8, 3, 3]] {
            #expect(throws: WPKIError.malformed) { try DownMessage(decoding: usual.dropLast(3) + bad) }
        }
    }

    @Test("cut anywhere is refused or is a shorter message that is whole")
    func truncation() throws {
        for message in try messages() {
            for cut in DamagedOctets.truncations(of: message.octets) {
                guard let read = try? DownMessage(decoding: cut) else { continue }
                #expect(try read != message && DownMessage(decoding: read.octets) == read)
            }
        }
    }

    @Test(
        "is refused without a field that it needs, with one that is not its own, or with one twice",
        arguments: [
            // MT alone, an unknown MT, TXN of three octets.
            "", "01", "0380", "02", "7f800401020304", "0180030102 03",
            // STATUS with KEY, and TXN twice.
            "018004010203048101 01", "01800401020304800401020304",
            // SIGN without TEXT, with KEY 0 and 9, FORM of two octets, ALG of two, FORM with an unknown bit.
            "03800401020304810101820101", "03800401020304810100820101830204 41", "0380040102030481010982010183020441",
            "0380040102030481010182010183020441 8a020101", "0380040102030481010182028303020441",
            "038004010203048101018201018302 04418a0102", "0380040102030481010182010183020441 8a0103",
            // TMO of no octets; a field that no message has.
            "03800401020304810101820101830204418500", "0380040102030481010182010183020441c00101",
            // HASH with FORM, EXTRA without FORM, PIN messages without KEY or with TEXT.
            "03800401020304810101820101830204418420" + String(repeating: "55", count: 32) + "8a0100",
            "03800401020304810101820101830204418b00", "048004010203 04", "0580040102030481010183020441",
            "09800401020304",
            // RETIRE without KVN, with 00 and FF; NEW ROOT KEY without WKEY, and with too short a one.
            "08800401020304", "0880040102030488 0100", "08800401020304880 1ff", "07800401020304",
            "0780040102030497020201",
            // TEXT and HEAD without a data coding octet, also where the ALG is none.
            "06800401020304 8300", "0380040102030481010182010383008a0101", "03800401020304810101820101830204418c00",
            // GENERATE with a code of letters, of five digits, KEYPOL of two octets, KEYPOL with an unknown bit.
            "028004010203048101018201018606616263646566870204 08", "0280040102030481010182010186053132333435870204 08",
            "028004010203048101018201018606313233343536870204088d020000",
            "028004010203048101018201018606313233343536870204088d0102",
            // Lengths: longer than they need to be, longer than what follows, indefinite, of three octets.
            "01808104 01020304", "018082000401020304", "018005 01020304", "018080", "01808300000401020304",
        ]
    )
    func malformed(_ text: String) throws {
        let octets = try #require(Octets.hexadecimal(text))
        #expect(throws: WPKIError.malformed) { try DownMessage(decoding: octets) }
    }

    @Test("reads its fields in any order")
    func order() throws {
        let octets = try #require(Octets.hexadecimal("03 830204418201018101018004010203048a0181"))
        guard case .sign(let command) = try DownMessage(decoding: octets) else {
            Issue.record("no SIGN")
            return
        }
        #expect(command.text.text == "A" && command.key == 1 && command.form == [.signedAttributes, .utf8])
    }

    @Test("is refused with attributes that would move or double what the card itself writes")
    func attributes() throws {
        let time = Self.signingTime
        let hints = Self.contentHints
        let digest: [UInt8] =
            [0x30, 0x2F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04, 0x31, 0x22, 0x04, 0x20]
            + [UInt8](repeating: 0xFF, count: 32)
        let type: [UInt8] = [
            0x30, 0x18, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03, 0x31, 0x0B, 0x06, 0x09, 0x2A,
            0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x05,
        ]
        let refused: [([UInt8]?, [UInt8]?)] = [
            (nil, digest), (digest, nil), (type, nil), (nil, time), (hints, nil), (time + time, nil),
            (nil, hints + hints),
            (time.dropLast(), nil), (time + [0], nil), (nil, [0x30, 0x02, 0x05, 0x00]), (nil, [0x31, 0]),
        ]
        for (mid, extra) in refused {
            var command = try sign()
            command.mid = mid
            command.extra = extra
            #expect(throws: WPKIError.malformed) { try DownMessage(decoding: DownMessage.sign(command).octets) }
        }
        var plain = try sign()
        plain.form = .utf8
        #expect(throws: WPKIError.malformed) { try DownMessage(decoding: DownMessage.sign(plain).octets) }
    }

    @Test("reads or is refused, whatever the octets")
    func fuzz() throws {
        let samples = try messages().map(\.octets)
        var damage = DamagedOctets(seed: 3)
        for round in 0..<10_000 {
            let octets = round.isMultiple(of: 8) ? damage.octets(upTo: 80) : damage.like(samples[round % samples.count])
            guard let read = try? DownMessage(decoding: octets) else { continue }
            // Order, explicit defaults and absent ones aside, what is read is what is written.
            #expect(try DownMessage(decoding: read.octets) == read)
        }
    }
}

@Suite("A card's answer")
struct UpMessageTests {
    private func messages() throws -> [UpMessage] {
        let transaction = try #require(WPKITransaction([1, 2, 3, 4]))
        return [
            UpMessage(kind: .status, transaction: transaction, status: .noSuchAnswer),
            UpMessage(
                kind: .status,
                transaction: transaction,
                status: .ok,
                info: AppletInfo(version: 0x0102, capabilities: [.p256, .events]),
                downCounter: 0x0102_0304,
                keys: [CardKeyState(key: 1, triesLeft: 3), CardKeyState(key: 8, triesLeft: 0)]
            ),
            UpMessage(kind: .changePIN, transaction: transaction, status: .pinBlocked),
            UpMessage(kind: .unblockPIN, transaction: transaction, status: .pukBlocked),
            UpMessage(kind: .newRootKey, transaction: transaction, status: .ok),
            UpMessage(kind: .retire, transaction: transaction, status: .malformed),
            UpMessage(kind: .deleteKey, transaction: transaction, status: .ok),
            UpMessage(
                kind: .event,
                transaction: .none,
                status: .malformed,
                info: AppletInfo(version: 1, capabilities: [])
            ),
            UpMessage(kind: .message, transaction: transaction, status: .unknown(0x7F)),
            UpMessage(kind: .sign, transaction: transaction, status: .pinBlocked, triesLeft: 0),
            UpMessage(kind: .sign, transaction: transaction, status: .ok, signature: [UInt8](repeating: 7, count: 256)),
            UpMessage(
                kind: .generate,
                transaction: transaction,
                status: .ok,
                publicKey: [4] + [UInt8](repeating: 1, count: 64),
                proof: [UInt8](repeating: 2, count: 64)
            ),
        ]
    }

    @Test("comes back as it went, and cut anywhere is another or none")
    func roundTrip() throws {
        for message in try messages() {
            #expect(try UpMessage(decoding: message.octets) == message)
            for cut in DamagedOctets.truncations(of: message.octets) {
                guard let read = try? UpMessage(decoding: cut) else { continue }
                #expect(read != message && read.octets == cut)
            }
        }
    }

    @Test("may hold a newer applet's fields")
    func unknownFields() throws {
        for message in try messages() {
            #expect(try UpMessage(decoding: message.octets + [0xC0, 1, 9, 0x99, 4, 0, 1, 0, 1]) == message)
        }
    }

    @Test(
        "is refused without transaction or status, doubled fields or an unknown type",
        arguments: [
            "", "81", "83800401020304", "83900100", "8380040102030490020000", "838004010203049000",
            "83800301020390 0100",
            "8380040102030490010090 0100", "0380040102030490 0100", "838004010203049001009400",
            "83800401020304900100940200 00",
        ]
    )
    func malformed(_ text: String) throws {
        let octets = try #require(Octets.hexadecimal(text))
        #expect(throws: WPKIError.malformed) { try UpMessage(decoding: octets) }
    }

    @Test("to STATUS has the keys in pairs, each once, right after one another")
    func pairs() throws {
        let head: [UInt8] = [0x81, 0x80, 4, 1, 2, 3, 4, 0x90, 1, 0]
        let whole = try UpMessage(decoding: head + [0x81, 1, 2, 0x94, 1, 3, 0x81, 1, 1, 0x94, 1, 0])
        #expect(whole.keys == [CardKeyState(key: 2, triesLeft: 3), CardKeyState(key: 1, triesLeft: 0)])
        let wrong: [[UInt8]] = [
            [0x81, 1, 2], [0x81, 1, 2, 0x95, 4, 0, 0, 0, 0, 0x94, 1, 3], [0x81, 1, 9, 0x94, 1, 3],
            [0x81, 0, 0x94, 1, 3],
            [0x81, 1, 2, 0x94, 2, 3, 3], [0x81, 1, 2, 0x94, 1, 3, 0x81, 1, 2, 0x94, 1, 3], [0x96, 3, 0, 0, 0],
            [0x95, 2, 0, 0],
        ]
        for fields in wrong { #expect(throws: WPKIError.malformed) { try UpMessage(decoding: head + fields) } }
    }

    @Test("that nobody asked for has no transaction, and no request ever has its stand-in")
    func event() throws {
        let event = try UpMessage(decoding: [0x41, 0x90, 1, 0x0E, 0x95, 4, 1, 0, 0, 1])
        #expect(event.kind == .event && event.transaction == .none && event.status == .malformed)
        #expect(event.info == AppletInfo(version: 0x0100, capabilities: .p256))
        for _ in 0..<1_000 { #expect(WPKITransaction.random() != .none) }
    }

    @Test("has as many signatures as were asked for, or none")
    func signatures() throws {
        let transaction = try #require(WPKITransaction([1, 2, 3, 4]))
        var answer = UpMessage(kind: .sign, transaction: transaction, status: .ok)
        #expect(answer.signatures(.p256) == nil)
        answer.signature = [UInt8](repeating: 1, count: 64) + [UInt8](repeating: 2, count: 64)
        #expect(answer.signatures(.p256, count: 2)?.map(\.first) == [1, 2])
        for count in [-1, 0, 1, 3, Int.max] { #expect(answer.signatures(.p256, count: count) == nil) }
        #expect(answer.signatures(.rsa2048) == nil)
    }

    @Test("has a status for each octet")
    func statuses() {
        for octet in UInt8(0)...255 { #expect(AppletStatus(octet: octet).octet == octet) }
        #expect(AppletStatus(octet: 0x11) == .noSuchAnswer && AppletStatus(octet: 0x12) == .unknown(0x12))
    }

    @Test("reads or is refused, whatever the octets")
    func fuzz() throws {
        let samples = try messages().map(\.octets)
        var damage = DamagedOctets(seed: 83)
        for round in 0..<10_000 {
            let octets = round.isMultiple(of: 8) ? damage.octets(upTo: 60) : damage.like(samples[round % samples.count])
            guard let read = try? UpMessage(decoding: octets) else { continue }
            #expect(try UpMessage(decoding: read.octets) == read)
        }
    }
}

/// Octets written with spaces where they help to read.
private enum Octets {
    static func hexadecimal(_ text: String) -> [UInt8]? {
        let digits = Array(text.filter { $0 != " " })
        guard digits.count.isMultiple(of: 2) else { return nil }
        let octets = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        return octets.count == digits.count / 2 ? octets : nil
    }
}
