#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "callbacks.h"
#include "device.h"
#include "program_stream.h"
#include "rtsp_client.h"
#include "thread.h"

namespace camfleet::standin {

// One live view: a thread that pulls a stream by RTSP and makes the callbacks; it connects again for as long
// as it lives.
class LiveView {
 public:
  struct Reconnect {
    bool on = true;
    std::chrono::milliseconds interval{30'000};
  };
  LiveView(Callbacks& callbacks, std::shared_ptr<Device> device, abi::Handle user_id, int channel,
           int stream);
  ~LiveView() { stop(); }

  void set_raw(abi::DataCallback callback, void* user);
  void set_standard(abi::DataCallback callback, void* user);
  // Connects on the caller's thread; the number of the error.
  std::uint32_t connect();
  // What connect() did not do is done on the view's own thread.
  bool start(abi::Handle handle, Reconnect reconnect);
  // Afterwards no callback is made. Not from one of its own.
  void stop();
  bool is_own_thread() const { return thread_.is_this(); }
  // One more, as a faulty library makes it.
  void call_after_stop();

  const std::shared_ptr<Device>& device() const { return device_; }

 private:
  struct To {
    abi::DataCallback callback = nullptr;
    void* user = nullptr;
    bool head_due = false;
  };
  void run();
  void play();
  bool wait(std::chrono::milliseconds time);
  void packet(const RtspClient::Packet& packet);
  void give(To& to, std::uint32_t type, ByteView bytes);
  void heads(To& to, bool standard);

  Callbacks& callbacks_;
  std::shared_ptr<Device> device_;
  abi::Handle user_id_;
  abi::Handle handle_ = -1;
  int channel_, stream_;
  Reconnect reconnect_;
  std::mutex mutex_;  // the callbacks, and what ends the thread's waits
  std::condition_variable bell_;
  To raw_, standard_;
  RtspClient rtsp_;
  std::optional<ProgramStream> program_;
  unsigned turn_ = 0;  // of lies, where those are wished for
  std::atomic<bool> stopped_{false};
  Thread thread_;
};

}  // namespace camfleet::standin
