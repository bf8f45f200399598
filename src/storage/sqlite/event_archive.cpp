#include "storage/sqlite/event_archive.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "storage/picture_file.h"
#include "storage/sqlite/event_rows.h"

namespace camfleet::storage {

using model::EventQuery;
using model::LedgerEntryPtr;
using model::Seq;

namespace {

constexpr std::size_t kIdle = 8;            // connections that are kept
constexpr std::size_t kLookedAt = 100'000;  // entries that one call looks at before it says where it got to

Error as_ledger(const Error& error) { return Error{Code::ledger_damaged, error.place}; }

// The part of a statement that both lists and sums have, and its values.
struct Where {
  std::string sql;
  std::vector<std::string> texts;  // in the order of their question marks, before the numbers

  void add(std::string_view condition) {
    sql += sql.empty() ? " WHERE " : " AND ";
    sql += condition;
  }
  void any_of(std::string_view column, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string marks;
    for (const auto& value : values) {
      marks += marks.empty() ? "?" : ",?";
      texts.push_back(value);
    }
    add(fmt::format("{} IN ({})", column, marks));
  }
  void bind(Statement& statement) const {
    int at = 0;
    for (const auto& text : texts) statement.bind(++at, text);
  }
};

Where where_of(const EventQuery& query) {
  Where where;
  std::vector<std::string> devices;
  devices.reserve(query.devices.size());
  for (const auto& device : query.devices) devices.push_back(device.str());
  where.any_of("device", devices);
  where.any_of("type", query.types);
  if (query.channel) where.add(fmt::format("channel = {}", *query.channel));
  if (!query.states.empty()) {
    std::string states;
    for (const auto state : query.states)
      states += (states.empty() ? "" : ",") + std::to_string(static_cast<int>(state));
    where.add(fmt::format("state IN ({})", states));
  }
  if (query.from) where.add(fmt::format("received >= {}", micros(*query.from)));
  if (query.to) where.add(fmt::format("received < {}", micros(*query.to)));
  return where;
}

}  // namespace

class SqliteEventArchive::Borrowed {
 public:
  Borrowed(SqliteEventArchive& archive, std::string stem, std::unique_ptr<Database> database)
      : archive_(&archive), stem_(std::move(stem)), database_(std::move(database)) {}
  Borrowed(Borrowed&&) noexcept = default;
  Borrowed& operator=(Borrowed&&) = delete;
  ~Borrowed() {
    if (!database_) return;
    const std::lock_guard lock{archive_->mutex_};
    archive_->idle_.emplace_back(std::move(stem_), std::move(database_));
    if (archive_->idle_.size() > kIdle) archive_->idle_.erase(archive_->idle_.begin());
  }
  Database& operator*() { return *database_; }
  Database* operator->() { return database_.get(); }

 private:
  SqliteEventArchive* archive_;
  std::string stem_;
  std::unique_ptr<Database> database_;
};

Result<SqliteEventArchive::Borrowed> SqliteEventArchive::borrow(const EventFile& file) {
  auto stem = file.stem();
  {
    const std::lock_guard lock{mutex_};
    const auto found = std::ranges::find(idle_, stem, [](const auto& one) { return one.first; });
    if (found != idle_.end()) {
      auto database = std::move(found->second);
      idle_.erase(found);
      return Borrowed{*this, std::move(stem), std::move(database)};
    }
  }
  auto opened = Database::open_to_read(files_.database(file));
  if (!opened) return fail(Code::events_expired, opened.error().place);
  return Borrowed{*this, std::move(stem), std::make_unique<Database>(std::move(*opened))};
}

std::uint64_t SqliteEventArchive::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& file : files_.all()) sum += files_.bytes(file);
  return sum;
}

Result<std::vector<LedgerEntryPtr>> SqliteEventArchive::read(Seq after, std::size_t limit) {
  std::vector<LedgerEntryPtr> out;
  for (const auto& file : files_.all()) {
    if (file.last <= after || out.size() >= limit) continue;
    auto database = borrow(file);
    if (!database) {
      if (database.error().code == Code::events_expired) continue;  // it was removed just now
      return fail(database.error());
    }
    auto rows = (*database)->prepare(
        fmt::format("SELECT {},payload FROM entries WHERE seq > ? ORDER BY seq LIMIT ?", kEntryColumns));
    if (!rows) return fail(as_ledger(rows.error()));
    rows->bind(1, static_cast<std::int64_t>(after)).bind(2, static_cast<std::int64_t>(limit - out.size()));
    for (;;) {
      const auto row = rows->step();
      if (!row) return fail(as_ledger(row.error()));
      if (!*row) break;
      out.push_back(std::make_shared<const model::LedgerEntry>(read_entry(*rows, true)));
    }
  }
  return out;
}

bool SqliteEventArchive::may_have(const EventFile& file, const EventQuery& query) {
  if (file.first == 0) return false;
  if (query.after) {
    if (query.ascending ? file.last <= *query.after : file.first >= *query.after) return false;
  }
  if (query.from && file.upto != WallTime{} && file.upto < *query.from) return false;
  // A file has what was received on its day, and a moment after it.
  if (query.to && day_of(*query.to) < file.day) return false;
  return true;
}

Result<model::EventPage> SqliteEventArchive::list(const EventQuery& query) {
  auto files = files_.all();
  if (!query.ascending) std::ranges::reverse(files);
  model::EventPage page;
  std::size_t budget = kLookedAt;
  for (const auto& file : files) {
    if (!may_have(file, query)) continue;
    const auto looked = list_file(file, query, page, budget);
    if (!looked) {
      if (looked.error().code == Code::events_expired) continue;
      return fail(looked.error());
    }
    budget -= std::min(budget, *looked);
    if (page.next) break;
  }
  return page;
}

// How many entries it looked at. page.next is set where the page is full, or enough was looked at.
Result<std::size_t> SqliteEventArchive::list_file(const EventFile& file, const EventQuery& query,
                                                  model::EventPage& page, std::size_t budget) {
  auto database = borrow(file);
  if (!database) return fail(database.error());
  auto where = where_of(query);
  if (query.after) where.add(fmt::format("seq {} {}", query.ascending ? ">" : "<", *query.after));
  auto rows =
      (*database)->prepare(fmt::format("SELECT {} FROM entries{} ORDER BY seq {} LIMIT {}", kEntryColumns,
                                       where.sql, query.ascending ? "ASC" : "DESC", budget + 1));
  if (!rows) return fail(as_ledger(rows.error()));
  where.bind(*rows);
  std::size_t looked = 0;
  Seq last = 0;
  for (;;) {
    const auto row = rows->step();
    if (!row) return fail(as_ledger(row.error()));
    if (!*row) return looked;
    // One more is there than fits.
    if (page.items.size() >= query.limit || looked >= budget) {
      page.next = last != 0 ? last : page.items.empty() ? *query.after : page.items.back()->seq;
      rows->reset();
      return looked;
    }
    ++looked;
    last = static_cast<Seq>(rows->number(0));
    if (query.visible && !query.visible(model::DeviceId{rows->text(4)})) continue;
    page.items.push_back(std::make_shared<const model::LedgerEntry>(read_entry(*rows, false)));
  }
}

Result<std::vector<LedgerEntryPtr>> SqliteEventArchive::show(const std::string& event) {
  std::vector<LedgerEntryPtr> out;
  for (const auto& file : files_.all()) {
    if (file.first == 0) continue;
    auto database = borrow(file);
    if (!database) continue;
    auto rows = (*database)->prepare(
        fmt::format("SELECT {},payload FROM entries WHERE event = ? ORDER BY seq LIMIT 1000", kEntryColumns));
    if (!rows) return fail(as_ledger(rows.error()));
    rows->bind(1, event);
    for (;;) {
      const auto row = rows->step();
      if (!row) return fail(as_ledger(row.error()));
      if (!*row) break;
      out.push_back(std::make_shared<const model::LedgerEntry>(read_entry(*rows, true)));
    }
  }
  if (out.empty()) return fail(Code::events_unknown, event);
  return out;
}

// "2026-11-28.2_4096": the file and the offset.
Result<model::StoredPicture> SqliteEventArchive::picture(const std::string& id) {
  const auto cut = id.rfind('_');
  if (cut == std::string::npos) return fail(Code::events_unknown, "picture");
  const auto file = parse_event_file("ev-" + id.substr(0, cut) + ".db");
  const auto offset = parse_int<std::uint64_t>(std::string_view{id}.substr(cut + 1));
  if (!file || !offset || *offset > (std::uint64_t{1} << 62)) return fail(Code::events_unknown, "picture");
  return read_picture(files_.pictures(*file), *offset);
}

Result<std::vector<model::AccountRow>> SqliteEventArchive::account(const EventQuery& query,
                                                                   std::span<const Seq> marks) {
  std::map<std::tuple<std::string, std::uint16_t, std::string, model::EventState>, model::AccountRow> sums;
  for (const auto& file : files_.all()) {
    if (!may_have(file, query)) continue;
    auto database = borrow(file);
    if (!database) continue;
    std::string up_to;
    for (const auto mark : marks) up_to += fmt::format(",SUM(seq <= {})", mark);
    const auto where = where_of(query);
    auto rows = (*database)->prepare(fmt::format(
        "SELECT device,channel,type,state,SUM(reports),COUNT(*){} FROM entries{} GROUP BY 1,2,3,4", up_to,
        where.sql));
    if (!rows) return fail(as_ledger(rows.error()));
    where.bind(*rows);
    for (;;) {
      const auto row = rows->step();
      if (!row) return fail(as_ledger(row.error()));
      if (!*row) break;
      const model::DeviceId device{rows->text(0)};
      if (query.visible && !query.visible(device)) continue;
      const auto channel = static_cast<std::uint16_t>(rows->number(1));
      const auto state = static_cast<model::EventState>(rows->number(3) & 3);
      auto& sum = sums[{device.str(), channel, rows->text(2), state}];
      sum.device = device;
      sum.channel = channel;
      sum.type = rows->text(2);
      sum.state = state;
      sum.seen += static_cast<std::uint64_t>(rows->number(4));
      sum.stored += static_cast<std::uint64_t>(rows->number(5));
      sum.up_to.resize(marks.size());
      for (std::size_t i = 0; i < marks.size(); ++i)
        sum.up_to[i] += static_cast<std::uint64_t>(rows->number(6 + static_cast<int>(i)));
    }
  }
  std::vector<model::AccountRow> out;
  out.reserve(sums.size());
  for (auto& [key, sum] : sums) out.push_back(std::move(sum));
  return out;
}

Result<std::vector<model::BlindInterval>> SqliteEventArchive::blind(const model::BlindQuery& query) {
  std::vector<model::BlindInterval> out;
  auto files = files_.all();
  std::ranges::reverse(files);
  Where where;
  where.add("type = 'camfleet.blind'");
  where.add(fmt::format("state = {}", static_cast<int>(model::EventState::end)));
  std::vector<std::string> devices;
  devices.reserve(query.devices.size());
  for (const auto& device : query.devices) devices.push_back(device.str());
  where.any_of("device", devices);
  if (query.since) where.add(fmt::format("happened >= {}", micros(*query.since)));
  if (query.until) where.add(fmt::format("started < {}", micros(*query.until)));
  for (const auto& file : files) {
    if (file.first == 0 || out.size() >= query.limit) continue;
    // The end of an interval is written when it ends.
    if (query.since && file.day < day_of(*query.since)) break;
    auto database = borrow(file);
    if (!database) continue;
    auto rows = (*database)->prepare(fmt::format("SELECT {} FROM entries{} ORDER BY seq DESC LIMIT {}",
                                                 kEntryColumns, where.sql, kLookedAt));
    if (!rows) return fail(as_ledger(rows.error()));
    where.bind(*rows);
    for (;;) {
      const auto row = rows->step();
      if (!row) return fail(as_ledger(row.error()));
      if (!*row) break;
      const auto entry = read_entry(*rows, false);
      if (query.visible && !query.visible(entry.device)) continue;
      if (out.size() >= query.limit) {
        rows->reset();
        break;
      }
      out.push_back(model::blind_interval_of(entry));
    }
  }
  return out;
}

}  // namespace camfleet::storage
