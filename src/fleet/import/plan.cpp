#include "fleet/import/plan.h"

#include <algorithm>
#include <unordered_map>

#include "base/text.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

bool by_rtsp(const model::DeviceSpec& spec) {
  return !spec.drivers.empty() && spec.drivers.front() == "rtsp";
}
std::string http_place(const model::DeviceSpec& spec) {
  return spec.address + ' ' + std::to_string(spec.http_port);
}

DevicePatch patch_of(ImportRow& row) {
  auto all = whole(std::move(row.device));
  const auto keep = [&](Column column, auto& field) {
    if (!has(row.given, column)) field.reset();
  };
  keep(Column::name, all.name);
  keep(Column::drivers, all.drivers);
  keep(Column::address, all.address);
  keep(Column::http_port, all.http_port);
  keep(Column::https_port, all.https_port);
  keep(Column::rtsp_port, all.rtsp_port);
  keep(Column::sdk_port, all.sdk_port);
  keep(Column::sdk_login, all.sdk_login);
  keep(Column::sdk_tls, all.sdk_tls);
  keep(Column::username, all.username);
  keep(Column::url, all.url);
  keep(Column::transport, all.transport);
  keep(Column::timezone, all.timezone);
  keep(Column::tags, all.tags);
  keep(Column::enabled, all.enabled);
  keep(Column::always_on, all.always_on);
  return all;
}

class Planner {
 public:
  Planner(ImportTable table, const ImportWorld& world, const ImportOptions& options)
      : table_(std::move(table)), world_(world), options_(options), row_of_(world.devices.size(), kNowhere) {
    index_devices();
  }

  ImportPlan run() {
    ImportPlan plan;
    plan.format = table_.format;
    plan.encoding = table_.encoding;
    plan.separator = table_.separator;
    plan.rows = table_.rows.size();
    items_.reserve(table_.rows.size());
    after_.resize(table_.rows.size());
    device_of_.assign(table_.rows.size(), kNowhere);
    for (std::size_t i = 0; i < table_.rows.size(); ++i) take(i);
    std::vector<ImportRow>{}.swap(table_.rows);
    settle_places();
    leave_within_capacity();
    warn_of_names();
    const auto errors = std::ranges::count(items_, ImportAction::error, &PlanItem::action);
    if (options_.prune) prune();
    plan.items = std::move(items_);
    if (options_.prune && (errors > 0 || plan.rows == 0))
      plan.refused = {Code::import_prune_refused, plan.rows == 0 ? "the file names no device"
                                                                 : std::to_string(errors) + " rows in error"};
    else if (options_.all_or_nothing && errors > 0)
      plan.refused = {Code::import_refused, std::to_string(errors) + " rows in error"};
    return plan;
  }

 private:
  const model::DeviceSpec& spec(std::size_t device) const { return world_.devices[device]->spec; }

  void index_devices() {
    for (std::size_t i = 0; i < world_.devices.size(); ++i) {
      const auto& one = spec(i);
      by_id_.emplace(one.id.str(), i);
      by_place_.emplace(endpoint_of(one), i);
      if (one.url.empty()) by_http_.emplace(http_place(one), i);
    }
  }

  static void wrong(PlanItem& item, std::string column, Code code, std::string reason) {
    item.action = ImportAction::error;
    item.errors.push_back({std::move(column), code, std::move(reason)});
  }
  // "http_port: wants 1 to 65535" names its column.
  static void wrong(PlanItem& item, const Error& error) {
    const auto colon = error.place.find(": ");
    const auto column =
        colon == std::string::npos ? std::optional<Column>{} : column_of(error.place.substr(0, colon));
    if (column)
      wrong(item, std::string{to_text(*column)}, error.code, error.place.substr(colon + 2));
    else
      wrong(item, error.code == Code::net_forbidden_address ? "address" : "", error.code, error.place);
  }

  // The device that a row is about, nothing where it is a new one; an error stands in the item.
  std::size_t match(const ImportRow& row, PlanItem& item) {
    if (has(row.given, Column::id)) {
      const auto found = by_id_.find(row.device.spec.id.str());
      return found == by_id_.end() ? kNowhere : found->second;
    }
    const auto& given = row.device.spec;
    if (const auto found = by_place_.find(endpoint_of(given)); found != by_place_.end()) return found->second;
    if (!given.url.empty()) {
      // The url alone says it; by which driver it is spoken to may change.
      std::size_t one = kNowhere;
      for (const auto* driver : {"rtsp ", "hikvision "})
        if (const auto found = by_place_.find(driver + given.url); found != by_place_.end())
          one = found->second;
      return one;
    }
    auto [begin, end] = by_http_.equal_range(http_place(given));
    std::size_t one = kNowhere;
    for (auto it = begin; it != end; ++it) {
      // Streams of one address differ by their RTSP port.
      if (has(row.given, Column::drivers) && by_rtsp(given) && by_rtsp(spec(it->second))) continue;
      if (one != kNowhere) {
        wrong(item, "id", Code::import_ambiguous,
              "devices " + spec(one).id.str() + " and " + spec(it->second).id.str() + " match");
        return kNowhere;
      }
      one = it->second;
    }
    return one;
  }

  void take(std::size_t index) {
    auto& row = table_.rows[index];
    auto& item = items_.emplace_back();
    item.row = row.number;
    item.line = row.line;
    item.errors = std::move(row.errors);
    item.warnings = std::move(row.warnings);
    if (has(row.given, Column::id)) item.id = row.device.spec.id;
    item.name = row.device.spec.name;
    item.address = row.device.spec.address;
    // A login that stood in the url was given, too.
    if (!row.device.spec.username.empty()) put(row.given, Column::username);
    if (!row.device.password.empty()) put(row.given, Column::password);
    if (has(row.given, Column::username) && row.device.spec.username != trim(row.device.spec.username))
      item.warnings.push_back({"username", Code::device_invalid, "begins or ends with a blank"});
    if (has(row.given, Column::http_port) && row.device.spec.http_port == 8000 &&
        !has(row.given, Column::sdk_port))
      item.warnings.push_back({"http_port", Code::device_invalid, "8000 is usually the SDK's port"});
    if (!item.errors.empty()) {
      item.action = ImportAction::error;
      // It names its device all the same.
      if (has(row.given, Column::id)) claim(match(row, item), index, item);
      return;
    }
    const auto device = match(row, item);
    if (item.action == ImportAction::error || !claim(device, index, item)) return;
    if (device == kNowhere)
      add(index, row, item);
    else
      change(index, device, row, item);
  }

  // Each device, and each new id, is one row's.
  bool claim(std::size_t device, std::size_t index, PlanItem& item) {
    if (device != kNowhere) {
      item.id = spec(device).id;
      if (row_of_[device] != kNowhere) {
        wrong(item, "", Code::import_duplicate,
              "row " + std::to_string(items_[row_of_[device]].row) + " is about it too");
        return false;
      }
      row_of_[device] = index;
      device_of_[index] = device;
    } else if (!item.id.empty()) {
      const auto [at, fresh] = new_ids_.emplace(item.id.str(), index);
      if (!fresh) {
        wrong(item, "id", Code::import_duplicate,
              "row " + std::to_string(items_[at->second].row) + " has it too");
        return false;
      }
    }
    return true;
  }

  void add(std::size_t index, ImportRow& row, PlanItem& item) {
    auto device = std::move(row.device);
    if (world_.id_taken && world_.id_taken(item.id.str()))
      return wrong(item, "id", Code::device_exists, item.id.str());
    if (const auto good = world_.check(device); !good) return wrong(item, good.error());
    item.action = ImportAction::add;
    item.address = device.spec.address;
    after_[index] = endpoint_of(device.spec);
    item.change = AddDevice{std::move(device)};
  }

  void change(std::size_t index, std::size_t device, ImportRow& row, PlanItem& item) {
    const auto& before = spec(device);
    auto patch = patch_of(row);
    auto after = patched(before, patch.copy());
    if (const auto good = world_.check(after); !good) return wrong(item, good.error());
    for (std::size_t i = 0; i < kColumns; ++i) {
      const auto column = static_cast<Column>(i);
      auto was = field_text(before, column);
      auto is = field_text(after.spec, column);
      if (was != is) item.changes.push_back({column, std::move(was), std::move(is)});
    }
    if (!patch.password.empty()) {
      if (world_.same_password(before.id, patch.password))
        patch.password = {};
      else
        item.changes.push_back({Column::password, {}, {}});
    }
    item.name = after.spec.name;
    item.address = after.spec.address;
    after_[index] = endpoint_of(after.spec);
    item.action = item.changes.empty() ? ImportAction::same : ImportAction::change;
    if (item.action == ImportAction::change)
      item.change = EditDevice{before.id, std::move(patch), world_.devices[device]->revision};
  }

  // Gives each place to one device. A row that fails leaves its device where it was, which may be where
  // another row wanted to go: that one fails too, and so on.
  void settle_places() {
    std::unordered_map<std::string, std::size_t> rows;  // place -> row
    std::unordered_map<std::string, std::size_t> kept;  // place -> device that stays there
    for (std::size_t device = 0; device < world_.devices.size(); ++device) {
      const auto row = row_of_[device];
      const bool leaves = row == kNowhere ? options_.prune : items_[row].action != ImportAction::error;
      if (!leaves) kept.emplace(endpoint_of(spec(device)), device);
    }
    std::vector<std::size_t> waiting;
    for (std::size_t i = items_.size(); i > 0; --i) waiting.push_back(i - 1);
    while (!waiting.empty()) {
      const auto index = waiting.back();
      waiting.pop_back();
      auto& item = items_[index];
      if (item.action == ImportAction::error) continue;
      const auto& place = after_[index];
      std::string whose;
      if (const auto found = kept.find(place); found != kept.end())
        whose = "this is device " + spec(found->second).id.str();
      else if (const auto [at, fresh] = rows.emplace(place, index); !fresh && at->second != index)
        whose = "row " + std::to_string(items_[at->second].row) + " has it too";
      else if (at_others(place))
        whose = "is taken";
      if (whose.empty()) continue;
      fail_row(index, whose.starts_with("row") ? Code::import_duplicate : Code::device_exists, whose);
      const auto device = device_of_[index];
      if (device == kNowhere) continue;
      const auto old = endpoint_of(spec(device));
      kept.emplace(old, device);
      if (const auto taken = rows.find(old); taken != rows.end()) {
        waiting.push_back(taken->second);
        rows.erase(taken);
      }
    }
  }

  // A place where none of our devices is, and yet one.
  bool at_others(const std::string& place) const {
    return world_.place_taken && !by_place_.contains(place) && world_.place_taken(place);
  }

  void fail_row(std::size_t index, Code code, std::string reason) {
    auto& item = items_[index];
    item.change.reset();
    item.changes.clear();
    const auto device = device_of_[index];
    const bool url =
        device == kNowhere ? after_[index].find("://") != std::string::npos : !spec(device).url.empty();
    wrong(item, url ? "url" : "address", code, std::move(reason));
  }

  void leave_within_capacity() {
    std::size_t total = world_.devices.size() + world_.others;
    if (options_.prune) total -= static_cast<std::size_t>(std::ranges::count(row_of_, kNowhere));
    for (auto& item : items_) {
      if (item.action != ImportAction::add) continue;
      if (total < world_.capacity) {
        ++total;
        continue;
      }
      item.change.reset();
      wrong(item, "", Code::fleet_full, std::to_string(world_.capacity) + " devices");
    }
  }

  void warn_of_names() {
    std::unordered_map<std::string_view, std::string> whose;
    for (std::size_t device = 0; device < world_.devices.size(); ++device)
      if (row_of_[device] == kNowhere && !options_.prune && !spec(device).name.empty())
        whose.emplace(spec(device).name, "device " + spec(device).id.str());
    for (auto& item : items_) {
      if (item.action == ImportAction::error || item.name.empty()) continue;
      const auto [at, fresh] = whose.emplace(item.name, "row " + std::to_string(item.row));
      if (!fresh && item.action != ImportAction::same)
        item.warnings.push_back({"name", Code::device_exists, at->second + " has it too"});
    }
  }

  void prune() {
    for (std::size_t device = 0; device < world_.devices.size(); ++device) {
      if (row_of_[device] != kNowhere) continue;
      auto& item = items_.emplace_back();
      const auto& one = spec(device);
      item.action = ImportAction::remove;
      item.id = one.id;
      item.name = one.name;
      item.address = one.address;
      item.change = RemoveDevice{one.id, world_.devices[device]->revision};
    }
  }

  ImportTable table_;
  const ImportWorld& world_;
  const ImportOptions& options_;
  std::vector<std::size_t> row_of_;  // by device
  std::unordered_map<std::string_view, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> by_place_;
  std::unordered_multimap<std::string, std::size_t> by_http_;
  std::unordered_map<std::string, std::size_t> new_ids_;
  std::vector<PlanItem> items_;
  std::vector<std::string> after_;      // by row: its place
  std::vector<std::size_t> device_of_;  // by row
};

}  // namespace

std::string_view to_text(ImportAction action) {
  switch (action) {
    case ImportAction::add:
      return "add";
    case ImportAction::change:
      return "change";
    case ImportAction::same:
      return "same";
    case ImportAction::remove:
      return "remove";
    case ImportAction::error:
      return "error";
  }
  return "error";
}

std::array<std::size_t, kImportActions> ImportPlan::counts() const {
  std::array<std::size_t, kImportActions> out{};
  for (const auto& item : items) ++out[static_cast<std::size_t>(item.action)];
  return out;
}

ImportPlan make_plan(ImportTable table, const ImportWorld& world, const ImportOptions& options) {
  return Planner{std::move(table), world, options}.run();
}

PlannedChanges take_changes(ImportPlan& plan) {
  PlannedChanges out;
  if (plan.refused) return out;
  for (std::size_t i = 0; i < plan.items.size(); ++i) {
    if (!plan.items[i].change) continue;
    out.changes.push_back(std::move(*plan.items[i].change));
    plan.items[i].change.reset();
    out.items.push_back(i);
  }
  return out;
}

}  // namespace camfleet::fleet
