#include "storage/sqlite/sinks.h"

#include <boost/json.hpp>
#include <deque>

#include "base/log.h"
#include "net/within.h"

namespace camfleet::storage {
namespace {

namespace json = boost::json;

// A version that was shipped never changes.
constexpr const char* kMigrations[] = {
    R"(CREATE TABLE sink(
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  paused INTEGER NOT NULL,
  declared INTEGER NOT NULL,
  settings TEXT NOT NULL,    -- JSON object of texts
  filter TEXT NOT NULL,      -- JSON object
  sealed TEXT NOT NULL,      -- JSON object: secrets as auth/sealed_box.h makes them
  revision INTEGER NOT NULL,
  first INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  delivered INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE parked(
  sink TEXT NOT NULL REFERENCES sink(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  entry TEXT NOT NULL,
  device TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  tries INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  PRIMARY KEY(sink, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE attempt(
  sink TEXT NOT NULL REFERENCES sink(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(sink, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE run(one INTEGER PRIMARY KEY CHECK(one = 1), stopped INTEGER NOT NULL) STRICT;
INSERT INTO run VALUES(1, 1))",
};

using Texts = std::map<std::string, std::string, std::less<>>;

std::string to_text(const Texts& texts) {
  json::object out;
  for (const auto& [name, value] : texts) out[name] = value;
  return json::serialize(out);
}

std::string to_text(const model::SinkFilter& filter) {
  json::array channels;
  for (const auto channel : filter.channels) channels.emplace_back(channel);
  return json::serialize(json::object{{"devices", json::value_from(filter.devices)},
                                      {"tags", json::value_from(filter.tags)},
                                      {"types", json::value_from(filter.types)},
                                      {"channels", std::move(channels)}});
}

json::object object_of(const std::string& text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  return error || !value.is_object() ? json::object{} : std::move(value.get_object());
}

Texts texts_of(const std::string& text) {
  Texts out;
  for (const auto& member : object_of(text))
    if (member.value().is_string()) out.emplace(member.key(), std::string{member.value().get_string()});
  return out;
}

model::SinkFilter filter_of(const std::string& text) {
  const auto object = object_of(text);
  model::SinkFilter out;
  const auto list = [&](const char* name, auto&& each) {
    if (const auto* found = object.if_contains(name); found != nullptr && found->is_array())
      for (const auto& item : found->get_array()) each(item);
  };
  const auto texts = [](std::vector<std::string>& to) {
    return [&to](const json::value& item) {
      if (item.is_string()) to.emplace_back(item.get_string());
    };
  };
  list("devices", texts(out.devices));
  list("tags", texts(out.tags));
  list("types", texts(out.types));
  list("channels", [&](const json::value& item) {
    if (item.is_int64()) out.channels.push_back(static_cast<std::uint16_t>(item.get_int64()));
  });
  return out;
}

std::int64_t signed_of(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t unsigned_of(std::int64_t number) { return static_cast<std::uint64_t>(number); }

}  // namespace

struct SqliteSinks::State {
  explicit State(Database d) : database(std::move(d)) {}

  struct Waiting {
    Write write;
    Result<void> outcome;
  };

  // On the pool's thread: all that waits, in one transaction. Where that fails each is tried alone, so that
  // one that cannot be stored does not take others with it.
  void drain() {
    std::deque<std::shared_ptr<Waiting>> all;
    {
      const std::lock_guard lock{mutex};
      all.swap(pending);
    }
    if (all.empty()) return;  // an earlier job has taken ours along
    const auto together = transaction(all);
    for (const auto& one : all) one->outcome = together;
    if (!together && all.size() > 1)
      for (const auto& one : all) one->outcome = transaction({one});
    for (const auto& one : all) one->write = nullptr;  // here, not on the loop of whoever waits
  }

  Result<void> transaction(const std::deque<std::shared_ptr<Waiting>>& writes) {
    auto done = database.execute("BEGIN IMMEDIATE");
    for (const auto& one : writes)
      if (done) done = one->write(*this);
    if (done) done = database.execute("COMMIT");
    if (!done) {
      log::error("storage.failed", {{"what", done.error().place}});
      [[maybe_unused]] const auto back = database.execute("ROLLBACK");  // SQLite may have done it already
    }
    return done;
  }

  // Prepared once each.
  Result<Statement*> statement(const char* sql) {
    auto& kept = statements[sql];
    if (!kept) {
      auto made = database.prepare(sql);
      if (!made) return fail(made.error());
      kept = std::make_unique<Statement>(std::move(*made));
    }
    return kept.get();
  }
  template <class... Values>
  Result<void> run(const char* sql, const Values&... values) {
    auto prepared = statement(sql);
    if (!prepared) return fail(prepared.error());
    int index = 0;
    ((*prepared)->bind(++index, values), ...);
    return (*prepared)->run();
  }
  Result<void> rows(const char* sql, const std::function<void(const Statement&)>& each) {
    auto prepared = statement(sql);
    if (!prepared) return fail(prepared.error());
    for (;;) {
      const auto row = (*prepared)->step();
      if (!row) return fail(row.error());
      if (!*row) return {};
      each(**prepared);
    }
  }

  Database database;  // outlives its statements
  std::map<std::string, std::unique_ptr<Statement>, std::less<>> statements;
  std::mutex mutex;
  std::deque<std::shared_ptr<Waiting>> pending;
};

SqliteSinks::SqliteSinks(std::shared_ptr<State> state, net::WorkerPool& pool)
    : state_(std::move(state)), pool_(pool) {}
SqliteSinks::~SqliteSinks() = default;

Result<std::unique_ptr<SqliteSinks>> SqliteSinks::open(const std::filesystem::path& file,
                                                       net::WorkerPool& pool) {
  auto database = Database::open(file, kMigrations);
  if (!database) return fail(database.error());
  return std::unique_ptr<SqliteSinks>{new SqliteSinks{std::make_shared<State>(std::move(*database)), pool}};
}

Result<SqliteSinks::Loaded> SqliteSinks::load() {
  Loaded out;
  auto& state = *state_;
  auto read =
      state.rows("SELECT stopped FROM run", [&](const Statement& row) { out.clean = row.number(0) != 0; });
  if (read) read = state.run("UPDATE run SET stopped=0");
  if (read)
    read = state.rows(
        "SELECT id,kind,enabled,paused,declared,settings,filter,sealed,revision,first,cursor,delivered FROM "
        "sink "
        "ORDER BY id",
        [&](const Statement& row) {
          model::SinkRecord record;
          record.spec.id = row.text(0);
          const auto kind = model::parse_sink_kind(row.text(1));
          if (!kind) return;
          record.spec.kind = *kind;
          record.spec.enabled = row.number(2) != 0;
          record.spec.paused = row.number(3) != 0;
          record.spec.declared = row.number(4) != 0;
          record.spec.settings = texts_of(row.text(5));
          record.spec.filter = filter_of(row.text(6));
          record.sealed = texts_of(row.text(7));
          record.revision = unsigned_of(row.number(8));
          record.first = unsigned_of(row.number(9));
          record.cursor = unsigned_of(row.number(10));
          record.delivered = unsigned_of(row.number(11));
          out.sinks.push_back(std::move(record));
        });
  if (read)
    read = state.rows("SELECT sink,seq,entry,device,reason,detail,tries,at_us FROM parked ORDER BY sink,seq",
                      [&](const Statement& row) {
                        model::ParkedEntry entry;
                        entry.seq = unsigned_of(row.number(1));
                        entry.id = row.text(2);
                        entry.device = model::DeviceId{row.text(3)};
                        entry.reason = code_of(row.text(4));
                        entry.detail = row.text(5);
                        entry.tries = static_cast<std::uint32_t>(row.number(6));
                        entry.at = WallTime{std::chrono::microseconds{row.number(7)}};
                        out.parked[row.text(0)].push_back(std::move(entry));
                      });
  if (read)
    read = state.rows("SELECT sink,seq,count FROM attempt", [&](const Statement& row) {
      out.attempts[row.text(0)][unsigned_of(row.number(1))] = static_cast<std::uint32_t>(row.number(2));
    });
  if (!read) return fail(read.error());
  return out;
}

net::Task<Result<void>> SqliteSinks::write(Write write) {
  auto waiting = std::make_shared<State::Waiting>();
  waiting->write = std::move(write);
  {
    const std::lock_guard lock{state_->mutex};
    state_->pending.push_back(waiting);
  }
  auto job = [state = state_]() -> Result<void> {
    state->drain();
    return {};
  };
  for (;;) {
    auto running = pool_.run(job);
    const auto ran = co_await std::move(running);
    if (ran) co_return waiting->outcome;
    // Refused by a full pool. An earlier job may have it all the same: then only its outcome is to come.
    {
      const std::lock_guard lock{state_->mutex};
      if (std::erase(state_->pending, waiting) > 0) co_return fail(ran.error());
    }
    co_await net::sleep_for(std::chrono::milliseconds{5});
  }
}

net::Task<Result<void>> SqliteSinks::put(model::SinkRecord record) {
  return write([record = std::move(record)](State& state) {
    const auto& spec = record.spec;
    return state.run(
        "INSERT INTO sink VALUES(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
        "enabled=excluded.enabled,"
        "paused=excluded.paused,declared=excluded.declared,settings=excluded.settings,filter=excluded.filter,"
        "sealed=excluded.sealed,revision=excluded.revision",
        std::string_view{spec.id}, to_text(spec.kind), std::int64_t{spec.enabled}, std::int64_t{spec.paused},
        std::int64_t{spec.declared}, std::string_view{to_text(spec.settings)},
        std::string_view{to_text(spec.filter)}, std::string_view{to_text(record.sealed)},
        signed_of(record.revision), signed_of(record.first), signed_of(record.cursor),
        signed_of(record.delivered));
  });
}

net::Task<Result<void>> SqliteSinks::remove(std::string id) {
  return write([id = std::move(id)](State& state) {
    return state.run("DELETE FROM sink WHERE id=?", std::string_view{id});
  });
}

net::Task<Result<void>> SqliteSinks::progress(std::string id, model::Seq cursor, std::uint64_t delivered) {
  return write([id = std::move(id), cursor, delivered](State& state) -> Result<void> {
    auto done = state.run("UPDATE sink SET cursor=?,delivered=? WHERE id=?", signed_of(cursor),
                          signed_of(delivered), std::string_view{id});
    if (!done) return done;
    return state.run("DELETE FROM attempt WHERE sink=? AND seq<=?", std::string_view{id}, signed_of(cursor));
  });
}

net::Task<Result<void>> SqliteSinks::attempt(std::string id, model::Seq seq, std::uint32_t count) {
  return write([id = std::move(id), seq, count](State& state) {
    if (count == 0)
      return state.run("DELETE FROM attempt WHERE sink=? AND seq=?", std::string_view{id}, signed_of(seq));
    return state.run("INSERT OR REPLACE INTO attempt VALUES(?,?,?)", std::string_view{id}, signed_of(seq),
                     std::int64_t{count});
  });
}

net::Task<Result<void>> SqliteSinks::park(std::string id, model::ParkedEntry entry) {
  return write([id = std::move(id), entry = std::move(entry)](State& state) {
    return state.run("INSERT OR REPLACE INTO parked VALUES(?,?,?,?,?,?,?,?)", std::string_view{id},
                     signed_of(entry.seq), std::string_view{entry.id}, std::string_view{entry.device.str()},
                     name(entry.reason), std::string_view{entry.detail}, std::int64_t{entry.tries},
                     std::int64_t{entry.at.time_since_epoch().count()});
  });
}

net::Task<Result<void>> SqliteSinks::unpark(std::string id, model::Seq seq) {
  return write([id = std::move(id), seq](State& state) {
    return state.run("DELETE FROM parked WHERE sink=? AND seq=?", std::string_view{id}, signed_of(seq));
  });
}

net::Task<Result<void>> SqliteSinks::mark_stopped() {
  return write([](State& state) { return state.run("UPDATE run SET stopped=1"); });
}

}  // namespace camfleet::storage
