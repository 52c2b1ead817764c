import Dispatch
import Foundation
import Simulation

/// Cards, phones, people and their message centre, for trying and testing.
@main
enum SIMSimulator {
    private static let usage = """
        usage: SIMSimulator personalise --out FOLDER --count N [--msisdn-first DIGITS] [--behaviours LIST]
               SIMSimulator run --cards FILE --listen HOST:PORT --system-id NAME --password-file FILE
        behaviours: sign, cancel, wrongPIN, silent, off, delay:MILLISECONDS; the cards after the list's end sign
        """

    static func main() async {
        do {
            var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
            switch arguments.command {
            case "personalise": try personalise(&arguments)
            case "run": try await run(&arguments)
            case "--help", "-h": print(usage)
            default: throw UsageError(text: usage)
            }
        } catch let error as UsageError {
            end(error.text, 64)
        } catch {
            end("SIMSimulator: \(error)", 1)
        }
    }

    private static func personalise(_ arguments: inout Arguments) throws {
        let folder = try arguments.text("out")
        let count = try arguments.number("count")
        let first = try arguments.number("msisdn-first", or: 358_401_000_001)
        let names = try arguments.text("behaviours", or: "sign").split(separator: ",")
        try arguments.finish()
        guard (1...100_000).contains(count) else { throw SimulationError("--count must be 1 to 100000") }
        let behaviours = try names.map { name in
            guard let behaviour = Behaviour(name) else { throw SimulationError("\(name) is no behaviour") }
            return behaviour
        }
        try Personaliser(count: count, firstMSISDN: UInt64(first), behaviours: behaviours).write(to: folder)
    }

    private static func run(_ arguments: inout Arguments) async throws {
        let cards = try arguments.text("cards")
        let (host, port) = try arguments.address("listen")
        let systemID = try arguments.text("system-id")
        let passwordFile = try arguments.text("password-file")
        try arguments.finish()
        guard let password = try? String(contentsOfFile: passwordFile, encoding: .utf8) else {
            throw SimulationError("\(passwordFile) cannot be read")
        }
        let phones = try Phones(try CardRecord.read(cards)) { say("prompt on the phone …\($0.suffix(4))") }
        let settings = SMSC.Settings(
            host: host,
            port: port,
            systemID: systemID,
            password: password.trimmingCharacters(in: .whitespacesAndNewlines)
        )
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
