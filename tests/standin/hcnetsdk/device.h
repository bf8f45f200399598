#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "isapi_client.h"
#include "proto/isapi/device.h"
#include "sdkhost/abi.h"

namespace camfleet::standin {
namespace abi = sdkhost::abi;

// One login. Shared by whoever works on it; the library holds it by its user id.
class Device {
 public:
  Device(const abi::LoginInfo& login, Limits limits);

  // Asks the device what it is; the numbers of the library. `info` is filled as far as it is known, after a
  // refusal too.
  std::uint32_t log_in(abi::DeviceInfoV40& info);

  // One request at a time; the others wait. A session that is over is begun anew.
  IsapiAnswer ask(std::string_view method, std::string_view target, std::string_view body = {});
  // A client of its own, for what lasts, logged in as this one is.
  std::unique_ptr<IsapiClient> new_client();
  // What keeps a login; its answer says whether the device is there.
  IsapiAnswer beat();
  // Ends the session where there is one.
  void log_out();

  // The device's own number of a channel of the library; 0: there is none.
  int own_channel(std::int32_t channel) const;
  std::int32_t library_channel(int own) const;

  const Where& where() const { return where_; }
  bool recorder() const { return recorder_; }
  int channels() const { return channels_; }
  bool speaks_isapi() const { return mode_ == abi::login_isapi; }
  std::uint16_t rtsp_port() const { return rtsp_port_; }
  Limits limits() const { return limits_; }

  std::atomic<int> in_use{0};  // live views and alarm channels
  std::atomic<bool> gone{false};
  std::atomic<bool> heard{true};  // the last heartbeat was answered

 private:
  void tell(const isapi::DeviceInfo& said, abi::DeviceInfoV30& basic) const;

  Where where_;
  std::uint8_t mode_;
  Limits limits_;
  std::mutex mutex_;
  IsapiClient client_;
  bool recorder_ = false;
  int channels_ = 1;
  std::int32_t first_ = 1;
  std::uint16_t rtsp_port_ = 554;
};

}  // namespace camfleet::standin
