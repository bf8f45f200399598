#include "storage/sqlite/event_rows.h"

#include "base/text.h"

namespace camfleet::storage {
namespace {

enum Flag : std::uint8_t { inferred = 1, replayed = 2, payload_cut = 4 };

// "id type size", a line each. A device chose the type: it has no blanks when it is one of ours to keep.
std::string pictures_text(const std::vector<model::PictureRef>& pictures) {
  std::string out;
  for (const auto& one : pictures)
    out += one.id + ' ' + one.content_type + ' ' + std::to_string(one.size) + '\n';
  return out;
}

std::vector<model::PictureRef> pictures_of(std::string_view text) {
  std::vector<model::PictureRef> out;
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    model::PictureRef one;
    one.id = take_until(line, ' ');
    one.content_type = take_until(line, ' ');
    one.size = parse_int<std::uint32_t>(line).value_or(0);
    if (!one.id.empty()) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::span<const char* const> event_migrations() {
  static constexpr const char* kMigrations[] = {R"(
    CREATE TABLE entries(
      seq INTEGER PRIMARY KEY,
      event TEXT NOT NULL,
      state INTEGER NOT NULL,
      ordinal INTEGER NOT NULL,
      device TEXT NOT NULL,
      channel INTEGER NOT NULL,
      type TEXT NOT NULL,
      detail TEXT NOT NULL,
      description TEXT NOT NULL,
      target TEXT NOT NULL,
      source INTEGER NOT NULL,
      device_time TEXT NOT NULL,
      happened INTEGER NOT NULL,
      started INTEGER NOT NULL,
      received INTEGER NOT NULL,
      count INTEGER NOT NULL,
      flags INTEGER NOT NULL,
      pictures TEXT NOT NULL,
      payload BLOB NOT NULL,
      reports INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX entry_id ON entries(event, state, ordinal);
    CREATE INDEX entry_device ON entries(device, seq);
    CREATE INDEX entry_received ON entries(received);
    CREATE INDEX entry_blind ON entries(seq) WHERE type = 'camfleet.blind')"};
  return kMigrations;
}

void bind_entry(Statement& insert, model::Seq seq, const model::NewEntry& fresh) {
  const auto& entry = fresh.entry;
  const auto flags = (entry.inferred ? inferred : 0) | (entry.replayed ? replayed : 0) |
                     (entry.payload_cut ? payload_cut : 0);
  insert.bind(1, static_cast<std::int64_t>(seq))
      .bind(2, entry.event)
      .bind(3, static_cast<std::int64_t>(entry.state))
      .bind(4, std::int64_t{entry.ordinal})
      .bind(5, entry.device.str())
      .bind(6, std::int64_t{entry.channel})
      .bind(7, entry.type)
      .bind(8, entry.detail)
      .bind(9, entry.description)
      .bind(10, entry.target)
      .bind(11, static_cast<std::int64_t>(entry.source))
      .bind(12, entry.device_time)
      .bind(13, entry.happened ? micros(*entry.happened) : 0)
      .bind(14, micros(entry.started))
      .bind(15, micros(entry.received))
      .bind(16, std::int64_t{entry.count})
      .bind(17, std::int64_t{flags})
      .bind(18, pictures_text(entry.pictures))
      .bind_blob(19, entry.payload)
      .bind(20, std::int64_t{fresh.reports});
}

model::LedgerEntry read_entry(const Statement& row, bool payload) {
  model::LedgerEntry entry;
  int at = 0;
  entry.seq = static_cast<model::Seq>(row.number(at++));
  entry.event = row.text(at++);
  entry.state = static_cast<model::EventState>(row.number(at++) & 3);
  entry.ordinal = static_cast<std::uint32_t>(row.number(at++));
  entry.device = model::DeviceId{row.text(at++)};
  entry.channel = static_cast<std::uint16_t>(row.number(at++));
  entry.type = row.text(at++);
  entry.detail = row.text(at++);
  entry.description = row.text(at++);
  entry.target = row.text(at++);
  const auto source = row.number(at++);
  entry.source =
      source >= 0 && source <= 3 ? static_cast<model::EventSource>(source) : model::EventSource::stream;
  entry.device_time = row.text(at++);
  if (const auto happened = row.number(at++); happened != 0) entry.happened = from_micros(happened);
  entry.started = from_micros(row.number(at++));
  entry.received = from_micros(row.number(at++));
  entry.count = static_cast<std::uint32_t>(row.number(at++));
  const auto flags = row.number(at++);
  entry.inferred = (flags & inferred) != 0;
  entry.replayed = (flags & replayed) != 0;
  entry.payload_cut = (flags & payload_cut) != 0;
  entry.pictures = pictures_of(row.text(at++));
  if (payload) entry.payload = row.blob(kPayloadColumn);
  return entry;
}

}  // namespace camfleet::storage
