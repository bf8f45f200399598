#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls.h"
#include "net/tls_context.h"
#include "net/tls_session.h"

namespace camfleet::net {

Result<TlsClient> TlsClient::make(const TlsClientOptions& options) {
  auto context = make_tls_context(false);
  if (!context) return fail(Code::tls_handshake_failed, "out of memory");
  if (options.insecure_skip_verify) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return TlsClient{context.release()};
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  ERR_clear_error();
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str()) != 1) {
    const bool unreadable = ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_SYS;
    ERR_clear_error();
    return fail(unreadable ? Code::tls_unreadable : Code::tls_bad_certificate,
                options.ca_file.string() + (unreadable ? "" : ": wants certificates in PEM"));
  }
  return TlsClient{context.release()};
}

TlsClient::TlsClient(TlsClient&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
TlsClient& TlsClient::operator=(TlsClient&& other) noexcept {
  std::swap(context_, other.context_);
  return *this;
}
TlsClient::~TlsClient() { SSL_CTX_free(context_); }

Task<Result<>> TlsClient::secure(TcpStream& stream, const std::string& host, Deadline deadline) const {
  auto session = TlsSession::make(context_, TlsSession::Role::client, stream.native_handle(), host);
  if (!session) co_return fail(session.error());
  auto shaking = stream.start_tls(std::move(*session), deadline);
  auto done = co_await std::move(shaking);
  if (!done) {
    std::string place = host;
    if (!done.error().place.empty()) place += ": " + done.error().place;
    co_return fail(done.error().code, std::move(place));
  }
  co_return done;
}

}  // namespace camfleet::net
