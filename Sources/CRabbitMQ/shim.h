/* What Swift cannot import of librabbitmq by itself: variadic functions and method numbers, which are macros. */
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include "tls.h"

static inline amqp_rpc_reply_t taskgrid_login_plain(amqp_connection_state_t state, const char *vhost, int channel_max,
                                                    int frame_max, int heartbeat, const amqp_table_t *properties,
                                                    const char *user, const char *password) {
  return amqp_login_with_properties(state, vhost, channel_max, frame_max, heartbeat, properties, AMQP_SASL_METHOD_PLAIN,
                                    user, password);
}

/* The broker takes the user from the client's certificate. It wants some identity all the same. */
static inline amqp_rpc_reply_t taskgrid_login_external(amqp_connection_state_t state, const char *vhost, int channel_max,
                                                       int frame_max, int heartbeat, const amqp_table_t *properties,
                                                       const char *identity) {
  return amqp_login_with_properties(state, vhost, channel_max, frame_max, heartbeat, properties, AMQP_SASL_METHOD_EXTERNAL,
                                    identity);
}

static inline struct timeval taskgrid_timeval(long milliseconds) {
  struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
  return time;
}

/* Keeps other processes of the user from reading this one's memory, and the system from dumping it (prctl(2)). Returns 0, or -1. */
static inline int taskgrid_hide_memory(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

static const amqp_method_number_t TASKGRID_BASIC_DELIVER = AMQP_BASIC_DELIVER_METHOD;
static const amqp_method_number_t TASKGRID_BASIC_RETURN = AMQP_BASIC_RETURN_METHOD;
static const amqp_method_number_t TASKGRID_BASIC_ACK = AMQP_BASIC_ACK_METHOD;
static const amqp_method_number_t TASKGRID_BASIC_NACK = AMQP_BASIC_NACK_METHOD;
static const amqp_method_number_t TASKGRID_BASIC_CONSUME_OK = AMQP_BASIC_CONSUME_OK_METHOD;
static const amqp_method_number_t TASKGRID_BASIC_CANCEL = AMQP_BASIC_CANCEL_METHOD;
static const amqp_method_number_t TASKGRID_BASIC_CANCEL_OK = AMQP_BASIC_CANCEL_OK_METHOD;
static const amqp_method_number_t TASKGRID_BASIC_GET_OK = AMQP_BASIC_GET_OK_METHOD;
static const amqp_method_number_t TASKGRID_BASIC_PUBLISH = AMQP_BASIC_PUBLISH_METHOD;
static const amqp_method_number_t TASKGRID_CHANNEL_CLOSE = AMQP_CHANNEL_CLOSE_METHOD;
static const amqp_method_number_t TASKGRID_CHANNEL_CLOSE_OK = AMQP_CHANNEL_CLOSE_OK_METHOD;
static const amqp_method_number_t TASKGRID_CONNECTION_CLOSE = AMQP_CONNECTION_CLOSE_METHOD;
static const amqp_method_number_t TASKGRID_CONNECTION_CLOSE_OK = AMQP_CONNECTION_CLOSE_OK_METHOD;
static const amqp_method_number_t TASKGRID_CONNECTION_BLOCKED = AMQP_CONNECTION_BLOCKED_METHOD;
static const amqp_method_number_t TASKGRID_CONNECTION_UNBLOCKED = AMQP_CONNECTION_UNBLOCKED_METHOD;
