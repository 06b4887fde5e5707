/* TLS on librabbitmq's socket: OpenSSL's macros and callbacks, which Swift cannot call. SSL objects are opaque to Swift. */
#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* Passphrases are never asked for: OpenSSL would read one from the terminal. */
static inline int taskgrid_tls_no_passphrase(char *buffer, int size, int writes, void *data) {
  (void)buffer, (void)size, (void)writes, (void)data;
  return -1;
}

/* The context of a socket with the library's verification replaced: it is done in the handshake, for host names and IP addresses alike,
   so that a wrong server gets an alert and no byte of ours. */
static inline SSL_CTX *taskgrid_tls_context(amqp_socket_t *socket) {
  SSL_CTX *context = (SSL_CTX *)amqp_ssl_socket_get_context(socket);
  amqp_ssl_socket_set_verify_peer(socket, 0);
  amqp_ssl_socket_set_verify_hostname(socket, 0);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_default_passwd_cb(context, taskgrid_tls_no_passphrase);
  return context;
}

/* Trusts the CAs of a file; NULL: those of the host. False where the file cannot be used. */
static inline int taskgrid_tls_trust(SSL_CTX *context, const char *file) {
  ERR_clear_error();
  return (file ? SSL_CTX_load_verify_locations(context, file, NULL) : SSL_CTX_set_default_verify_paths(context)) == 1;
}

/* Takes a certificate, with those of the CAs below it in the file. False where the file cannot be used. */
static inline int taskgrid_tls_use_certificate(SSL_CTX *context, const char *file) {
  ERR_clear_error();
  return SSL_CTX_use_certificate_chain_file(context, file) == 1;
}

/* Takes the certificate's key. False where the file cannot be used, or has the key of another certificate. */
static inline int taskgrid_tls_use_key(SSL_CTX *context, const char *file) {
  ERR_clear_error();
  return SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1 && SSL_CTX_check_private_key(context) == 1;
}

/* The common name of a file's first certificate. Gives its length; below 0: there is none, or the file cannot be used. */
static inline int taskgrid_tls_common_name(const char *file, char *name, int size) {
  ERR_clear_error();
  BIO *pem = BIO_new_file(file, "r");
  X509 *certificate = pem ? PEM_read_bio_X509(pem, NULL, taskgrid_tls_no_passphrase, NULL) : NULL;
  BIO_free(pem);
  int length = certificate ? X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, size) : -1;
  X509_free(certificate);
  return length;
}

/* The library shows its SSL object to nobody. OpenSSL does, when the handshake begins. */
typedef struct {
  /* For Server Name Indication; NULL: none, as for an IP address (RFC 6066, section 3). */
  const char *server_name;
  SSL *ssl;
} taskgrid_tls_capture_t;

static inline void taskgrid_tls_capture(const SSL *ssl, int where, int result) {
  (void)result;
  taskgrid_tls_capture_t *capture = (taskgrid_tls_capture_t *)SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  if (!(where & SSL_CB_HANDSHAKE_START) || !capture || capture->ssl) return;
  capture->ssl = (SSL *)ssl;
  SSL_up_ref(capture->ssl);
  /* The library has set the host that it connects to, even where that is an address. */
  SSL_set_tlsext_host_name(capture->ssl, capture->server_name);
}

/* Connects, and shakes hands with a server whose certificate is for `name`, a host name or an IP address. Gives the socket's SSL object
   with a reference of the caller's; NULL where no handshake began. */
static inline int taskgrid_tls_open(amqp_socket_t *socket, SSL_CTX *context, const char *host, int port, const struct timeval *timeout,
                                    const char *name, SSL **ssl) {
  X509_VERIFY_PARAM *wanted = SSL_CTX_get0_param(context);
  int is_address = X509_VERIFY_PARAM_set1_ip_asc(wanted, name) == 1;
  *ssl = NULL;
  if (!is_address && X509_VERIFY_PARAM_set1_host(wanted, name, 0) != 1) return AMQP_STATUS_INVALID_PARAMETER;
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  taskgrid_tls_capture_t capture = {is_address ? NULL : name, NULL};
  SSL_CTX_set_app_data(context, &capture);
  SSL_CTX_set_info_callback(context, taskgrid_tls_capture);
  int status = amqp_socket_open_noblock(socket, host, port, timeout);
  SSL_CTX_set_info_callback(context, NULL);
  SSL_CTX_set_app_data(context, NULL);
  *ssl = capture.ssl;
  return status;
}

/* Writes what the socket takes. Gives the number of bytes; 0: none now, and `*reads` says whether OpenSSL has to read first; below 0: the
   connection is broken. Refused bytes have to come again, from the same or another address. */
static inline ssize_t taskgrid_tls_write(SSL *ssl, const void *bytes, size_t count, int *reads) {
  size_t written = 0;
  ERR_clear_error();
  int result = SSL_write_ex(ssl, bytes, count, &written);
  if (result == 1) return (ssize_t)written;
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_WRITE: *reads = 0; return 0;
    case SSL_ERROR_WANT_READ: *reads = 1; return 0;
    default: return -1;
  }
}

/* Reads on, through a copy of the socket, after a call of the library has failed. With TLS 1.3 a server refuses a client's certificate when
   the client has finished its handshake. If it closes before the client's next write, the library closes the socket and reads no alert. */
static inline void taskgrid_tls_read_alert(SSL *ssl, int copy) {
  char byte;
  BIO_set_fd(SSL_get_rbio(ssl), copy, BIO_NOCLOSE);
  ERR_clear_error();
  SSL_read(ssl, &byte, 1);
}

/* The reason that OpenSSL gave last on this thread (openssl/sslerr.h); 0: none. */
static inline int taskgrid_tls_reason(void) {
  unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
}

/* The same in words; NULL: none. */
static inline const char *taskgrid_tls_reason_text(void) { return ERR_reason_error_string(ERR_peek_last_error()); }
