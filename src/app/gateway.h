#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/result.h"
#include "fleet/fleet.h"

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

  // Refuses new work, ends viewers, pulls and sessions (TEARDOWN), then everything else; at most some
  // seconds.
  void stop();

 private:
  struct Parts;
  explicit Gateway(std::unique_ptr<Parts> parts);
  Result<void> add_demo(unsigned devices);
  static net::Task<> replace_all(fleet::Fleet& fleet, std::vector<fleet::NewDevice> devices,
                                 Result<void>& result);
  std::unique_ptr<Parts> parts_;
};

}  // namespace camfleet::app
