/* What Swift cannot import of Linux by itself, for a thread that polls: a header that is in no module, and a variadic function. */
#include <sys/eventfd.h>
#include <sys/prctl.h>

/* Names the calling thread; at most 15 bytes are kept. */
static inline void taskgrid_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
