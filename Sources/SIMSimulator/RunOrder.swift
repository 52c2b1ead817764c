import Foundation
import Simulation

/// What `run` is told: which cards, where, and what goes wrong.
struct RunOrder {
    private let cards: String?
    private let series: (@Sendable () throws -> CardSeries)?
    private var people = Phones.Settings()
    private(set) var centre: SMSC.Settings
    private(set) var faults: [FaultPlan.Rule] = []
    let control: String?

    /// - Throws: ``UsageError`` for arguments, ``SimulationError`` for files that are not as they must be.
    init(_ arguments: inout Arguments) throws {
        cards = arguments.optional("cards")
        series = cards == nil ? try arguments.series(needsSeed: true).series : nil
        let (host, port) = try arguments.address("listen")
        let systemID = try arguments.text("system-id")
        let passwordFile = try arguments.text("password-file")
        let uplinkAddress = try arguments.text("uplink-address", or: "4444")
        control = arguments.optional("control")
        let rules = try arguments.text("ranges", or: "")
        let state = arguments.optional("state")
        let faults = try arguments.text("faults", or: "").split(separator: ",")
        let latency = try arguments.latency("sms-latency")
        people.thinking = try arguments.latency("user-latency")
        people.seed = try arguments.number("chance", in: 0...UInt64.max, or: 1)
        try arguments.finish()
        guard (1...20).contains(uplinkAddress.utf8.count), uplinkAddress.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw UsageError("--uplink-address must be digits") }
        guard (1...15).contains(systemID.utf8.count) else { throw UsageError("--system-id has 1 to 15 characters") }
        for fault in faults {
            guard let rule = FaultPlan.Rule(fault) else { throw UsageError("\(fault) is no fault") }
            self.faults.append(rule)
        }
        people.rules = try BehaviourRules(rules)
        people.memory = try state.map { try CardMemory(folder: $0) }
        let password = try Self.password(from: passwordFile)
        centre = SMSC.Settings(host: host, port: port, systemID: systemID, password: password)
        centre.uplinkAddress = uplinkAddress
        centre.latency = latency
        centre.seed = people.seed
        // What is late comes to the nearest hundredth of a second.
        if latency != .none { centre.tick = .milliseconds(10) }
    }

    func phones(_ prompted: @escaping @Sendable (String) -> Void) throws -> Phones {
        if let series { return Phones(try series(), people, prompted: prompted) }
        return try Phones(try CardRecord.read(cards ?? ""), people, prompted: prompted)
    }

    private static func password(from file: String) throws -> String {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw SimulationError("\(file) cannot be read")
        }
        let password = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...8).contains(password.utf8.count) else {
            throw SimulationError("\(file) must hold a password of 1 to 8 characters")
        }
        return password
    }
}

extension Arguments {
    /// A series of cards, and which of them are meant; the seed file is read, or made, when the series is taken.
    mutating func series(needsSeed: Bool = false) throws
        -> (series: @Sendable () throws -> CardSeries, range: Range<Int>)
    {
        let seed = needsSeed ? try text("seed") : optional("seed")
        let first = Int(try number("first", in: 0...9_999_999, or: 0))
        let count = Int(try number("count", in: 1...1_000_000))
        let msisdn = try number("msisdn-first", in: 1_000_000...999_999_999_000_000, or: 358_401_000_001)
        let names = try text("behaviours", or: "sign").split(separator: ",")
        let bits = try number("key-bits", in: 128...256, or: 128)
        guard bits == 128 || bits == 256 else { throw UsageError("--key-bits must be 128 or 256") }
        let legacy = optional("algorithm")
        guard legacy.map({ ["3des-2", "3des-3"].contains($0) }) ?? true else {
            throw UsageError("--algorithm must be 3des-2 or 3des-3; AES needs none")
        }
        let behaviours = try names.map { name in
            guard let behaviour = Behaviour(name) else { throw UsageError("\(name) is no behaviour") }
            return behaviour
        }
        let make: @Sendable () throws -> CardSeries = {
            CardSeries(
                seed: try seed.map { try CardSeed(file: $0) } ?? CardSeed(),
                count: first + count,
                firstMSISDN: msisdn,
                behaviours: behaviours,
                keyLength: Int(bits / 8),
                legacy: legacy
            )
        }
        return (make, first..<(first + count))
    }

    mutating func latency(_ name: String) throws(UsageError) -> Latency {
        guard let latency = Latency(try text(name, or: "none")) else {
            throw UsageError("--\(name) must be a distribution")
        }
        return latency
    }
}
