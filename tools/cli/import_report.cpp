#include "cli/import_report.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/context.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

struct Sign {
  std::string_view action;
  const char* sign;
  Tone tone;
};
constexpr Sign kSigns[] = {{"add", "+", Tone::good},    {"change", "~", Tone::warn},
                           {"update", "~", Tone::warn}, {"remove", "-", Tone::bad},
                           {"same", "=", Tone::dim},    {"error", "!", Tone::bad}};

Sign sign_of(std::string_view action) {
  for (const auto& sign : kSigns)
    if (sign.action == action) return sign;
  return {action, "?", Tone::plain};
}

std::string shown(const json::value& object, std::string_view member) {
  return for_terminal(text_of(object, member));
}

std::string findings(const json::value& item, std::string_view member, const char* sign) {
  std::string out;
  const auto* list = member_of(item, member);
  if (list == nullptr || !list->is_array()) return out;
  for (const auto& finding : list->get_array()) {
    const auto column = shown(finding, "column");
    const auto code = shown(finding, "code");
    auto text = shown(finding, "detail");
    if (!column.empty())
      text = column + ": " + text;
    else if (!code.empty())
      text = code + ": " + shown(finding, "title") + (text.empty() ? "" : " (" + text + ')');
    out += fmt::format("      {} {}\n", sign, text);
  }
  return out;
}

long long count_of(const json::value& answer, std::string_view action) {
  const auto* counts = member_of(answer, "counts");
  const auto* number = counts == nullptr ? nullptr : member_of(*counts, action);
  return number != nullptr && number->is_int64() ? number->get_int64() : 0;
}

}  // namespace

std::string import_report(const json::value& answer, const Paint& paint) {
  std::string out;
  const auto* items = member_of(answer, "items");
  if (items == nullptr || !items->is_array()) return out;
  for (const auto& item : items->get_array()) {
    const auto sign = sign_of(text_of(item, "action"));
    std::string line = fmt::format("{} {:>6}  {}", sign.sign, shown(item, "line"), shown(item, "id"));
    for (const auto* member : {"address", "name"})
      if (const auto text = shown(item, member); !text.empty()) line += "  " + text;
    out += paint(line, sign.tone) + '\n';
    if (const auto* changes = member_of(item, "changes"); changes != nullptr && changes->is_array())
      for (const auto& change : changes->get_array()) {
        const bool secret = member_of(change, "before") == nullptr && member_of(change, "after") == nullptr;
        out += secret ? fmt::format("        {}: another\n", shown(change, "field"))
                      : fmt::format("        {}: {} -> {}\n", shown(change, "field"), shown(change, "before"),
                                    shown(change, "after"));
      }
    out += findings(item, "errors", "!");
    out += findings(item, "warnings", "?");
  }
  return out;
}

std::string import_counts(const json::value& answer) {
  return fmt::format("{} added, {} changed, {} removed, {} unchanged, {} refused", count_of(answer, "add"),
                     count_of(answer, "change") + count_of(answer, "update"), count_of(answer, "remove"),
                     count_of(answer, "same"), count_of(answer, "error"));
}

Exit import_exit(const json::value& answer) {
  const auto* refused = member_of(answer, "refused");
  if (refused != nullptr && !refused->is_null()) return Exit::refused;
  if (count_of(answer, "error") == 0) return Exit::ok;
  const auto good = count_of(answer, "add") + count_of(answer, "change") + count_of(answer, "update") +
                    count_of(answer, "remove") + count_of(answer, "same");
  return good > 0 ? Exit::partly : Exit::refused;
}

}  // namespace camfleet::cli
