import Dispatch
import Foundation
import Simulation

/// Cards, phones, people and their message centre, for trying and testing (docs/simulator.md).
@main
enum SIMSimulator {
    private static let usage = """
        usage: SIMSimulator personalise --out FOLDER --count N [SERIES]
               SIMSimulator batch --out FILE --count N --seed FILE [SERIES] [--transport-key FILE] [--index FILE]
               SIMSimulator run (--cards FILE | --seed FILE --count N [SERIES]) --listen HOST:PORT --system-id NAME
                                --password-file FILE [--uplink-address DIGITS] [--control SOCKET] [--ranges RULES]
                                [--state FOLDER] [--faults LIST] [--sms-latency D] [--user-latency D]
                                [--chance SEED]
               SIMSimulator tell --control SOCKET --command LINE
               SIMSimulator command --seed FILE --count N [SERIES] --msisdn DIGITS --counter N [--text TEXT]
        series: [--seed FILE] [--first N] [--msisdn-first DIGITS] [--behaviours LIST] [--key-bits 128|256]
                [--algorithm 3des-2|3des-3]; a seed file that is not there is made, mode 0600; without one the keys are new
        behaviours: sign, cancel, notMe, wrongPIN, silent, off, delay:MILLISECONDS and others (docs/simulator.md); the
                cards after the list's end do as their number says (…92NN), or sign
        rules: FROM-TO=BEHAVIOUR,…    faults: NAME, NAME*TIMES or NAME%PERCENT, …
        D: none, fixed:MS, uniform:FROM:TO, normal:MEAN:DEVIATION, lognormal:MEDIAN:SIGMA
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
            case "batch": try batch(&arguments)
            case "run": try await run(&arguments)
            case "tell": try tell(&arguments)
            case "command": try command(&arguments)
            case "": throw UsageError("a command is missing: personalise, batch, run, tell or command")
            default: throw UsageError("the commands are personalise, batch, run, tell and command")
            }
        } catch let error as UsageError {
            end("SIMSimulator: \(error.text); --help shows how it is called", 64)
        } catch {
            end("SIMSimulator: \(error)", 1)
        }
    }

    private static func personalise(_ arguments: inout Arguments) throws {
        let folder = try arguments.text("out")
        let (series, range) = try arguments.series()
        try arguments.finish()
        try Personaliser(series(), range).write(to: folder)
    }

    private static func batch(_ arguments: inout Arguments) throws {
        let file = try arguments.text("out")
        let transportKey = arguments.optional("transport-key")
        let index = arguments.optional("index")
        let (series, range) = try arguments.series(needsSeed: true)
        try arguments.finish()
        let rows = try Personaliser(series(), range).writeBatch(
            to: file,
            transportKey: try transportKey.map { try TransportKey(file: $0) },
            index: index
        )
        say("\(rows) cards")
    }

    private static func run(_ arguments: inout Arguments) async throws {
        let order = try RunOrder(&arguments)
        let phones = try order.phones { say("prompt on the phone …\($0.suffix(4))") }
        let centre = SMSC(order.centre, handsets: phones)
        for rule in order.faults { centre.faults.add(rule) }
        let host = order.centre.host
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await phones.run() }
            group.addTask { try await centre.run { say("listening on \(host):\($0)") } }
            if let path = order.control {
                let socket = ControlSocket(path: path, Control(centre, phones))
                group.addTask { try await socket.run { say("controlled at \(path)") } }
            }
            group.addTask { await stopSignal() }
            // Whichever ends first ends the others: a signal, or a port that cannot be had.
            while let end = await group.nextResult() {
                try end.get()
                group.cancelAll()
                if let path = order.control { unlink(path) }
                exit(0)
            }
        }
    }

    /// Tells a running simulator something, prints what it answers; an error is the exit code 1.
    private static func tell(_ arguments: inout Arguments) throws {
        let path = try arguments.text("control")
        let command = try arguments.text("command")
        try arguments.finish()
        let answer = try ControlClient.ask(path, command)
        say(answer)
        exit(answer.hasPrefix("ok") ? 0 : 1)
    }

    /// Prints what a home would send to a card, one short message's user data a line.
    private static func command(_ arguments: inout Arguments) throws {
        let (series, _) = try arguments.series(needsSeed: true)
        let number = try arguments.text("msisdn")
        let counter = try arguments.number("counter", in: 1...0x7FFF_FFFF)
        let text = arguments.optional("text")
        try arguments.finish()
        guard let card = try series().card(of: number) else { throw UsageError("--msisdn is none of the series") }
        for line in try HomeCommand.lines(to: card, counter: UInt32(counter), text: text) { say(line) }
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
