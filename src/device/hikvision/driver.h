#pragma once
#include "device/hikvision/session.h"

namespace camfleet::device {

// Hikvision cameras and recorders: ISAPI over HTTP for login, facts and alarms, RTSP for pictures.
class HikvisionDriver : public model::Driver {
 public:
  explicit HikvisionDriver(HikvisionOptions options = {})
      : options_(std::make_shared<const HikvisionOptions>(options)) {}
  std::string_view name() const override { return "hikvision"; }
  bool has_alarms() const override { return true; }
  net::Task<Result<std::shared_ptr<model::Session>>> open(model::DeviceTarget target,
                                                          Deadline deadline) override;

 private:
  std::shared_ptr<const HikvisionOptions> options_;  // shared with the sessions, which may outlive this
};

}  // namespace camfleet::device
