import CLinux
import Glibc

/// What a process gives up before it reads its first secret.
enum ProcessHardening {
    /// New files are this user's alone; no core dump, no debugger of the same user, no death by a closed pipe.
    static func apply() throws(StartError) {
        umask(0o077)
        ignoreBrokenPipes()
        allowFiles()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0, linux_set_dumpable(0) == 0 else {
            throw StartError("cannot switch core dumps off: \(SystemCause.last)")
        }
    }

    /// As many open files as the system lets this process have: a connection is one, and the usual soft limit is 1,024.
    private static func allowFiles() {
        var files = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &files) == 0 else { return }
        files.rlim_cur = files.rlim_max
        setrlimit(resource, &files)
    }

    /// A write to a reader that is gone fails with EPIPE instead of ending the process.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }
}

/// The cause the system gave for a failed call; never holds more than its own words.
struct SystemCause: Error, CustomStringConvertible {
    let code: Int32
    var description: String { String(cString: strerror(code)) }

    /// The cause of the call before.
    static var last: SystemCause { SystemCause(code: errno) }
}
