#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "proto/sdkhost/message.h"
#include "sdkhost/library.h"
#include "sdkhost/outlet.h"
#include "sdkhost/strands.h"

namespace camfleet::sdkhost {

// What the gateway asks of the library, and what the library calls back.
//
// Threads: one receives requests and never calls into the library; calls run on Strands, those of one device
// one after the other, so that its handles are opened and closed in order: streams, alarm channel, login. The
// library's own threads come in by the callbacks: they look numbers up under a lock that nobody holds over a
// call into the library, copy what they were given, and return. They call nothing of it.
//
// Nothing of the gateway's is given to the library as a pointer, but numbers that are never used twice: what
// calls back late finds nothing and is dropped.
class Host {
 public:
  Host(Outlet& outlet, int socket);
  ~Host();

  // Receives until the gateway closes its end; then closes everything, in order, and starts no more.
  void run();

  struct Stream;  // stream.h

 private:
  static constexpr abi::Handle kNone = -1;
  struct Device {
    explicit Device(std::uint32_t n) : number(n) {}
    const std::uint32_t number;
    std::atomic<bool> gone{false};
    // On its strand alone.
    abi::Handle user = kNone;
    abi::Handle alarm = kNone;
    std::unordered_map<std::uint32_t, std::shared_ptr<Stream>> streams;
  };
  using DevicePtr = std::shared_ptr<Device>;

  void take(Request request);
  template <class Ask>
  void on_device(const Request& request, Ask ask, void (Host::*how)(Device&, Ask&, Answer&));

  void begin(std::uint32_t number, const Init& init);
  void ping(std::uint32_t number);
  void login(Device& device, Login& ask, Answer& answer);
  void arm(Device& device, Arm& ask, Answer& answer);
  void disarm(Device& device, Disarm& ask, Answer& answer);
  void play(Device& device, Play& ask, Answer& answer);
  void stop(Device& device, Stop& ask, Answer& answer);
  void snapshot(Device& device, Snapshot& ask, Answer& answer);
  void ptz(Device& device, Ptz& ask, Answer& answer);
  void preset(Device& device, Preset& ask, Answer& answer);
  void key_frame(Device& device, KeyFrame& ask, Answer& answer);
  void isapi(Device& device, Isapi& ask, Answer& answer);
  void check(Device& device, Check& ask, Answer& answer);
  void clock(Device& device, AskClock& ask, Answer& answer);
  void ip_channels(Device& device, AskIpChannels& ask, Answer& answer);
  void logout(std::uint32_t number);
  void close(Device& device);
  void close_alarm(Device& device);
  void close_stream(Device& device, std::uint32_t stream);
  // The library refused: its number and text into the answer.
  void refused(Answer& answer) const;

  DevicePtr find(std::uint32_t number);
  std::optional<std::uint32_t> device_of(abi::Handle user);
  std::shared_ptr<Stream> stream_of(std::uint32_t number);

  // Called by the library.
  static void on_exception(std::uint32_t type, abi::Handle user, abi::Handle handle, void* self);
  static void on_message(std::int32_t command, abi::Alarmer* alarmer, char* info, std::uint32_t size,
                         void* self);
  static void on_media(abi::Handle handle, std::uint32_t type, std::uint8_t* data, std::uint32_t size,
                       void* stream);
  static void on_standard_media(abi::Handle handle, std::uint32_t type, std::uint8_t* data,
                                std::uint32_t size, void* stream);
  void media(std::uint32_t number, bool standard, std::uint32_t type, ByteView bytes);

  // The callbacks' way back: more than one would be of no use, for the library is one in a process.
  static std::atomic<Host*> the_host;

  Outlet& outlet_;
  int socket_;
  std::optional<Library> library_;
  bool started_ = false;

  std::shared_mutex tables_;  // never held over a call into the library
  std::unordered_map<std::uint32_t, DevicePtr> devices_;
  std::unordered_map<abi::Handle, std::uint32_t> users_;  // the library's login: our device
  std::unordered_map<std::uint32_t, std::shared_ptr<Stream>> streams_;
  std::unordered_map<abi::Handle, std::uint32_t> views_;  // the library's live view: our stream
  std::atomic<std::uint64_t> frames_dropped_{0};
  std::atomic<std::uint64_t> alarms_unreadable_{0};
  std::optional<Strands> strands_;
};

}  // namespace camfleet::sdkhost
