#pragma once
#include "device/hcnetsdk/hosts.h"
#include "model/driver.h"

namespace camfleet::device {

struct HcNetSdkOptions {
  std::chrono::milliseconds heartbeat_least{10'000};
  std::chrono::milliseconds heartbeat_most{20'000};
  std::chrono::milliseconds alarm_retry_least{2'000};
  std::chrono::milliseconds alarm_retry_most{60'000};
  std::chrono::milliseconds clock_tolerance{5'000};
  std::chrono::milliseconds first_media{10'000};  // from PLAY to the first packet
  std::chrono::milliseconds media_silence{15'000};
};

// Devices through the vendor's library, which runs in processes of its own (hosts.h). Without a directory of
// that library every attempt is sdk.unconfigured.
class HcNetSdkDriver final : public model::Driver {
 public:
  // `hosts` outlives the driver's sessions; null: there is no library.
  explicit HcNetSdkDriver(hcnetsdk::Hosts* hosts, const HcNetSdkOptions& options = {})
      : hosts_(hosts), options_(options) {}
  std::string_view name() const override { return "hcnetsdk"; }
  bool has_alarms() const override { return true; }
  net::Task<Result<std::shared_ptr<model::Session>>> open(model::DeviceTarget target,
                                                          Deadline deadline) override;

 private:
  hcnetsdk::Hosts* hosts_;
  HcNetSdkOptions options_;
};

}  // namespace camfleet::device
