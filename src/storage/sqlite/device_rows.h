#pragma once
#include <span>
#include <vector>

#include "model/ports.h"
#include "storage/sqlite/database.h"

namespace camfleet::storage {

// The table `device` of DATA/registry.db: its schema through all versions, and its rows as records.
std::span<const char* const> device_migrations();

// The statements that change rows, prepared once. On the thread of the database, which outlives them.
class DeviceRows {
 public:
  static Result<DeviceRows> prepare(Database& database);
  // Inside a transaction of the caller's.
  Result<void> apply(const model::StoreChange& change);

 private:
  Statement put_;
  Statement edit_;
  Statement learn_;
  Statement remove_;
};

// All rows, by id. One that cannot be read is logged and left alone: it must not keep the others from
// starting.
Result<std::vector<model::DeviceRecord>> load_devices(Database& database);

}  // namespace camfleet::storage
