#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "alarm_structs.h"
#include "callbacks.h"
#include "device.h"
#include "isapi_client.h"
#include "proto/multipart/parser.h"
#include "thread.h"

namespace camfleet::standin {

// The alarm channel of one device: its alert stream.
struct AlarmLink {
  std::shared_ptr<Device> device;
  abi::Handle user_id = -1;
  std::atomic<abi::Handle> handle{-1};
  bool want_v40 = false;
  std::atomic<bool> closed{false};

  // Of the thread that reads.
  std::unique_ptr<IsapiClient> client;
  IsapiClient::Stream stream;
  multipart::Parser parser;
  std::optional<Report> waiting;  // for its pictures
  std::mutex reading;             // held while a callback may be made for it
};

// Reads the streams of all alarm channels, on one thread, and makes their callbacks there.
class AlarmReader {
 public:
  // Called on the reading thread when a stream has ended by itself; the link is not read any more.
  using Ended = std::function<void(std::shared_ptr<AlarmLink>)>;
  AlarmReader(Callbacks& callbacks, Ended ended);
  ~AlarmReader();

  // Connects, on the caller's thread; the number of the error.
  static std::uint32_t open(AlarmLink& link);
  void add(const std::shared_ptr<AlarmLink>& link);
  // After it no callback is made for this link; not to be called from one.
  void remove(AlarmLink& link);

 private:
  void run();
  void read(const std::shared_ptr<AlarmLink>& link);
  // False: the stream is over.
  bool take(AlarmLink& link, std::span<std::uint8_t> bytes);
  void part(AlarmLink& link, const multipart::Part& part);
  void give(AlarmLink& link);

  Callbacks& callbacks_;
  Ended ended_;
  int epoll_;
  int wake_;
  std::mutex mutex_;
  std::unordered_map<int, std::shared_ptr<AlarmLink>> links_;  // by descriptor
  std::vector<std::shared_ptr<AlarmLink>> fresh_;
  std::atomic<bool> stopping_{false};
  Thread thread_;
};

}  // namespace camfleet::standin
