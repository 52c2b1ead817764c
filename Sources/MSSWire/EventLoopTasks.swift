import NIOCore
import NIOPosix

/// Runs tasks on the threads of the event loops, instead of on the global pool's.
///
/// A request is then read, answered and written on one thread: nothing has to be handed to another thread and wake it
/// up, which was the most expensive thing that was done for a request. A task stays on the loop that woke it; one woken
/// from elsewhere goes to the next loop. What blocks has no place on either kind of thread: files and libpq have queues
/// of their own.
public final class EventLoopTasks: TaskExecutor {
    /// Of the process's own event loops, one for each processor.
    public static let shared = EventLoopTasks()

    private init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
