#pragma once
#include "device/hikvision/session.h"

namespace camfleet::device {

// Hikvision cameras and recorders: ISAPI over HTTP for login, facts and alarms, RTSP for pictures.
class HikvisionDriver : public model::Driver {
 public:
  explicit HikvisionDriver(HikvisionOptions options = {}) : options_(options) {}
  std::string_view name() const override { return "hikvision"; }
  bool has_alarms() const override { return true; }
  net::Task<Result<std::shared_ptr<model::Session>>> open(model::DeviceTarget target,
                                                          Deadline deadline) override;

 private:
  HikvisionOptions options_;
};

}  // namespace camfleet::device
