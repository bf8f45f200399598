#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace camfleet::net {

// The TLS of one connection, over the non-blocking socket that TcpStream waits on; internal to net/. Never
// waits. Only one thread at a time. What it holds while idle is OpenSSL's, about 10 KiB without its buffers,
// which are given back whenever they are empty.
class TlsSession {
 public:
  enum class Role : std::uint8_t { client, server };
  // The context is shared by count. `host` (client): what the certificate must be for, and SNI where it is a
  // name; empty: no check of the name.
  static Result<std::unique_ptr<TlsSession>> make(ssl_ctx_st* context, Role role, int fd,
                                                  const std::string& host = {});
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  enum class Step : std::uint8_t { done, wants_read, wants_write };
  // tls.handshake_failed, tls.certificate_refused with the reason, net.*
  Result<Step> handshake();

  // As TcpStream::try_read and try_write. An end without close_notify is net.reset: the stream was cut.
  Result<std::size_t> read(std::span<std::uint8_t> into);
  // In records of up to 16 KiB made of as many parts as fit; the first `skip` bytes of parts[0] are out
  // already. A record that the socket did not take whole is kept, and its last byte not counted as taken: so
  // the caller comes back with that byte when the socket can be written, and the record goes out first.
  Result<std::size_t> write(std::span<const ByteView> parts, std::size_t skip);

  // A read would give something without the socket.
  bool buffered() const;
  // Our end of stream, as far as the socket takes it.
  void shutdown();

 private:
  struct Wire;  // the socket as OpenSSL's BIO sees it
  TlsSession() = default;
  Error failed(int returned, bool shaking) const;
  // One record; 0: the socket is full, and it is kept where `keep` is set.
  Result<std::size_t> send(ByteView plain);

  ssl_st* ssl_ = nullptr;
  Bytes stuck_;  // the plain bytes of a record that OpenSSL could not send whole
  int fd_ = -1;
  int error_ = 0;         // errno of the last system call that failed
  bool eof_ = false;      // of the socket
  bool starved_ = false;  // the last read took all that was there
  bool broken_ = false;   // after a fatal error nothing more may be sent
  bool owed_ = false;     // the last byte of a kept record, which went out since
};

}  // namespace camfleet::net
