#include "storage/sqlite/device_rows.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <limits>

#include "base/log.h"

namespace camfleet::storage {
namespace {

namespace json = boost::json;

// A version that was shipped never changes.
constexpr const char* kMigrations[] = {
    R"(CREATE TABLE device(
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  drivers TEXT NOT NULL,          -- JSON array, in order of preference
  address TEXT NOT NULL,
  http_port INTEGER NOT NULL,
  https_port INTEGER NOT NULL,
  rtsp_port INTEGER NOT NULL,
  sdk_port INTEGER NOT NULL,
  sdk_login TEXT NOT NULL,
  username TEXT NOT NULL,
  url TEXT NOT NULL,
  transport TEXT NOT NULL,
  timezone TEXT NOT NULL,
  tags TEXT NOT NULL,             -- JSON array
  enabled INTEGER NOT NULL,
  always_on INTEGER NOT NULL,
  sealed_password TEXT NOT NULL,  -- auth/sealed_box.h; empty: none
  credential_version INTEGER NOT NULL,
  rejected_version INTEGER NOT NULL,
  known_serial TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID)",
    "ALTER TABLE device ADD COLUMN sdk_tls INTEGER NOT NULL DEFAULT 0",
};

std::string to_json(const std::vector<std::string>& texts) {
  return json::serialize(json::value_from(texts));
}

std::optional<std::vector<std::string>> texts_of(const std::string& text) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_array()) return std::nullopt;
  std::vector<std::string> out;
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) return std::nullopt;
    out.emplace_back(item.get_string());
  }
  return out;
}

// What an operator says of a device, in the order of said() and read().
constexpr const char* kSaid =
    "name,drivers,address,http_port,https_port,rtsp_port,sdk_port,sdk_login,sdk_tls,username,url,transport,"
    "timezone,tags,enabled,always_on,sealed_password,credential_version,revision";
constexpr const char* kSaidValues = "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?";

int bind_said(Statement& to, const model::DeviceRecord& record, int column) {
  const auto& spec = record.spec;
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  for (const std::string& text : {spec.name, to_json(spec.drivers), spec.address}) to.bind(++column, text);
  for (const auto port : {spec.http_port, spec.https_port, spec.rtsp_port, spec.sdk_port})
    to.bind(++column, number(port));
  to.bind(++column, spec.sdk_login);
  to.bind(++column, number(spec.sdk_tls));
  for (const std::string& text : {spec.username, spec.url, spec.transport, spec.timezone, to_json(spec.tags)})
    to.bind(++column, text);
  to.bind(++column, number(spec.enabled));
  to.bind(++column, number(spec.always_on));
  to.bind(++column, record.sealed_password);
  to.bind(++column, number(record.credential_version));
  to.bind(++column, number(record.revision));
  return column;
}

std::string edit_statement() {
  return fmt::format(
      "UPDATE device SET ({})=({}), rejected_version=iif(?,0,rejected_version), "
      "known_serial=iif(?,'',known_serial) WHERE id=?",
      kSaid, kSaidValues);
}

std::optional<model::DeviceRecord> read(const Statement& from) {
  model::DeviceRecord record;
  auto& spec = record.spec;
  int column = 0;
  bool sound = true;
  const auto text = [&] { return from.text(column++); };
  const auto number = [&] { return from.number(column++); };
  const auto port = [&] {
    const auto value = number();
    sound = sound && value >= 0 && value <= std::numeric_limits<std::uint16_t>::max();
    return static_cast<std::uint16_t>(value);
  };
  const auto counter = [&] {
    const auto value = number();
    sound = sound && value >= 0;
    return static_cast<std::uint64_t>(value);
  };
  const auto texts = [&] {
    auto list = texts_of(text());
    sound = sound && list;
    return list ? std::move(*list) : std::vector<std::string>{};
  };
  spec.id = model::DeviceId{text()};
  spec.name = text();
  spec.drivers = texts();
  spec.address = text();
  spec.http_port = port();
  spec.https_port = port();
  spec.rtsp_port = port();
  spec.sdk_port = port();
  spec.sdk_login = text();
  spec.sdk_tls = number() != 0;
  spec.username = text();
  spec.url = text();
  spec.transport = text();
  spec.timezone = text();
  spec.tags = texts();
  spec.enabled = number() != 0;
  spec.always_on = number() != 0;
  record.sealed_password = text();
  record.credential_version = counter();
  record.revision = counter();
  record.rejected_version = counter();
  record.known_serial = text();
  return sound ? std::optional{std::move(record)} : std::nullopt;
}

}  // namespace

std::span<const char* const> device_migrations() { return kMigrations; }

Result<DeviceRows> DeviceRows::prepare(Database& database) {
  DeviceRows rows;
  const auto put =
      fmt::format("INSERT OR REPLACE INTO device(id,{},rejected_version,known_serial) VALUES(?,{},?,?)",
                  kSaid, kSaidValues);
  const std::pair<Statement*, std::string> all[] = {
      {&rows.put_, put},
      {&rows.edit_, edit_statement()},
      {&rows.learn_, "UPDATE device SET rejected_version=?, known_serial=? WHERE id=?"},
      {&rows.remove_, "DELETE FROM device WHERE id=?"}};
  for (const auto& [statement, sql] : all) {
    auto prepared = database.prepare(sql);
    if (!prepared) return fail(prepared.error());
    *statement = std::move(*prepared);
  }
  return rows;
}

Result<void> DeviceRows::apply(const model::StoreChange& change) {
  const auto& record = change.record;
  const auto& id = record.spec.id.str();
  const auto rejected = static_cast<std::int64_t>(record.rejected_version);
  switch (change.kind) {
    case model::StoreChange::Kind::put: {
      put_.bind(1, id);
      const int column = bind_said(put_, record, 1);
      put_.bind(column + 1, rejected).bind(column + 2, record.known_serial);
      return put_.run();
    }
    case model::StoreChange::Kind::edit: {
      const int column = bind_said(edit_, record, 0);
      edit_.bind(column + 1, std::int64_t{change.forget_refusal});
      edit_.bind(column + 2, std::int64_t{change.forget_identity});
      edit_.bind(column + 3, id);
      return edit_.run();
    }
    case model::StoreChange::Kind::learn:
      return learn_.bind(1, rejected).bind(2, record.known_serial).bind(3, id).run();
    case model::StoreChange::Kind::remove:
      return remove_.bind(1, id).run();
  }
  return {};
}

Result<std::vector<model::DeviceRecord>> load_devices(Database& database) {
  auto statement = database.prepare(
      fmt::format("SELECT id,{},rejected_version,known_serial FROM device ORDER BY id", kSaid));
  if (!statement) return fail(statement.error());
  std::vector<model::DeviceRecord> out;
  for (;;) {
    const auto row = statement->step();
    if (!row) return fail(row.error());
    if (!*row) return out;
    if (auto record = read(*statement)) {
      out.push_back(std::move(*record));
    } else {
      log::error("storage.row_damaged", {{"table", "device"}, {"id", statement->text(0)}});
    }
  }
}

}  // namespace camfleet::storage
