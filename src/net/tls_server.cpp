#include "net/tls_server.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <list>

#include "base/log.h"
#include "base/metrics.h"
#include "net/address.h"
#include "net/tls_session.h"

namespace camfleet::net {
namespace {

constexpr std::size_t kHandshakesAtOnce = 256;  // of one loop
constexpr std::uint8_t kHandshakeRecord = 0x16;

// The handshakes of this thread's loop, the oldest first; each stream is in the frame of its task.
std::list<TcpStream*>& shaking() {
  thread_local std::list<TcpStream*> list;
  return list;
}

class Shaking {
 public:
  explicit Shaking(TcpStream& stream) : at_(shaking().insert(shaking().end(), &stream)) {
    if (shaking().size() > kHandshakesAtOnce) shaking().front()->abort();
  }
  Shaking(const Shaking&) = delete;
  Shaking& operator=(const Shaking&) = delete;
  ~Shaking() { shaking().erase(at_); }

 private:
  std::list<TcpStream*>::iterator at_;
};

metrics::Counter& handshakes(bool done) {
  static constexpr auto kHelp = "TLS handshakes of our listeners, by how they ended.";
  static auto& good = metrics::counter("camfleet_tls_handshakes_total", kHelp, {{"result", "done"}});
  static auto& bad = metrics::counter("camfleet_tls_handshakes_total", kHelp, {{"result", "failed"}});
  return done ? good : bad;
}

metrics::Counter& failures() {
  static auto& counter = metrics::counter("camfleet_tls_reload_failures_total",
                                          "New certificates that could not be used; the old one stayed.");
  return counter;
}

metrics::Counter& reloads() {
  static auto& counter =
      metrics::counter("camfleet_tls_reloads_total", "New certificates that were taken into use.");
  return counter;
}

std::int64_t seconds(std::chrono::system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

void complain(const Error& error) {
  failures().add();
  log::error("tls.reload_failed",
             {{"code", name(error.code)}, {"reason", info(error.code).en}, {"detail", error.place}});
}

}  // namespace

// What a rename, a rewrite or the swap of a link changes.
struct TlsServer::Stamp {
  struct One {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;
    std::int64_t changed = 0;  // content or mode, nanoseconds
    friend bool operator==(const One&, const One&) = default;
  };
  std::array<One, 2> files;
  friend bool operator==(const Stamp&, const Stamp&) = default;

  static std::unique_ptr<Stamp> of(const TlsFiles& files) {
    auto stamp = std::make_unique<Stamp>();
    const std::array<const std::filesystem::path*, 2> paths{&files.certificate, &files.key};
    for (std::size_t i = 0; i < paths.size(); ++i) {
      struct stat about {};
      if (::stat(paths[i]->c_str(), &about) != 0) continue;
      stamp->files[i] = {about.st_dev, about.st_ino, about.st_size,
                         about.st_ctim.tv_sec * 1'000'000'000 + about.st_ctim.tv_nsec};
    }
    return stamp;
  }
};

TlsServer::TlsServer(TlsFiles files) : files_(std::move(files)) {}
TlsServer::~TlsServer() = default;

Result<std::unique_ptr<TlsServer>> TlsServer::load(TlsFiles files) {
  std::unique_ptr<TlsServer> server{new TlsServer{std::move(files)}};
  failures();
  server->seen_ = Stamp::of(server->files_);
  auto pair = load_tls_pair(server->files_);
  if (!pair) return fail(pair.error());
  const auto now = system_clock().wall();
  if (pair->not_after < now || pair->not_before > now)
    log::warn("tls.certificate_out_of_date",
              {{"subject", pair->subject}, {"expired", pair->not_after < now}});
  server->take(std::move(*pair));
  return server;
}

void TlsServer::take(TlsPair pair) {
  metrics::gauge("camfleet_tls_certificate_expiry_seconds",
                 "When the TLS certificate in use ends, as a Unix time.")
      .set(seconds(pair.not_after));
  log::info("tls.certificate", {{"subject", pair.subject}, {"not_after", seconds(pair.not_after)}});
  const std::lock_guard lock{mutex_};
  context_ = std::shared_ptr<ssl_ctx_st>{std::move(pair.context)};
  subject_ = std::move(pair.subject);
  digest_ = std::move(pair.digest);
}

Result<void> TlsServer::replace(const TlsFiles& files) {
  auto pair = load_tls_pair(files);
  if (!pair) return fail(pair.error());
  if (pair->digest == digest_) return {};
  const auto now = system_clock().wall();
  if (pair->not_after < now) return fail(Code::tls_expired, files.certificate.string());
  if (pair->not_before > now)
    return fail(Code::tls_bad_certificate, files.certificate.string() + ": is not valid yet");
  take(std::move(*pair));
  reloads().add();
  return {};
}

void TlsServer::look() {
  auto now = Stamp::of(files_);
  if (*now == *seen_) return;
  auto replaced = replace(files_);
  if (replaced) {
    seen_ = std::move(now);
    doubt_.reset();
    return;
  }
  if (!doubt_ || *doubt_ != *now) {
    doubt_ = std::move(now);
    told_ = false;
    return;
  }
  if (!told_) complain(replaced.error());
  told_ = true;
  // Without descriptors or with a file that is missing nothing about the files has to change for the better.
  if (replaced.error().code != Code::tls_unreadable) seen_ = std::move(now);
}

Result<void> TlsServer::reload(TlsFiles files) {
  auto now = Stamp::of(files);
  auto replaced = replace(files);
  if (!replaced) {
    complain(replaced.error());
    return replaced;
  }
  files_ = std::move(files);
  seen_ = std::move(now);
  doubt_.reset();
  return {};
}

std::shared_ptr<ssl_ctx_st> TlsServer::context() const {
  const std::lock_guard lock{mutex_};
  return context_;
}

std::string TlsServer::subject() const {
  const std::lock_guard lock{mutex_};
  return subject_;
}

Task<Result<bool>> TlsServer::secure(TcpStream& stream, Deadline deadline) const {
  const auto ready = co_await stream.wait_readable(deadline);
  if (!ready) {
    stream.close();
    co_return fail(ready.error());
  }
  std::uint8_t first = 0;
  const auto got = ::recv(stream.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got <= 0) {
    stream.close();
    co_return fail(Code::net_closed);
  }
  if (first != kHandshakeRecord) co_return false;

  const Shaking here{stream};
  const auto current = context();
  auto session = TlsSession::make(current.get(), TlsSession::Role::server, stream.native_handle());
  if (!session) {
    stream.close();
    co_return fail(session.error());
  }
  auto doing = stream.start_tls(std::move(*session), deadline);
  const auto done = co_await std::move(doing);
  handshakes(done.has_value()).add();
  if (!done) co_return fail(done.error());
  co_return true;
}

}  // namespace camfleet::net
