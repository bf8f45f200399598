#include "api/selection.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "net/within.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

constexpr std::size_t kMostIds = 100'000;

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  return fail(Code::api_bad_request, "where." + clean_utf8(name.substr(0, 64)) + ": " + std::string{what});
}

// The texts of a member: one, or a list of them.
Result<std::vector<std::string_view>> texts_of(std::string_view name, const json::value& value) {
  std::vector<std::string_view> out;
  if (value.is_string()) {
    out.emplace_back(value.get_string());
    return out;
  }
  if (!value.is_array() || value.get_array().empty()) return wrong(name, "wants a text or a list of texts");
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) return wrong(name, "wants a text or a list of texts");
    out.emplace_back(item.get_string());
  }
  return out;
}

}  // namespace

Result<Selection> Selection::from(const json::object& body) {
  Selection out;
  bool all = false;
  if (const auto* value = body.if_contains("all")) {
    if (!value->is_bool()) return fail(Code::api_bad_request, "all: wants true or false");
    all = value->get_bool();
  }
  const auto* where = body.if_contains("where");
  if (where != nullptr && !where->is_object()) return fail(Code::api_bad_request, "where: wants an object");
  bool any = false;
  if (where != nullptr)
    for (const auto& member : where->get_object()) {
      const std::string_view name = member.key();
      auto texts = texts_of(name, member.value());
      if (!texts) return fail(texts.error());
      any = true;
      if (name == "ids") {
        out.by_ids_ = true;
        if (texts->size() > kMostIds) return wrong(name, "at most 100000");
        for (const auto text : *texts) {
          const auto id = model::parse_device_id(text);
          if (!id) return wrong(name, "no device can have the id " + clean_utf8(text.substr(0, 64)));
          out.ids_.push_back(*id);
        }
        std::ranges::sort(out.ids_, {}, [](const auto& id) { return id.str(); });
        const auto [first, last] = std::ranges::unique(out.ids_);
        out.ids_.erase(first, last);
        continue;
      }
      for (const auto text : *texts) {
        // A search for nothing finds the whole fleet, which is meant by "all" alone.
        if (trim(text).empty()) return wrong(name, "an empty value");
        const auto known = out.filter_.take(name == "text" ? "q" : name, text);
        if (!known) return fail(known.error());
        if (!*known) return wrong(name, "there is no such filter");
      }
    }
  if (!any && !all)
    return fail(Code::api_bad_request, "where: is empty; for the whole fleet say \"all\": true");
  if (any && all) return fail(Code::api_bad_request, "all: stands beside a filter");
  return out;
}

net::Task<std::vector<model::DeviceId>> Selection::find(const fleet::FleetView& fleet) const {
  std::vector<model::DeviceId> out;
  if (by_ids_) {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const auto view = fleet.show(ids_[i]);
      if (!view || filter_.empty() || filter_.matches(**view)) out.push_back(ids_[i]);
      if (i % 256 == 255) co_await net::sleep_until(SteadyTime{});
    }
    co_return out;
  }
  fleet::DeviceQuery query;
  query.filter = filter_;
  query.limit = 200;
  for (;;) {
    const auto page = fleet.list(query);
    if (!page) break;
    for (const auto& view : page->items) out.push_back(view->spec.id);
    if (!page->next) break;
    query.cursor = *page->next;
    co_await net::sleep_until(SteadyTime{});
  }
  co_return out;
}

}  // namespace camfleet::api
