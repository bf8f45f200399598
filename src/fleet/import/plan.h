#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/change.h"
#include "fleet/import/table.h"

namespace camfleet::fleet {

struct ImportOptions {
  bool prune = false;           // devices that no row names are removed
  bool all_or_nothing = false;  // one row in error, and nothing is applied
};

enum class ImportAction : std::uint8_t { add, change, same, remove, error };
inline constexpr std::size_t kImportActions = 5;
std::string_view to_text(ImportAction action);

// One field as it is and as it would be; both are empty for the password, of which nothing is shown but that
// it changes.
struct FieldChange {
  Column column = Column::name;
  std::string before;
  std::string after;
};

struct PlanItem {
  std::size_t row = 0;   // 0: of no row, as what prune removes
  std::size_t line = 0;  // 0: none
  ImportAction action = ImportAction::same;
  model::DeviceId id;  // empty: one is made when it is added
  std::string name;
  std::string address;
  std::vector<FieldChange> changes;  // of `change`
  std::vector<Finding> errors;
  std::vector<Finding> warnings;
  std::optional<Change> change;  // what is to be done; taken out by take_changes()
};

// What a file would do to a fleet, or did: the rows in their order, then what prune removes.
struct ImportPlan {
  ImportFormat format = ImportFormat::csv;
  encoding::Encoding encoding = encoding::Encoding::utf8;
  char separator = ',';
  std::size_t rows = 0;
  std::vector<PlanItem> items;
  Error refused;  // why nothing of it is applied: import.refused, import.prune_refused; ok where it can be

  std::array<std::size_t, kImportActions> counts() const;  // by ImportAction
};

// What a plan is made against. Called on the planner's thread alone.
struct ImportWorld {
  std::vector<model::DeviceViewPtr> devices;
  std::size_t capacity = 20'000;                  // of the fleet
  std::size_t others = 0;                         // devices that it has beside these
  std::function<Result<void>(NewDevice&)> check;  // prepare(), with what it needs
  std::function<bool(const model::DeviceId&, const Secret&)> same_password;
  // Of another device than those above, which the caller is not told of. May be empty.
  std::function<bool(const std::string& id)> id_taken;
  std::function<bool(const std::string& endpoint)> place_taken;
};

// A row is about the device of its id; where it gives none, of its place: its url, or its address and HTTP
// port (RTSP port where it is of the rtsp driver). What a row does not give stays as it is, and is the
// default of a new device. Row by row it is an error:
//   where a field cannot be read, or the device as a whole is not valid (device.invalid, device.no_driver,
//     net.forbidden_address)
//   where another row is about the same device: the later one (import.duplicate)
//   where several devices match (import.ambiguous)
//   where its place is another device's after the import (device.exists); two devices may swap
//   where the fleet is full (fleet.full)
// prune is refused where any row is in error, and for a file without rows: no fleet is lost by a bad file.
// The same file once more is `same` in every row.
ImportPlan make_plan(ImportTable table, const ImportWorld& world, const ImportOptions& options);

// The changes of a plan, and for each the index of its item. Empty where the plan is refused. Once.
struct PlannedChanges {
  std::vector<Change> changes;
  std::vector<std::size_t> items;
};
PlannedChanges take_changes(ImportPlan& plan);

}  // namespace camfleet::fleet
