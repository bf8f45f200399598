#include "api/explain_json.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "fleet/explain.h"

namespace camfleet::api {
namespace json = boost::json;

json::object explain_json(const model::DeviceView& view, Language language, WallTime now) {
  const auto told = fleet::explain(view, language, now);
  json::object out{{"id", view.spec.id.str()}, {"state", to_text(told.state)},
                   {"code", name(told.code)},  {"what", told.what},
                   {"why", told.why},          {"since", to_rfc3339(told.since)},
                   {"attempts", told.attempts}};
  out["attempts_left"] = told.attempts_left ? json::value(*told.attempts_left) : json::value(nullptr);
  out["next"] = nullptr;
  if (told.next) {
    json::object next{{"action", told.next->action}, {"text", told.next->text}};
    next["at"] = told.next->at ? json::value(to_rfc3339(*told.next->at)) : json::value(nullptr);
    next["in_s"] = told.next->in_s ? json::value(*told.next->in_s) : json::value(nullptr);
    out["next"] = std::move(next);
  }
  json::array advised;
  for (const auto& one : told.advised)
    advised.push_back(json::object{{"action", one.action}, {"text", one.text}, {"how", one.how}});
  out["operator"] = std::move(advised);
  json::array history;
  for (const auto& move : view.history)
    history.push_back(json::object{{"to", to_text(move.to)},
                                   {"reason", name(move.reason)},
                                   {"reason_text", sentence(move.reason, language)},
                                   {"detail", clean_utf8(move.detail)},
                                   {"at", to_rfc3339(move.at)}});
  out["history"] = std::move(history);
  return out;
}

}  // namespace camfleet::api
