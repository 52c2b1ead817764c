public import Foundation

#if canImport(Glibc)
import Glibc
#endif

extension Process {
    /// Starts the process with no signal blocked.
    ///
    /// A process inherits the mask of the thread that starts it, and Dispatch's threads block nearly all: the child,
    /// and whatever it starts, would never see SIGTERM.
    public func runWithSignals() throws {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try run()
    }
}
