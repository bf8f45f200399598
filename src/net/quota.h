#pragma once
#include <cstddef>
#include <memory>

#include "net/asio.h"

namespace camfleet::net {

// How many connections a listener holds, in all and from one remote address. Thread-safe: connections end on
// any loop.
class ConnectionQuota {
 public:
  struct Limits {
    std::size_t total = 20'000;
    std::size_t per_address = 20'000;
  };

  // The place of one connection; travels with its socket and is given back when that closes. May outlive the
  // quota.
  class Place {
   public:
    Place() = default;
    Place(Place&&) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place();
    explicit operator bool() const { return table_ != nullptr; }

   private:
    friend class ConnectionQuota;
    std::shared_ptr<struct QuotaTable> table_;
    Address address_;
  };

  explicit ConnectionQuota(Limits limits);
  // Empty where there is no room.
  Place take(const Address& from);
  std::size_t total() const;

 private:
  std::shared_ptr<struct QuotaTable> table_;
};

}  // namespace camfleet::net
