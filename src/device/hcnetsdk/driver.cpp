#include "device/hcnetsdk/driver.h"

#include "device/hcnetsdk/session.h"

namespace camfleet::device {

net::Task<Result<std::shared_ptr<model::Session>>> HcNetSdkDriver::open(model::DeviceTarget target,
                                                                        Deadline deadline) {
  if (hosts_ == nullptr) co_return fail(Code::sdk_unconfigured, "camfleet serve --sdk-dir DIR");
  const net::Executor executor = co_await net::asio::this_coro::executor;
  auto session = std::make_shared<HcNetSdkSession>(executor, *hosts_, std::move(target), options_);
  auto opened = co_await session->open(deadline);
  if (!opened) co_return fail(std::move(opened.error()));
  co_return std::shared_ptr<model::Session>(std::move(session));
}

}  // namespace camfleet::device
