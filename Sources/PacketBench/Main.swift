import Foundation

/// Measures and shows the packets of TS 102 225 as this platform writes them, and measures the keepers of KEKs;
/// `deploy/bench-ota`, `deploy/bench-kek` and `deploy/peers/pycrate-packets` call it.
@main
enum PacketBench {
    static let usage = """
        usage: PacketBench speed [SECONDS]    packets a second of one core, sealed and opened, each as JSON
               PacketBench kek-file PATH             a vault's keys wrapped and unwrapped by a KEK in a new file
               PacketBench kek-token MODULE LABEL PIN-FILE    the same by one in a PKCS#11 token
               PacketBench samples            packets with their keys and what is in them, one JSON object a line
        """

    static func main() {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            switch (arguments.first, arguments.count) {
            case ("speed", 1...2):
                guard let seconds = Double(arguments.count == 2 ? arguments[1] : "1"), seconds > 0, seconds <= 60
                else { throw UsageError() }
                try Speed(seconds: seconds).run()
            case ("kek-file", 2): try KeyEncryption.file(arguments[1])
            case ("kek-token", 4):
                try KeyEncryption.token(module: arguments[1], label: arguments[2], pinFile: arguments[3])
            case ("samples", 1): try Samples.write()
            default: throw UsageError()
            }
        } catch is UsageError {
            FileHandle.standardError.write(Data("\(usage)\n".utf8))
            exit(2)
        } catch {
            FileHandle.standardError.write(Data("PacketBench: \(error)\n".utf8))
            exit(1)
        }
    }
}

struct UsageError: Error {}

/// One object a line, its members in order.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
