#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/asio.h"

namespace camfleet::net {

struct NameOptions {
  std::size_t threads = 8;                    // getaddrinfo blocks, and cannot be interrupted
  std::size_t slow_threads = 4;               // of them, at most so many for names that were slow before
  std::chrono::milliseconds slow{2'000};      // a lookup that took so long makes its name a slow one
  std::chrono::milliseconds fresh{5'000};     // an answer is given again without asking
  std::chrono::milliseconds patience{1'000};  // where an old answer is at hand, so long for a new one
  std::chrono::hours last_good{24};           // an answer of before serves while the name servers fail
  unsigned silent = 3;         // so many lookups in a row without an answer: the name servers are silent
  std::size_t names = 32'768;  // remembered; the oldest idle ones are forgotten
  std::size_t addresses = 64;  // of a name
};

// Host names to addresses, for all loops. Each name is looked up once at a time, whoever asks, on a few
// threads of its own: a name that takes half a minute holds one of them and delays no other name. Nothing
// here decides whether an address may be dialled: net::dial asks the guard about each, cached or not. While
// the name servers are silent nobody waits for them who has an old answer: a fleet that loses its name server
// and its power in one hour is back as fast as ever. Thread-safe.
class Names {
 public:
  using Addresses = std::vector<asio::ip::address>;
  // Blocking. net.resolve: there is no such name; net.dns_failed: the name servers do not say.
  using Lookup = std::function<Result<Addresses>(const std::string& host)>;

  explicit Names(NameOptions options = {}, Lookup lookup = system_lookup);
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;
  ~Names();  // waits for lookups under way

  // At least one address; those that answered a connection before stand first. net.resolve, net.dns_failed
  // (also where no answer came in time, and none younger than last_good is known).
  Task<Result<Addresses>> find(std::string host, Deadline deadline);
  // A connection to it came about: it goes first the next time.
  void worked(const std::string& host, const asio::ip::address& address);

  std::size_t size() const;

  static Result<Addresses> system_lookup(const std::string& host);
  // Of the process; never destroyed, for a lookup may be stuck while the process ends.
  static Names& shared();

 private:
  struct Waiter;
  struct Place;
  struct Entry {
    Addresses good;
    SteadyTime good_at{};
    asio::ip::address worked;
    bool under_way = false;
    bool slow = false;
    std::list<std::shared_ptr<Waiter>> waiters;
  };
  using Known = std::unordered_map<std::string, Entry>;
  void begin(Known::iterator at);
  void work();
  std::string next_job();
  void finish(const std::string& host, Result<Addresses> found, std::chrono::steady_clock::duration took);
  void make_room();
  Addresses in_order(const Entry& entry);
  bool usable(const Entry& entry) const;

  const NameOptions options_;
  const Lookup lookup_;
  mutable std::mutex mutex_;
  std::condition_variable jobs_;
  Known known_;
  std::deque<std::string> fast_;
  std::deque<std::string> slow_;
  std::size_t busy_ = 0;
  std::size_t busy_slow_ = 0;
  std::size_t turn_ = 0;     // rotates the addresses of a name
  unsigned unanswered_ = 0;  // lookups in a row that no server answered in time
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace camfleet::net
