
#include "api/api.h"
#include "api/import_json.h"
#include "api/problem.h"
#include "base/text.h"
#include "fleet/device_filter.h"
#include "fleet/import/export.h"

namespace camfleet::api {
namespace {

constexpr auto kWriteLimit = std::chrono::seconds{30};  // for each piece of an answer
constexpr std::size_t kPiece = 64 * 1024;

Deadline write_deadline() { return system_clock().steady() + kWriteLimit; }

Result<bool> flag(const Call& call, std::string_view name) {
  const auto value = call.exchange.query_value(name).value_or("false");
  if (value != "true" && value != "false")
    return fail(Code::api_bad_request, std::string{name} + ": wants true or false");
  return value == "true";
}

Result<std::optional<fleet::ImportFormat>> format_of(const Call& call) {
  using Format = std::optional<fleet::ImportFormat>;
  const auto value = call.exchange.query_value("format");
  if (!value) return Format{};
  if (*value == "csv") return Format{fleet::ImportFormat::csv};
  if (*value == "yaml") return Format{fleet::ImportFormat::yaml};
  return fail(Code::api_bad_request, "format: wants csv or yaml");
}

// The type says it; a format beside it must say the same.
Result<fleet::ImportFormat> body_format(const Call& call) {
  auto rest = call.exchange.request().headers.get("Content-Type");
  const auto type = to_lower(trim(take_until(rest, ';')));
  std::optional<fleet::ImportFormat> format;
  if (type == "text/csv" || type == "application/csv") format = fleet::ImportFormat::csv;
  if (type == "application/yaml" || type == "application/x-yaml" || type == "text/yaml" ||
      type == "text/x-yaml")
    format = fleet::ImportFormat::yaml;
  if (!format) return fail(Code::api_unsupported_type, "wants text/csv or application/yaml");
  const auto asked = format_of(call);
  if (!asked) return fail(asked.error());
  if (*asked && **asked != *format)
    return fail(Code::api_bad_request, "format: the Content-Type says otherwise");
  return *format;
}

Result<ImportReport> report_of(const Call& call) {
  const auto value = call.exchange.query_value("report").value_or("changes");
  if (value == "errors") return ImportReport::errors;
  if (value == "changes") return ImportReport::changes;
  if (value == "all") return ImportReport::all;
  return fail(Code::api_bad_request, "report: wants errors, changes or all");
}

net::Task<Result<>> import(fleet::Importer& importer, Call& call) {
  const auto format = body_format(call);
  if (!format) co_return fail(format.error());
  const auto report = report_of(call);
  if (!report) co_return fail(report.error());
  const auto dry_run = flag(call, "dry_run");
  if (!dry_run) co_return fail(dry_run.error());
  const auto prune = flag(call, "prune");
  if (!prune) co_return fail(prune.error());
  const auto all = flag(call, "all_or_nothing");
  if (!all) co_return fail(all.error());

  fleet::ImportOptions options;
  options.prune = *prune;
  options.all_or_nothing = *all;
  std::string file = call.exchange.request().body;
  auto importing = importer.run(std::move(file), *format, options, *dry_run, call.fleet.scope());
  const auto outcome = co_await std::move(importing);
  if (!outcome) co_return fail(outcome.error());

  ImportJson json{**outcome, *dry_run, *report, call.language, call.trace_id};
  net::HttpResponse head;
  head.status = json.status();
  head.headers.set("Content-Type", json.content_type());
  add_common_headers(head, call.trace_id);
  auto writer = co_await call.exchange.respond_stream(head);
  if (!writer) co_return fail(writer.error());
  for (auto piece = json.next(); !piece.empty(); piece = json.next()) {
    const auto written = co_await writer->write(piece, write_deadline());
    if (!written) co_return fail(written.error());
  }
  co_return co_await writer->finish(write_deadline());
}

Result<fleet::DeviceFilter> filter_of(const Call& call) {
  fleet::DeviceFilter filter;
  for (const std::string_view name : {"state", "tag", "q", "driver", "reason", "id"}) {
    const auto value = call.exchange.query_value(name);
    if (!value) continue;
    const auto taken = filter.take(name, *value);
    if (!taken) return fail(taken.error());
  }
  return filter;
}

net::Task<Result<>> export_devices(Call& call) {
  const auto asked = format_of(call);
  if (!asked) co_return fail(asked.error());
  const auto format = asked->value_or(fleet::ImportFormat::csv);
  const auto filter = filter_of(call);
  if (!filter) co_return fail(filter.error());
  const auto mark = flag(call, "bom");
  if (!mark) co_return fail(mark.error());

  const bool csv = format == fleet::ImportFormat::csv;
  net::HttpResponse head;
  head.headers.set("Content-Type", csv ? "text/csv; charset=utf-8" : "application/yaml");
  head.headers.set("Content-Disposition",
                   csv ? "attachment; filename=\"devices.csv\"" : "attachment; filename=\"devices.yaml\"");
  add_common_headers(head, call.trace_id);
  auto writer = co_await call.exchange.respond_stream(head);
  if (!writer) co_return fail(writer.error());

  std::string piece = (csv && *mark ? "\xEF\xBB\xBF" : "") + fleet::export_head(format);
  bool any = false;
  fleet::DeviceQuery query;
  query.limit = 500;
  for (bool more = true; more;) {
    auto page = call.fleet.list(query);
    if (!page) co_return fail(page.error());
    for (const auto& view : page->items) {
      if (!filter->matches(*view)) continue;
      any = true;
      piece += fleet::export_device(view->spec, format);
    }
    more = page->next.has_value();
    if (more) query.cursor = std::move(*page->next);
    if (!more) piece += fleet::export_tail(format, any);
    if (more && piece.size() < kPiece) continue;
    const auto written = co_await writer->write(piece, write_deadline());
    if (!written) co_return fail(written.error());
    piece.clear();
  }
  co_return co_await writer->finish(write_deadline());
}

}  // namespace

// Before the routes of one device, for whose id these words would pass.
void Api::add_imports() {
  router_.add({"POST", "/api/v1/devices/import", "importDevices", Access::operate,
               [this](Call& call) { return import(importer_, call); }},
              Reach::devices);
  router_.add({"GET", "/api/v1/devices/export", "exportDevices", Access::view,
               [](Call& call) { return export_devices(call); }},
              Reach::devices);
}

}  // namespace camfleet::api
