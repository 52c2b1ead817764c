import Foundation

/// Drives the platform as registration agents and application providers would; `deploy/bench` calls it.
@main
enum Bench {
    static let usage = """
        usage: Bench register --me URL --pki DIR --cards DIR --skip N --count N
               Bench sign --ae URL --ap-id ID --pki DIR --cards DIR --skip N --count N --concurrency N --seconds N
                          [--rate N] [--signed 1] [--process NAME=PID]...
               Bench wait --ae URL --ap-id ID --pki DIR --cards DIR --skip N --count N --concurrency N --warm-up N
                          [--process NAME=PID]...
               Bench idle --ae URL --pki DIR --connections N --swarm N     (until standard input ends)
        """

    static func main() async {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            switch options.command {
            case "register": try await Registration(options).run()
            case "sign": print(try await Load(options).run())
            case "wait": print(try await Waiting(options).run())
            case "idle": print(try await Idle(options).run())
            default: throw BenchError(usage)
            }
        } catch {
            FileHandle.standardError.write(Data("Bench: \(error)\n".utf8))
            exit(1)
        }
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The command and its `--name value` pairs.
struct Options {
    let command: String
    private var values: [String: [String]] = [:]

    init(_ arguments: [String]) throws {
        guard let command = arguments.first else { throw BenchError(Bench.usage) }
        self.command = command
        var rest = arguments.dropFirst()
        while let name = rest.popFirst() {
            guard name.hasPrefix("--"), let value = rest.popFirst() else { throw BenchError(Bench.usage) }
            values[String(name.dropFirst(2)), default: []].append(value)
        }
    }

    func text(_ name: String) throws -> String {
        guard let value = values[name]?.last else { throw BenchError("--\(name) is missing\n\(Bench.usage)") }
        return value
    }

    func number(_ name: String) throws -> Int {
        guard let number = Int(try text(name)) else { throw BenchError("--\(name) must be a number") }
        return number
    }

    /// `nil` where the option is missing.
    func optionalNumber(_ name: String) throws -> Int? {
        values[name] == nil ? nil : try number(name)
    }

    /// Every `--name key=value`.
    func pairs(_ name: String) -> [(String, String)] {
        (values[name] ?? []).compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
    }
}
