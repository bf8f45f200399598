#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/device_json.h"
#include "api/stream_cursor.h"
#include "model/ledger.h"
#include "net/event.h"
#include "net/loop.h"

namespace camfleet::api {

struct StreamOptions {
  std::size_t max_subscribers = 256;
  std::chrono::milliseconds heartbeat{15'000};
  std::chrono::milliseconds recheck{10'000};        // of the caller's right
  std::chrono::milliseconds write_timeout{10'000};  // who takes nothing for so long is closed
  std::chrono::milliseconds gap{50};                // between two writes to one subscriber that is up to date
};

// Who follows the log of the fleet over HTTP. A subscriber is a place in the log and nothing else: no queue
// of its own, and what is being written to it is bounded. This keeps their number, wakes them, and ends them
// when the gateway stops. A subscriber lives on the loop of its connection.
class StreamFeed {
 public:
  // All of these outlive it; the loops have stopped, or stop() has been called, before it ends.
  StreamFeed(net::Loops& loops, fleet::MoveLog& log, model::LedgerFeed* ledger, StreamOptions options);
  StreamFeed(const StreamFeed&) = delete;
  StreamFeed& operator=(const StreamFeed&) = delete;
  ~StreamFeed();

  class Subscriber {
   public:
    explicit Subscriber(StreamFeed& feed);
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;
    ~Subscriber();

    // Until there is something after `place`, the deadline passes, or it is over.
    net::Task<> wait_for_more(const StreamCursor& place, Deadline deadline);
    // Until the deadline passes or it is over.
    net::Task<> rest(Deadline deadline);
    // Why it is to end, where it is: fleet.stopping, net.closed. Ends both waits.
    void end(Code why);
    Code over() const { return over_; }

   private:
    friend class StreamFeed;
    StreamFeed& feed_;
    std::size_t loop_;
    net::Event more_;
    net::Event end_;
    Code over_ = Code::ok;
  };

  // api.too_many_streams, fleet.stopping. On the loop of the connection.
  Result<std::unique_ptr<Subscriber>> subscribe();

  // Ends all subscribers with a word, and waits for that, at most `patience`. Nobody is taken any more. From
  // a thread that is no loop's.
  void stop_and_wait(std::chrono::milliseconds patience);

  // What is sent for an entry, but for the place, which is each subscriber's own: made once for all who are
  // about as far, since they are sent it at about the same time.
  std::shared_ptr<const std::string> text_of(const fleet::LogEntryPtr& entry, Language language);
  std::shared_ptr<const std::string> text_of(const model::LedgerEntryPtr& entry, Language language);
  // The same for one subscriber alone.
  static std::string make_text(const fleet::LogEntry& entry, Language language);

  fleet::MoveLog& log() { return log_; }
  model::LedgerFeed* ledger() { return ledger_; }  // null: nobody keeps alarms
  const StreamOptions& options() const { return options_; }

 private:
  // The subscribers of one loop. ring() posts to it once, until somebody waits again.
  struct OnLoop final : fleet::MoveLog::Bell, model::LedgerFeed::Bell {
    explicit OnLoop(net::Loop& its) : loop(its) {}
    void ring() override;
    void wake();
    net::Loop& loop;
    std::atomic<bool> armed{false};
    std::list<Subscriber*> subscribers;
  };
  struct Made {
    std::uint64_t number = 0;
    std::shared_ptr<const std::string> text;
  };
  static constexpr std::size_t kMade = 2'048;

  using Slots = std::array<std::vector<Made>, 2>;  // by language
  template <class Make>
  std::shared_ptr<const std::string> made(Slots& slots, std::uint64_t number, Language language, Make make);

  fleet::MoveLog& log_;
  model::LedgerFeed* const ledger_;
  const StreamOptions options_;
  std::vector<std::unique_ptr<OnLoop>> loops_;
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::size_t count_ = 0;
  bool stopping_ = false;
  std::mutex made_mutex_;
  Slots made_;
  Slots made_alarms_;
};

// The form in which an event goes out (WHATWG HTML, server-sent events). `data` is a JSON object without its
// id, in which no line can end: nothing that a device says becomes a field.
std::string server_sent(std::string_view event, std::string_view id, std::string_view data);

}  // namespace camfleet::api
