#include "device/hikvision/driver.h"

namespace camfleet::device {

net::Task<Result<std::shared_ptr<model::Session>>> HikvisionDriver::open(model::DeviceTarget target,
                                                                         Deadline deadline) {
  const net::Executor executor = co_await net::asio::this_coro::executor;
  auto session = std::make_shared<HikvisionSession>(executor, std::move(target), options_);
  auto opened = co_await session->open(deadline);
  if (!opened) co_return fail(std::move(opened.error()));
  co_return std::shared_ptr<model::Session>(std::move(session));
}

}  // namespace camfleet::device
