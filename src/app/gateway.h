#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/result.h"
#include "fleet/fleet.h"
#include "media/hub.h"

namespace camfleet::app {

// The gateway as one object: makes every part from the settings, plugs them together, and takes them down in
// order.
class Gateway {
 public:
  // Opens the data directory, the registry, the keys and both ports; blocking. Whatever is wrong with what
  // the operator gave is told here, before any device is touched: config.*, storage.*, auth.*.
  static Result<std::unique_ptr<Gateway>> start(const Settings& settings);
  ~Gateway();

  // HOST:PORT as bound; the login link for a browser, with the administrator's token.
  std::string http() const;
  std::string rtsp() const;
  std::string login_link() const;

  // Takes those of `keys` that differ in `next`; all or nothing. tls.*: the new pair cannot be used. Devices
  // outside the new networks lose their sessions. Not from a loop.
  Result<void> apply(const Settings& next, const std::vector<std::string>& keys);
  // To be called every second or so, not from a loop: looks at the files of TLS.
  void look();
  // Every loop has run something within `limit`. Not from a loop.
  bool answers(std::chrono::milliseconds limit);

  // /readyz is 503 and nobody is let in any more; then answers that are being made go out (2 s at most), then
  // viewers, pulls and sessions end (TEARDOWN, 1 s at most), all at the same time, then everything else.
  void stop();

 private:
  struct Parts;
  explicit Gateway(std::unique_ptr<Parts> parts);
  // What streams tell goes to their devices.
  static media::HubHooks hub_hooks(Parts& parts);
  static Result<void> open_sinks(Parts& parts, const Settings& settings);
  static Result<void> listen_for_pushes(Parts& parts, const Settings& settings);
  Result<void> add_demo(unsigned devices);
  static net::Task<> replace_all(fleet::Fleet& fleet, std::vector<fleet::NewDevice> devices,
                                 Result<void>& result);
  std::unique_ptr<Parts> parts_;
};

}  // namespace camfleet::app
