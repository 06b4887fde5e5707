#include "CPostgres.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#ifdef __linux__
/* The kernel's own header: the C library's structure ends before the counters of bytes. */
#include <linux/tcp.h>
#include <netinet/in.h>
#endif

int taskgrid_libpq_load(const char *library, taskgrid_libpq_t *functions, char *reason, size_t size) {
  memset(functions, 0, sizeof *functions);
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *text = dlerror();
    snprintf(reason, size, "%s", text ? text : library);
    return -1;
  }
  const char *missing = NULL;
  /* dlsym gives a pointer to an object, which ISO C does not convert to one to a function; POSIX does. */
#define TASKGRID_LIBPQ_FIND(name)                                        \
  if (!missing) {                                                        \
    *(void **)(&functions->name) = dlsym(handle, #name);                 \
    if (!functions->name) missing = #name;                               \
  }
  TASKGRID_LIBPQ_FUNCTIONS(TASKGRID_LIBPQ_FIND)
#undef TASKGRID_LIBPQ_FIND
  if (missing) {
    snprintf(reason, size, "%s has no function %s", library, missing);
    dlclose(handle);
    return -1;
  }
  /* Found through libpq, so that it is of the OpenSSL that libpq uses. */
  *(void **)(&functions->SSL_pending) = dlsym(handle, "SSL_pending");
  return 0;
}

int64_t taskgrid_bytes_received(int socket) {
#ifdef __linux__
  struct tcp_info info;
  socklen_t length = sizeof info;
  memset(&info, 0, sizeof info);
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -1;
  if (length < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) return -1;
  return (int64_t)info.tcpi_bytes_received;
#else
  (void)socket;
  return -1;
#endif
}
