#include <sys/prctl.h>

/* prctl is variadic, and variadic functions do not reach Swift. */
static inline int linux_set_dumpable(int dumpable) {
    return prctl(PR_SET_DUMPABLE, (unsigned long)dumpable, 0UL, 0UL, 0UL);
}
