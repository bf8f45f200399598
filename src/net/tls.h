#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/tcp.h"

struct ssl_ctx_st;

namespace camfleet::net {

// TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only; no compression, no renegotiation.

struct TlsClientOptions {
  std::filesystem::path ca_file;      // PEM; empty: the system's store
  bool insecure_skip_verify = false;  // takes any certificate: encrypted, but with whom nobody knows
};

// What a client trusts. Made once, shared by connections of all threads, outlives them.
class TlsClient {
 public:
  // tls.unreadable, tls.bad_certificate: the file of authorities.
  static Result<TlsClient> make(const TlsClientOptions& options = {});
  TlsClient(TlsClient&&) noexcept;
  TlsClient& operator=(TlsClient&&) noexcept;
  ~TlsClient();

  // Shakes hands on a fresh connection to `host`: a name, or an address that the certificate then has to
  // name. tls.handshake_failed, tls.certificate_refused (the place has the reason), net.timeout, net.*; the
  // stream is then closed. The arguments outlive the call.
  Task<Result<>> secure(TcpStream& stream, const std::string& host, Deadline deadline) const;

 private:
  explicit TlsClient(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

}  // namespace camfleet::net
