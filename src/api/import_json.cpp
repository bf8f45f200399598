#include "api/import_json.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
using fleet::ImportAction;
namespace {

constexpr std::size_t kPiece = 64 * 1024;

json::string text(std::string_view raw) { return json::string{clean_utf8(raw)}; }
json::value text_or_null(std::string_view raw) {
  return raw.empty() ? json::value(nullptr) : json::value(text(raw));
}
json::value number_or_null(std::size_t number) {
  return number == 0 ? json::value(nullptr) : json::value(number);
}

json::array findings_json(const std::vector<fleet::Finding>& findings, Language language, bool warnings) {
  json::array out;
  for (const auto& finding : findings) {
    json::object one{{"column", text_or_null(finding.column)}};
    if (!warnings) {
      one["code"] = name(finding.code);
      one["title"] = sentence(finding.code, language);
    }
    one["detail"] = text(finding.reason);
    out.push_back(std::move(one));
  }
  return out;
}

std::string_view separator_name(char separator) {
  return separator == '\t' ? "tab" : separator == ';' ? ";" : ",";
}

}  // namespace

ImportJson::ImportJson(const fleet::ImportOutcome& outcome, bool dry_run, ImportReport report,
                       Language language, std::string trace_id)
    : outcome_(outcome),
      dry_run_(dry_run),
      report_(report),
      language_(language),
      trace_id_(std::move(trace_id)) {}

int ImportJson::status() const {
  return outcome_.plan.refused && !dry_run_ ? info(outcome_.plan.refused.code).http_status : 200;
}
std::string_view ImportJson::content_type() const {
  return status() == 200 ? "application/json" : "application/problem+json";
}

std::string ImportJson::head() const {
  const auto& plan = outcome_.plan;
  json::object out;
  if (status() != 200) {
    out["type"] = "/docs/errors#" + std::string{name(plan.refused.code)};
    out["title"] = sentence(plan.refused.code, language_);
    out["status"] = status();
    out["detail"] = text(plan.refused.place);
    out["code"] = name(plan.refused.code);
    out["trace_id"] = trace_id_;
  }
  out["dry_run"] = dry_run_;
  out["applied"] = outcome_.applied;
  out["refused"] = nullptr;
  if (plan.refused)
    out["refused"] = json::object{{"code", name(plan.refused.code)},
                                  {"title", sentence(plan.refused.code, language_)},
                                  {"detail", text(plan.refused.place)}};
  out["format"] = plan.format == fleet::ImportFormat::yaml ? "yaml" : "csv";
  out["encoding"] = to_text(plan.encoding);
  if (plan.format == fleet::ImportFormat::csv) out["separator"] = separator_name(plan.separator);
  out["rows"] = plan.rows;
  json::object counts;
  const auto numbers = plan.counts();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    counts[fleet::to_text(static_cast<ImportAction>(i))] = numbers[i];
  out["counts"] = std::move(counts);
  auto whole = json::serialize(out);
  whole.pop_back();  // goes on with the items
  return whole + ",\"items\":[";
}

bool ImportJson::wanted(const fleet::PlanItem& item) const {
  switch (report_) {
    case ImportReport::errors:
      return item.action == ImportAction::error || !item.warnings.empty();
    case ImportReport::changes:
      return item.action != ImportAction::same || !item.warnings.empty();
    case ImportReport::all:
      return true;
  }
  return true;
}

std::string ImportJson::item_json(const fleet::PlanItem& item) const {
  json::object out{{"row", number_or_null(item.row)},
                   {"line", number_or_null(item.line)},
                   {"action", fleet::to_text(item.action)},
                   {"id", text_or_null(item.id.str())},
                   {"name", text(item.name)},
                   {"address", text(item.address)}};
  if (!item.changes.empty()) {
    json::array changes;
    for (const auto& change : item.changes) {
      json::object one{{"field", fleet::to_text(change.column)}};
      if (change.column == fleet::Column::password) {
        one["changed"] = true;
      } else {
        one["before"] = text(change.before);
        one["after"] = text(change.after);
      }
      changes.push_back(std::move(one));
    }
    out["changes"] = std::move(changes);
  }
  if (!item.errors.empty()) out["errors"] = findings_json(item.errors, language_, false);
  if (!item.warnings.empty()) out["warnings"] = findings_json(item.warnings, language_, true);
  return json::serialize(out);
}

std::string ImportJson::next() {
  std::string out;
  if (ended_) return out;
  if (!std::exchange(begun_, true)) out = head();
  const auto& items = outcome_.plan.items;
  for (; at_ < items.size() && out.size() < kPiece; ++at_) {
    if (!wanted(items[at_])) continue;
    if (std::exchange(any_, true)) out += ',';
    out += item_json(items[at_]);
  }
  if (at_ == items.size()) {
    ended_ = true;
    out += "]}";
  }
  return out;
}

}  // namespace camfleet::api
