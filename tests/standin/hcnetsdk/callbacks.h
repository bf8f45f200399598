#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <shared_mutex>

#include "sdkhost/abi.h"
#include "workers.h"

namespace camfleet::standin {
namespace abi = sdkhost::abi;

// What the program gave us to call. Calls are made on whatever thread of ours has something to say;
// exceptions on one and the same.
class Callbacks {
 public:
  static constexpr int kIndices = 16;

  void set_exception(abi::ExceptionCallback callback, void* user);
  bool set_message(int index, abi::MessageCallback callback, void* user);
  void set_message_v30(abi::MessageCallback callback, void* user);
  void set_message_v31(abi::MessageCallbackV31 callback, void* user);
  void forget();

  void exception(std::uint32_t type, abi::Handle user_id, abi::Handle handle);
  // `info` is ours and good until this returns. Every callback gets it.
  void message(std::int32_t command, abi::Alarmer& alarmer, void* info, std::uint32_t size);
  // Waits for exceptions that are on their way; further ones are not taken.
  void stop() { exceptions_.stop(); }

 private:
  template <class Callback>
  struct Registered {
    Callback callback = nullptr;
    void* user = nullptr;
  };
  std::mutex mutex_;
  Registered<abi::ExceptionCallback> exception_;
  std::array<Registered<abi::MessageCallback>, kIndices + 1> messages_;  // the last: V30
  Registered<abi::MessageCallbackV31> v31_;
  Workers exceptions_{1};
};

// Where a callback is about to be made: late, or the end of the process, where that is wished for.
void before_callback(std::string_view place, std::string_view device = {});

}  // namespace camfleet::standin
