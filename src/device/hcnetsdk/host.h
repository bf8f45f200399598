#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "device/hcnetsdk/host_process.h"
#include "device/hcnetsdk/line.h"
#include "net/event.h"
#include "net/loop.h"
#include "net/readiness.h"
#include "net/task_group.h"
#include "proto/sdkhost/message.h"
#include "proto/sdkhost/ring.h"

namespace camfleet::device::hcnetsdk {

struct HostOptions {
  ProcessOptions process;
  std::filesystem::path directory;  // of libhcnetsdk.so
  std::uint32_t logins = 10'240;    // that the library is asked to be able to hold
  std::chrono::milliseconds connect{3'000};
  std::chrono::milliseconds receive{5'000};
  std::chrono::milliseconds start{20'000};  // until the library has started
  std::chrono::milliseconds ping_every{3'000};
  std::chrono::milliseconds ping_answer{12'000};   // later: it hangs
  std::chrono::milliseconds parting{5'000};        // for one that is replaced, to log its devices out
  std::chrono::milliseconds longest_call{45'000};  // of one call into the library; longer: it hangs
};

// One camfleet-sdkhost and what runs in it. Lives on the hosts' loop; call() and release() are for every
// loop.
class Host : public std::enable_shared_from_this<Host> {
 public:
  // `apart`: for devices that ended their hosts.
  Host(net::Loop& loop, const HostOptions& options, std::uint32_t number, bool apart = false);
  ~Host();

  // Starts the process and the library in it, and serves them until they end; why. `ready` is called once the
  // library has started. Cancellation ends the process.
  net::Task<Error> run(std::function<void()> ready);
  // Makes run() return with `why`.
  void end(Error why);
  // Nothing more is asked: it logs its devices out, ends, and run() returns. False: there is still something
  // to be sent; ask again.
  bool farewell();

  // A place for one device: its number here. To be given back by release().
  std::uint32_t attach(std::shared_ptr<Line> line);
  // Logs the device out and forgets it. Thread-safe.
  void release(std::uint32_t device);
  // Its media go there from now on; the stream's number. Thread-safe; close() forgets it and stops the
  // stream.
  std::uint32_t open_stream(std::shared_ptr<StreamLine> line);
  void close_stream(std::uint32_t device, std::uint32_t stream);

  // One question to the host, from any loop: net.timeout where no answer came in time (what was asked may
  // happen all the same), sdk.host_lost and its like where the host is over.
  net::Task<Result<sdkhost::Answer>> call(sdkhost::What what, Deadline deadline);

  // The library said that it holds no more: it gets no more than it has. Thread-safe.
  void full();

  std::uint32_t number() const { return number_; }
  bool apart() const { return apart_; }
  // The device whose call it hung or crashed in, once it is over; empty where that is not known.
  const std::string& culprit() const { return culprit_; }
  pid_t pid() const { return pid_.load(std::memory_order_relaxed); }
  std::size_t devices() const { return lines_.size(); }
  std::size_t most() const { return most_; }  // that the library was seen to hold
  bool ready() const { return init_.has_value() && !over_; }
  bool starting() const { return !init_ && !over_; }
  const sdkhost::InitResult& library() const { return *init_; }
  const sdkhost::Pong& state() const { return state_; }
  SteadyTime since() const { return since_; }

 private:
  struct Call;
  net::Task<> supervise(net::TaskGroup& group, std::function<void()> ready);
  net::Task<> watch_exit();
  net::Task<> start(std::function<void()> ready);
  net::Task<> listen();
  net::Task<> send_all();
  net::Task<> read_alarms();
  // One record of the ring to whom it is for. Nothing: there is none.
  Result<std::optional<std::size_t>> take_alarm(Bytes& record);
  void drain_alarms();
  net::Task<> part();
  net::Task<> read_media();
  net::Task<> beat();
  void send(std::shared_ptr<Call> call, std::uint32_t number, std::string message);
  void heard(sdkhost::Answer answer);
  void heard(const sdkhost::Notice& notice);
  void heard(const sdkhost::Pong& pong);
  void hand_on_media();
  void give_up();
  void blame(std::uint32_t device);

  net::Loop& loop_;
  const HostOptions options_;
  std::uint32_t number_;
  const bool apart_;
  std::string culprit_;
  std::atomic<pid_t> pid_{-1};
  std::optional<HostProcess> process_;
  std::optional<net::Readiness> socket_;
  std::optional<sdkhost::RingReader> alarms_;
  std::optional<sdkhost::RingReader> media_;
  std::optional<sdkhost::InitResult> init_;
  sdkhost::Pong state_;
  SteadyTime since_{};
  std::size_t most_ = std::numeric_limits<std::size_t>::max();

  std::atomic<std::uint32_t> next_call_{1};
  std::atomic<std::uint32_t> next_stream_{1};
  std::uint32_t next_device_ = 1;
  std::unordered_map<std::uint32_t, std::shared_ptr<Call>> calls_;
  std::unordered_map<std::uint32_t, std::shared_ptr<Line>> lines_;
  struct Stream {
    std::shared_ptr<StreamLine> line;
    Bytes block;  // of this wake-up
  };
  std::unordered_map<std::uint32_t, Stream> streams_;
  std::vector<std::uint32_t> fed_;  // streams whose block is not empty
  std::deque<std::string> outbox_;
  std::optional<Error> over_;
  bool leaving_ = false;  // after farewell()
  net::Event bell_;       // over_
  net::Event to_send_;
};

}  // namespace camfleet::device::hcnetsdk
