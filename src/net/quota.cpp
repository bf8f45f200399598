#include "net/quota.h"

#include <mutex>
#include <unordered_map>

namespace camfleet::net {
namespace {

struct AddressHash {
  std::size_t operator()(const Address& address) const { return std::hash<Address>{}(address); }
};

}  // namespace

struct QuotaTable {
  explicit QuotaTable(ConnectionQuota::Limits l) : limits(l) {}
  const ConnectionQuota::Limits limits;
  mutable std::mutex mutex;
  std::size_t total = 0;
  std::unordered_map<Address, std::size_t, AddressHash> by_address;
};

ConnectionQuota::Place::~Place() {
  if (!table_) return;
  const std::lock_guard lock{table_->mutex};
  --table_->total;
  const auto at = table_->by_address.find(address_);
  if (--at->second == 0) table_->by_address.erase(at);
}

ConnectionQuota::Place& ConnectionQuota::Place::operator=(Place&& other) noexcept {
  std::swap(table_, other.table_);
  std::swap(address_, other.address_);
  return *this;
}

ConnectionQuota::ConnectionQuota(Limits limits) : table_(std::make_shared<QuotaTable>(limits)) {}

ConnectionQuota::Place ConnectionQuota::take(const Address& from) {
  const std::lock_guard lock{table_->mutex};
  if (table_->total >= table_->limits.total) return {};
  auto& here = table_->by_address[from];
  if (here >= table_->limits.per_address) return {};
  ++here;
  ++table_->total;
  Place place;
  place.table_ = table_;
  place.address_ = from;
  return place;
}

std::size_t ConnectionQuota::total() const {
  const std::lock_guard lock{table_->mutex};
  return table_->total;
}

}  // namespace camfleet::net
