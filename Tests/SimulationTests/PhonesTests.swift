import Alauda
import Simulation
import Synchronization
import Testing

/// Robot users, as the message centre sees them.
@Suite(.timeLimit(.minutes(1)))
struct PhonesTests {
    /// What phones sent, to be awaited.
    private struct Uplink: Sendable {
        let messages: AsyncStream<ShortMessage>
        let submit: @Sendable (ShortMessage) async -> Void

        init() {
            let (messages, input) = AsyncStream<ShortMessage>.makeStream()
            self.messages = messages
            submit = { message in input.yield(message) }
        }
    }

    private static func phones(
        _ behaviour: Behaviour,
        patience: Duration = .milliseconds(1)
    ) throws -> Phones {
        var record = HomeSide.record
        record.behaviour = behaviour
        return try Phones([record], patience: patience)
    }

    /// Sends a command and waits for the answer.
    private static func exchange(
        _ message: DownMessage,
        _ home: inout HomeSide,
        _ phones: Phones
    ) async throws -> UpMessage {
        let uplink = Uplink()
        for userData in try home.segments(message) {
            let down = downlink(userData)
            #expect(await phones.receive(down, submit: uplink.submit) == .delivered)
        }
        var answer: [[UInt8]] = []
        for await message in uplink.messages {
            #expect(message.source == "358401000001" && message.destination == "4444" && message.hasUserDataHeader)
            answer.append(message.userData)
            if let (message, _) = try? home.open(answer) { return message }
        }
        throw WPKIError.malformed
    }

    private static func downlink(_ userData: [UInt8], to number: String = "358401000001") -> ShortMessage {
        ShortMessage(
            source: "4444",
            destination: number,
            protocolID: 0x7F,
            dataCoding: 0xF6,
            hasUserDataHeader: true,
            userData: userData
        )
    }

    @Test(
        "everybody activates, and then does as they do",
        arguments: [
            (.sign, .ok), (.cancel, .userCancelled), (.notMe, .notMe), (.wrongPIN, .pinBlocked),
            (.silent, .noUserResponse), (.delay(0), .ok), (.delay(600_000), .noUserResponse),
        ] as [(Behaviour, AppletStatus)]
    )
    func behaviours(_ behaviour: Behaviour, _ status: AppletStatus) async throws {
        let phones = try Self.phones(behaviour)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await phones.run() }
            var home = HomeSide()
            #expect(try await Self.exchange(HomeSide.generate(), &home, phones).status == .ok)
            for _ in 0..<2 {
                let answer = try await Self.exchange(try HomeSide.sign("Pay?"), &home, phones)
                #expect(answer.status == status)
                #expect((answer.signature != nil) == (status == .ok))
            }
            group.cancelAll()
        }
    }

    @Test("a phone that is off is unreachable until it is switched on")
    func off() async throws {
        let phones = try Self.phones(.off)
        var home = HomeSide()
        let userData = try home.segments(HomeSide.generate())[0]
        let message = Self.downlink(userData)
        #expect(await phones.receive(message) { _ in } == .unreachable)
        await phones.turn("358401000001", on: true)
        #expect(await phones.receive(message) { _ in } == .delivered)
    }

    @Test("nobody has an unknown number, and the card sees nothing but data download")
    func others() async throws {
        let phones = try Self.phones(.sign)
        var home = HomeSide()
        let userData = try home.segments(HomeSide.generate())[0]
        #expect(await phones.receive(Self.downlink(userData, to: "358409999999")) { _ in } == .unknownNumber)
        var text = Self.downlink(userData)
        text.protocolID = 0
        let answered = Mutex(false)
        #expect(await phones.receive(text) { _ in answered.withLock { $0 = true } } == .delivered)
        #expect(!answered.withLock { $0 })
    }

    @Test("a PIN is chosen as long as the policy wants it", arguments: [(4, 5), (6, 12), (8, 12), (12, 12)])
    func pinLength(_ shortest: UInt8, _ longest: UInt8) async throws {
        let phones = try Self.phones(.sign)
        var home = HomeSide()
        var policy = PINPolicy.standard
        (policy.shortest, policy.longest) = (shortest, longest)
        #expect(try await Self.exchange(HomeSide.generate(policy: policy), &home, phones).status == .ok)
        #expect(try await Self.exchange(try HomeSide.sign("Pay?"), &home, phones).status == .ok)
    }

    @Test("people change, unblock and delete as they are asked, and go on signing")
    func management() async throws {
        let phones = try Self.phones(.sign)
        var home = HomeSide()
        #expect(try await Self.exchange(HomeSide.generate(), &home, phones).status == .ok)
        let messages: [DownMessage] = [
            .changePIN(.random(), key: 1), .changePIN(.random(), key: 1), .unblockPIN(.random(), key: 1),
        ]
        for message in messages {
            #expect(try await Self.exchange(message, &home, phones).status == .ok)
            #expect(try await Self.exchange(try HomeSide.sign("Pay?"), &home, phones).status == .ok)
        }
        #expect(try await Self.exchange(.deleteKey(.random(), key: 1), &home, phones).status == .ok)
        #expect(try await Self.exchange(try HomeSide.sign("Pay?"), &home, phones).status == .notActive)
    }

    @Test("whoever forgets their PIN forgets their PUK too")
    func forgetful() async throws {
        let phones = try Self.phones(.wrongPIN)
        var home = HomeSide()
        #expect(try await Self.exchange(HomeSide.generate(), &home, phones).status == .ok)
        #expect(try await Self.exchange(.changePIN(.random(), key: 1), &home, phones).status == .pinBlocked)
        #expect(try await Self.exchange(.unblockPIN(.random(), key: 1), &home, phones).status == .pukBlocked)
        #expect(try await Self.exchange(.deleteKey(.random(), key: 1), &home, phones).status == .ok)
    }

    @Test("a code from another desk is refused")
    func foreignCode() async throws {
        let phones = try Self.phones(.sign)
        var home = HomeSide()
        let answer = try await Self.exchange(HomeSide.generate(code: "000000"), &home, phones)
        #expect(answer.status == .verifyCodeWrong)
    }
}
