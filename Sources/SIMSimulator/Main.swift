import Dispatch
import Foundation
import Simulation

/// Cards, phones, people and their message centre, for trying and testing.
@main
enum SIMSimulator {
    private static let usage = """
        usage: SIMSimulator personalise --out FOLDER --count N [--msisdn-first DIGITS] [--behaviours LIST]
               SIMSimulator run --cards FILE --listen HOST:PORT --system-id NAME --password-file FILE
                                [--uplink-address DIGITS]
        behaviours: sign, cancel, notMe, wrongPIN, silent, off, delay:MILLISECONDS; the cards after the list's end sign
        """

    static func main() async {
        do {
            var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
            if arguments.wantsHelp {
                say(usage)
                exit(0)
            }
            switch arguments.command {
            case "personalise": try personalise(&arguments)
            case "run": try await run(&arguments)
            case "": throw UsageError("a command is missing: personalise or run")
            default: throw UsageError("the commands are personalise and run")
            }
        } catch let error as UsageError {
            end("SIMSimulator: \(error.text); --help shows how it is called", 64)
        } catch {
            end("SIMSimulator: \(error)", 1)
        }
    }

    private static func personalise(_ arguments: inout Arguments) throws {
        let folder = try arguments.text("out")
        let count = try arguments.number("count", in: 1...100_000)
        let first = try arguments.number("msisdn-first", in: 1_000_000...999_999_999_000_000, or: 358_401_000_001)
        let names = try arguments.text("behaviours", or: "sign").split(separator: ",")
        try arguments.finish()
        let behaviours = try names.map { name in
            guard let behaviour = Behaviour(name) else { throw UsageError("\(name) is no behaviour") }
            return behaviour
        }
        try Personaliser(count: Int(count), firstMSISDN: first, behaviours: behaviours).write(to: folder)
    }

    private static func run(_ arguments: inout Arguments) async throws {
        let cards = try arguments.text("cards")
        let (host, port) = try arguments.address("listen")
        let systemID = try arguments.text("system-id")
        let passwordFile = try arguments.text("password-file")
        let uplinkAddress = try arguments.text("uplink-address", or: "4444")
        try arguments.finish()
        guard (1...20).contains(uplinkAddress.utf8.count), uplinkAddress.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw UsageError("--uplink-address must be digits") }
        guard (1...15).contains(systemID.utf8.count) else { throw UsageError("--system-id has 1 to 15 characters") }
        let password = try password(from: passwordFile)
        let phones = try Phones(try CardRecord.read(cards)) { say("prompt on the phone …\($0.suffix(4))") }
        var settings = SMSC.Settings(host: host, port: port, systemID: systemID, password: password)
        settings.uplinkAddress = uplinkAddress
        let centre = SMSC(settings, handsets: phones)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await phones.run() }
            group.addTask { try await centre.run { say("listening on \(host):\($0)") } }
            group.addTask { await stopSignal() }
            // Whichever ends first ends the others: a signal, or a port that cannot be had.
            while let end = await group.nextResult() {
                try end.get()
                group.cancelAll()
                exit(0)
            }
        }
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

    /// One line, at once.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private static func end(_ line: String, _ code: Int32) -> Never {
        FileHandle.standardError.write(Data((line + "\n").utf8))
        exit(code)
    }
}

/// Returns when the process is asked to stop.
private func stopSignal() async {
    let (signals, input) = AsyncStream<Void>.makeStream()
    let sources = [SIGTERM, SIGINT].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { input.yield() }
        source.resume()
        return source
    }
    for await _ in signals { break }
    for source in sources { source.cancel() }
}
