/* libpq, PostgreSQL's client library, as Swift uses it. It is loaded at run time, so that a program without PostgreSQL needs none: the
   functions are called through a table, never by their names. */
#ifndef TASKGRID_CPOSTGRES_H
#define TASKGRID_CPOSTGRES_H

#include <stddef.h>
#include <stdint.h>

#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#elif __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#error "there is no libpq-fe.h here: install libpq-dev"
#endif

/* All functions that are used, each of which version 14 has. */
#define TASKGRID_LIBPQ_FUNCTIONS(F)                                                                                     \
  F(PQbackendPID) F(PQclear) F(PQcmdStatus) F(PQcmdTuples) F(PQconnectPoll) F(PQconnectStartParams) F(PQconninfo)       \
  F(PQconninfoFree) F(PQconninfoParse) F(PQconsumeInput) F(PQenterPipelineMode) F(PQerrorMessage) F(PQfformat)          \
  F(PQfinish) F(PQflush) F(PQfname) F(PQfreemem) F(PQftype) F(PQgetisnull) F(PQgetlength) F(PQgetResult) F(PQgetvalue)  \
  F(PQhost) F(PQhostaddr) F(PQisBusy) F(PQisthreadsafe) F(PQnfields) F(PQntuples) F(PQparameterStatus) F(PQpass)        \
  F(PQpipelineSync) F(PQport)                                                                                           \
  F(PQresultErrorField) F(PQresultErrorMessage) F(PQresultMemorySize) F(PQresultStatus) F(PQsendPrepare)                \
  F(PQsendQueryParams) F(PQsendQueryPrepared) F(PQserverVersion) F(PQsetErrorVerbosity) F(PQsetnonblocking)             \
  F(PQsetNoticeReceiver) F(PQsocket) F(PQsslInUse) F(PQsslStruct) F(PQstatus) F(PQtransactionStatus)

typedef struct {
#define TASKGRID_LIBPQ_FIELD(name) __typeof__(name) *name;
  TASKGRID_LIBPQ_FUNCTIONS(TASKGRID_LIBPQ_FIELD)
#undef TASKGRID_LIBPQ_FIELD
  /* OpenSSL's, as libpq uses it; NULL: a libpq without it. */
  int (*SSL_pending)(const void *ssl);
} taskgrid_libpq_t;

/* Loads a library and fills the table. Gives 0; otherwise the reason is in `reason`, cut to `size` bytes with the end. A loaded library
   stays. */
int taskgrid_libpq_load(const char *library, taskgrid_libpq_t *functions, char *reason, size_t size);

/* The bytes that a TCP socket has received; -1 where the system does not say, as for other sockets. */
int64_t taskgrid_bytes_received(int socket);

/* These are macros of characters, which Swift does not import. */
static const int TASKGRID_DIAG_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int TASKGRID_DIAG_SQLSTATE = PG_DIAG_SQLSTATE;
static const int TASKGRID_DIAG_PRIMARY = PG_DIAG_MESSAGE_PRIMARY;
static const int TASKGRID_DIAG_DETAIL = PG_DIAG_MESSAGE_DETAIL;
static const int TASKGRID_DIAG_HINT = PG_DIAG_MESSAGE_HINT;
static const int TASKGRID_DIAG_TABLE = PG_DIAG_TABLE_NAME;
static const int TASKGRID_DIAG_COLUMN = PG_DIAG_COLUMN_NAME;
static const int TASKGRID_DIAG_CONSTRAINT = PG_DIAG_CONSTRAINT_NAME;
static const int TASKGRID_DIAG_FUNCTION = PG_DIAG_SOURCE_FUNCTION;

#endif
