#include "callbacks.h"

#include <chrono>
#include <thread>

#include "faults.h"

namespace camfleet::standin {

void before_callback(std::string_view place, std::string_view device) {
  if (const auto late = faults().late_ms; late > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds{late});
  at(place, device);
}

void Callbacks::set_exception(abi::ExceptionCallback callback, void* user) {
  const std::lock_guard guard{mutex_};
  exception_ = {callback, user};
}

bool Callbacks::set_message(int index, abi::MessageCallback callback, void* user) {
  if (index < 0 || index >= kIndices) return false;
  const std::lock_guard guard{mutex_};
  messages_[static_cast<std::size_t>(index)] = {callback, user};
  return true;
}

void Callbacks::set_message_v30(abi::MessageCallback callback, void* user) {
  const std::lock_guard guard{mutex_};
  messages_.back() = {callback, user};
}

void Callbacks::set_message_v31(abi::MessageCallbackV31 callback, void* user) {
  const std::lock_guard guard{mutex_};
  v31_ = {callback, user};
}

void Callbacks::forget() {
  const std::lock_guard guard{mutex_};
  exception_ = {};
  messages_ = {};
  v31_ = {};
}

void Callbacks::exception(std::uint32_t type, abi::Handle user_id, abi::Handle handle) {
  exceptions_.soon([this, type, user_id, handle] {
    Registered<abi::ExceptionCallback> to;
    {
      const std::lock_guard guard{mutex_};
      to = exception_;
    }
    before_callback("exception");
    if (to.callback != nullptr) to.callback(type, user_id, handle, to.user);
  });
}

void Callbacks::message(std::int32_t command, abi::Alarmer& alarmer, void* info, std::uint32_t size) {
  decltype(messages_) to;
  Registered<abi::MessageCallbackV31> v31;
  {
    const std::lock_guard guard{mutex_};
    to = messages_;
    v31 = v31_;
  }
  before_callback("callback", alarmer.device_ip);
  auto* const bytes = static_cast<char*>(info);
  for (const auto& one : to)
    if (one.callback != nullptr) one.callback(command, &alarmer, bytes, size, one.user);
  if (v31.callback != nullptr) v31.callback(command, &alarmer, bytes, size, v31.user);
}

}  // namespace camfleet::standin
