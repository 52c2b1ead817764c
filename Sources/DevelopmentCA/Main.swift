#if canImport(Glibc)
import Glibc
#endif

/// A certification authority in a process of its own, for trying and testing; it is no part of a service.
@main
struct Main {
    static func main() async {
        do {
            let arguments = try Arguments(CommandLine.arguments.dropFirst())
            disableCoreDumps()
            try await Authority(arguments).run()
        } catch let error as AuthorityError {
            fail("\(error)")
        } catch {
            fail("the server stopped: \(error)")
        }
    }

    /// The CA's key stands in this process's memory.
    private static func disableCoreDumps() {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }

    private static func fail(_ reason: String) -> Never {
        say("DevelopmentCA: \(reason)", to: STDERR_FILENO)
        exit(1)
    }

    /// Writes one line, whatever is in it, at once.
    static func say(_ text: String, to descriptor: Int32) {
        let line = Array((text.split(separator: "\n").joined(separator: " ") + "\n").utf8)
        _ = write(descriptor, line, line.count)
    }
}
