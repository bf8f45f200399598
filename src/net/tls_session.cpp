#include "net/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/address.h"
#include "net/tcp.h"

namespace camfleet::net {
namespace {

constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;

// Where the parts of a record come together; never held across a wait.
std::span<std::uint8_t> record_room() {
  thread_local const auto room = std::make_unique<std::array<std::uint8_t, kRecord>>();
  return *room;
}

std::string last_reason() {
  const auto error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "protocol error" : reason;
}

std::string why_refused(long verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "it has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "it is not valid yet";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "it is for another host";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "it is self-signed";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its issuer is not known";
    default:
      return X509_verify_cert_error_string(verdict);
  }
}

}  // namespace

// Not OpenSSL's own socket BIO: that one writes without MSG_NOSIGNAL and keeps no errno.
struct TlsSession::Wire {
  static TlsSession& of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int transferred(BIO* bio, ssize_t bytes, int retry) {
    if (bytes >= 0) return static_cast<int>(bytes);
    of(bio).error_ = errno;
    if (errno == EAGAIN || errno == EWOULDBLOCK) BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
    return -1;
  }
  static int write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    ssize_t sent = 0;
    do sent = ::send(of(bio).fd_, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return transferred(bio, sent, BIO_FLAGS_WRITE);
  }
  static int read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    ssize_t got = 0;
    do got = ::recv(of(bio).fd_, into, static_cast<std::size_t>(size), 0);
    while (got < 0 && errno == EINTR);
    if (got == 0) of(bio).eof_ = true;
    return transferred(bio, got, BIO_FLAGS_READ);
  }
  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return of(bio).eof_ ? 1 : 0;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
  }
  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      auto* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "camfleet socket");
      BIO_meth_set_write(m, write);
      BIO_meth_set_read(m, read);
      BIO_meth_set_ctrl(m, control);
      return m;
    }();
    return made;
  }
};

Result<std::unique_ptr<TlsSession>> TlsSession::make(ssl_ctx_st* context, Role role, int fd,
                                                     const std::string& host) {
  std::unique_ptr<TlsSession> session{new TlsSession};
  session->fd_ = fd;
  session->ssl_ = SSL_new(context);
  BIO* bio = BIO_new(Wire::method());
  if (session->ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    return fail(Code::tls_handshake_failed, "out of memory");
  }
  BIO_set_data(bio, session.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(session->ssl_, bio, bio);
  if (role == Role::server) {
    SSL_set_accept_state(session->ssl_);
    return session;
  }
  SSL_set_connect_state(session->ssl_);
  if (host.empty()) return session;
  auto* checks = SSL_get0_param(session->ssl_);
  if (const auto address = parse_address(host)) {
    // RFC 6066 section 3: no address in SNI.
    if (X509_VERIFY_PARAM_set1_ip_asc(checks, address->to_string().c_str()) != 1)
      return fail(Code::tls_handshake_failed, "host address");
  } else {
    const auto name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_host(checks, name.data(), name.size()) != 1 ||
        SSL_set_tlsext_host_name(session->ssl_, name.c_str()) != 1)
      return fail(Code::tls_handshake_failed, "host name");
  }
  return session;
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

Error TlsSession::failed(int returned, bool shaking) const {
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_ZERO_RETURN:
      return Error{Code::net_closed, {}, 0};
    case SSL_ERROR_SYSCALL:
      return error_of_errno(error_ == 0 ? ECONNRESET : error_);
    default:
      break;
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return shaking ? Error{Code::tls_handshake_failed, "the other side closed the connection", 0}
                   : Error{Code::net_reset, "the stream was cut: it ended without close_notify", 0};
  if (!shaking) return Error{Code::net_reset, "TLS: " + last_reason(), 0};
  const long verdict = SSL_get_verify_result(ssl_);
  if (!SSL_is_server(ssl_) && verdict != X509_V_OK)
    return Error{Code::tls_certificate_refused, why_refused(verdict), 0};
  return Error{Code::tls_handshake_failed, last_reason(), 0};
}

Result<TlsSession::Step> TlsSession::handshake() {
  ERR_clear_error();
  error_ = 0;
  const int done = SSL_do_handshake(ssl_);
  if (done == 1) return Step::done;
  const int why = SSL_get_error(ssl_, done);
  if (why == SSL_ERROR_WANT_READ) return Step::wants_read;
  if (why == SSL_ERROR_WANT_WRITE) return Step::wants_write;
  broken_ = true;
  return fail(failed(done, true));
}

Result<std::size_t> TlsSession::read(std::span<std::uint8_t> into) {
  starved_ = false;
  if (into.empty()) return 0;
  ERR_clear_error();
  error_ = 0;
  std::size_t got = 0;
  const int done = SSL_read_ex(ssl_, into.data(), into.size(), &got);
  if (done == 1) return got;
  const int why = SSL_get_error(ssl_, done);
  // WANT_WRITE: an answer to a key update that the socket does not take; it waits for the next write.
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
    starved_ = true;
    return 0;
  }
  auto error = failed(done, false);
  broken_ = broken_ || why != SSL_ERROR_ZERO_RETURN;
  return fail(std::move(error));
}

Result<std::size_t> TlsSession::send(ByteView plain) {
  ERR_clear_error();
  error_ = 0;
  std::size_t sent = 0;
  const int done = SSL_write_ex(ssl_, plain.data(), plain.size(), &sent);
  if (done == 1) return sent;
  const int why = SSL_get_error(ssl_, done);
  if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ) return 0;
  broken_ = true;
  return fail(failed(done, false));
}

Result<std::size_t> TlsSession::write(std::span<const ByteView> parts, std::size_t skip) {
  if (broken_) return fail(Code::net_closed);
  if (!stuck_.empty()) {
    const auto sent = send(stuck_);
    if (!sent) return fail(sent.error());
    if (*sent == 0) return 0;
    Bytes{}.swap(stuck_);
    owed_ = true;
  }
  std::size_t taken = 0;
  std::size_t at = 0;  // parts[at], from `skip`
  const auto forward = [&](std::size_t bytes) {
    skip += bytes;
    while (at < parts.size() && skip >= parts[at].size()) skip -= parts[at++].size();
  };
  forward(0);
  if (owed_ && at < parts.size()) {
    owed_ = false;
    taken = 1;
    forward(1);
  }
  while (at < parts.size()) {
    ByteView plain = parts[at].subspan(skip);
    if (plain.size() < kRecord && at + 1 < parts.size()) {
      const auto room = record_room();
      std::size_t size = 0;
      std::size_t from = skip;
      for (std::size_t i = at; i < parts.size() && size < kRecord; ++i, from = 0) {
        const auto piece = parts[i].subspan(from).first(std::min(parts[i].size() - from, kRecord - size));
        // A record that is kept must not owe the first byte of a part: the caller might think better of it.
        if (piece.size() == 1 && parts[i].size() - from > 1) break;
        if (!piece.empty()) std::memcpy(room.data() + size, piece.data(), piece.size());
        size += piece.size();
      }
      plain = room.first(size);
    }
    plain = plain.first(std::min(plain.size(), kRecord));
    const auto sent = send(plain);
    if (!sent) return fail(sent.error());
    if (*sent == 0) {
      stuck_.assign(plain.begin(), plain.end());
      return taken + plain.size() - 1;
    }
    taken += *sent;
    forward(*sent);
  }
  return taken;
}

bool TlsSession::buffered() const { return !starved_ && SSL_has_pending(ssl_) == 1; }

void TlsSession::shutdown() {
  if (broken_ || !stuck_.empty() || SSL_is_init_finished(ssl_) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

}  // namespace camfleet::net
