#include <algorithm>

#include "base/text.h"
#include "fleet/import/table.h"
#include "proto/yaml/reader.h"

namespace camfleet::fleet {
namespace {

// Hears the events of a list of flat mappings; what is inside a field that has no such form is skipped.
class Devices final : public yaml::Handler {
 public:
  explicit Devices(ImportTable& table) : table_(table) {}

  // Whether a list of devices was there at all.
  bool found() const { return found_; }

  Result<> begin_list(yaml::Place at) override {
    if (skipping_ > 0) return skip(1);
    if (where_ == Where::top || where_ == Where::devices) {
      found_ = true;
      where_ = Where::list;
      return {};
    }
    if (where_ == Where::field && column_ && is_list(*column_)) {
      where_ = Where::items;
      items_.clear();
      return {};
    }
    return unexpected(at, "a list");
  }
  Result<> end_list() override {
    if (skipping_ > 0) return skip(-1);
    if (where_ == Where::items) {
      where_ = Where::device;
      store(set_list(row().device, *column_, std::move(items_)));
      items_.clear();
      return {};
    }
    where_ = wrapped_ ? Where::wrapper : Where::done;
    return {};
  }
  Result<> begin_map(yaml::Place at) override {
    if (skipping_ > 0) return skip(1);
    if (where_ == Where::top) {
      wrapped_ = true;
      where_ = Where::wrapper;
      return {};
    }
    if (where_ != Where::list) return unexpected(at, "a mapping");
    if (table_.rows.size() == kMostImportRows)
      return refuse(at, "more than " + std::to_string(kMostImportRows) + " devices");
    auto& row = table_.rows.emplace_back();
    row.number = table_.rows.size();
    row.line = at.line;
    seen_.reset();
    where_ = Where::device;
    return {};
  }
  Result<> end_map() override {
    if (skipping_ > 0) return skip(-1);
    where_ = where_ == Where::device ? Where::list : Where::done;
    return {};
  }
  Result<> key(yaml::Place at, std::string_view name) override {
    if (skipping_ > 0) return {};
    if (where_ == Where::wrapper) {
      if (name != "devices") return refuse(at, "wants `devices` and nothing else here");
      where_ = Where::devices;
      return {};
    }
    where_ = Where::field;
    column_ = column_of(name);
    if (!column_) {
      wrong(clean_utf8(name).substr(0, 64), "there is no such field");
    } else if (has(seen_, *column_)) {
      wrong(std::string{to_text(*column_)}, "for the second time");
      column_.reset();
    } else {
      put(seen_, *column_);
    }
    return {};
  }
  Result<> scalar(yaml::Place at, std::string_view text) override {
    if (skipping_ > 0) return {};
    if (where_ == Where::items) {
      items_.emplace_back(text);
      return {};
    }
    if (where_ != Where::field) return unexpected(at, "a text");
    where_ = Where::device;
    if (!column_ || (text.empty() && keeps_when_empty(*column_))) return {};
    store(set_field(row().device, *column_, text));
    return {};
  }
  Result<> null(yaml::Place at) override {
    if (skipping_ > 0) return {};
    if (where_ == Where::items) return {};
    if (where_ == Where::devices || where_ == Where::list) return unexpected(at, "nothing");
    if (where_ == Where::field) where_ = Where::device;
    return {};
  }

 private:
  enum class Where : unsigned char { top, wrapper, devices, list, device, field, items, done };

  // An empty password means the one that there is; and what must not be empty cannot be emptied.
  static bool keeps_when_empty(Column column) {
    return column != Column::name && column != Column::username && column != Column::url &&
           column != Column::timezone && column != Column::tags && column != Column::address;
  }
  static Result<> refuse(yaml::Place at, const std::string& why) {
    return fail(Code::import_unreadable,
                "line " + std::to_string(at.line) + ", column " + std::to_string(at.column) + ": " + why);
  }
  ImportRow& row() { return table_.rows.back(); }
  void wrong(std::string column, std::string why) {
    row().errors.push_back({std::move(column), Code::device_invalid, std::move(why)});
  }
  void store(std::optional<std::string> wrong_with_it) {
    if (wrong_with_it)
      wrong(std::string{to_text(*column_)}, std::move(*wrong_with_it));
    else
      put(row().given, *column_);
  }
  Result<> skip(int deeper) {
    skipping_ += deeper;
    return {};
  }
  // Inside of a field it is the row's fault, outside the file's.
  Result<> unexpected(yaml::Place at, const std::string& what) {
    if (where_ != Where::field && where_ != Where::items)
      return refuse(at, "wants a list of devices, not " + what);
    if (column_)
      wrong(std::string{to_text(*column_)},
            "wants a text" + std::string{is_list(*column_) ? " or a list of texts" : ""});
    if (what == "a list" || what == "a mapping") ++skipping_;
    if (where_ == Where::field) where_ = Where::device;
    return {};
  }

  ImportTable& table_;
  Where where_ = Where::top;
  bool wrapped_ = false;
  bool found_ = false;
  int skipping_ = 0;
  std::optional<Column> column_;  // whose value comes next; none: it is of no field
  Columns seen_;
  std::vector<std::string> items_;
};

}  // namespace

Result<ImportTable> read_yaml_table(std::string_view text) {
  ImportTable table;
  table.format = ImportFormat::yaml;
  Devices devices{table};
  const auto done = yaml::read(text, devices);
  if (!done) return fail(Code::import_unreadable, done.error().place);
  if (!devices.found()) return fail(Code::import_unreadable, "line 1: wants a list of devices");
  return table;
}

Result<ImportTable> read_import(std::string bytes, ImportFormat format) {
  auto decoded = encoding::decode(std::move(bytes));
  if (!decoded) return fail(Code::import_unreadable, decoded.error().place);
  auto table = format == ImportFormat::csv ? read_csv_table(decoded->text) : read_yaml_table(decoded->text);
  wipe(decoded->text);
  if (table) table->encoding = decoded->encoding;
  return table;
}

}  // namespace camfleet::fleet
