#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/tcp.h"
#include "net/tls_pair.h"

namespace camfleet::net {

// The certificate that our listeners show. New handshakes take the newest good pair; connections live on with
// the one that they began with. Outlives the servers that use it; secure() is for every loop, the rest for
// one thread.
//
// camfleet_tls_certificate_expiry_seconds: when the certificate in use ends, as a Unix time.
// camfleet_tls_reloads_total, camfleet_tls_reload_failures_total, camfleet_tls_handshakes_total{result}.
class TlsServer {
 public:
  // As load_tls_pair. A certificate whose time is over or has not come is served with a warning: a fleet that
  // nobody watches is worse, and the machine's clock may be what is wrong.
  static Result<std::unique_ptr<TlsServer>> load(TlsFiles files);
  ~TlsServer();

  // Looks whether the files have changed, and takes the new pair where it is whole, fits together and is in
  // its time (tls.expired). To be called every second or so; blocking. Where a new pair cannot be used the
  // one in use stays, and since files are written one after another, that is told only when the next look
  // finds the same: one error line and one count for each state of the files.
  void look();
  // Reads the files in any case and tells what is wrong with them, without waiting for another look. An
  // unusable pair leaves the one in use. `files` may be others than before.
  Result<void> reload(TlsFiles files);

  // The first byte of a connection tells TLS from plain text. Shakes hands and returns true; false: plain
  // text, of which nothing has been read. Otherwise the stream is closed: tls.handshake_failed, net.*. At
  // most 256 handshakes of a loop go on at once: past that the oldest is given up for the newest, so those
  // that stall are in nobody's way.
  Task<Result<bool>> secure(TcpStream& stream, Deadline deadline) const;

  const TlsFiles& files() const { return files_; }
  std::string subject() const;

 private:
  struct Stamp;
  explicit TlsServer(TlsFiles files);
  void take(TlsPair pair);
  Result<void> replace(const TlsFiles& files);
  std::shared_ptr<ssl_ctx_st> context() const;

  TlsFiles files_;
  std::unique_ptr<Stamp> seen_;   // of the files when they were last good, or were complained about
  std::unique_ptr<Stamp> doubt_;  // of files that could not be used
  bool told_ = false;             // about those
  mutable std::mutex mutex_;      // of what follows
  std::shared_ptr<ssl_ctx_st> context_;
  std::string subject_;
  std::string digest_;
};

// How a listener uses it.
struct TlsPolicy {
  const TlsServer* server = nullptr;  // null: plain text only; outlives the listener's server
  bool plain_too = false;             // on the same port: the first byte tells
};

}  // namespace camfleet::net
