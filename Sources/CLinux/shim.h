#include <sys/prctl.h>

/* prctl is variadic, and variadic functions do not reach Swift. */
static inline int linux_set_dumpable(int dumpable) {
    return prctl(PR_SET_DUMPABLE, (unsigned long)dumpable, 0UL, 0UL, 0UL);
}

#include <sys/socket.h>
#include <sys/types.h>

/* Who is at the other end of a Unix socket; the kernel says it. struct ucred is only there with _GNU_SOURCE. */
struct linux_peer { pid_t pid; uid_t uid; gid_t gid; };

static inline int linux_peer_of(int descriptor, struct linux_peer *peer) {
    socklen_t length = sizeof *peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, peer, &length);
}
