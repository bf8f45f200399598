#pragma once
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "net/http.h"

namespace camfleet::api {

// Answers to POSTs that came with an Idempotency-Key, for whoever sends the same one again because it did not
// hear the answer. Bounded: ten minutes, and of each caller so many keys; past that the oldest is forgotten.
// Only answers of success are kept: what was refused did nothing and may be tried again. In memory: after a
// restart a key is new. Thread-safe.
class Idempotency {
 public:
  struct Limits {
    std::chrono::seconds keep{600};
    std::size_t keys_per_caller = 256;
    std::size_t callers = 256;
    std::size_t body_bytes = 64 * 1024;  // a larger answer is kept as its head alone: done, read it elsewhere
  };
  explicit Idempotency(Limits limits, const Clock& clock = system_clock()) : limits_(limits), clock_(clock) {}
  Idempotency() : Idempotency(Limits{}) {}

 private:
  struct Entry {
    std::string request;
    SteadyTime until{};
    bool answered = false;
    net::HttpResponse response;
  };

 public:
  // A request that is being done under its key; where it ends without an answer the key is free again.
  class Pending {
   public:
    Pending() = default;
    Pending(Pending&& other) noexcept = default;
    Pending& operator=(Pending&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(caller_, other.caller_);
      std::swap(key_, other.key_);
      std::swap(entry_, other.entry_);
      return *this;
    }
    ~Pending();
    void answered(const net::HttpResponse& response);
    explicit operator bool() const { return entry_ != nullptr; }

   private:
    friend class Idempotency;
    Idempotency* owner_ = nullptr;
    std::string caller_;
    std::string key_;
    std::shared_ptr<Entry> entry_;
  };

  struct Begun {
    Pending pending;                            // new: do it
    std::unique_ptr<net::HttpResponse> answer;  // done before: this was the answer
  };
  // `request` tells one request from another: a fingerprint of method, path and body.
  // api.idempotency_mismatch: the key came with another request. api.conflict: the same one is being done
  // now. api.bad_request: no key, or longer than 128 bytes, or with bytes that are not printable ASCII.
  Result<Begun> begin(const std::string& caller, std::string_view key, std::string request);

  std::size_t size() const;

 private:
  struct Caller {
    std::list<std::string> order;  // oldest first
    std::unordered_map<std::string, std::shared_ptr<Entry>> entries;
    SteadyTime used{};
  };
  void forget(Caller& caller, const std::string& key);
  void make_room(SteadyTime now);

  const Limits limits_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Caller> callers_;
};

}  // namespace camfleet::api
