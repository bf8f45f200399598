#include "api/audit.h"

#include "base/log.h"

namespace camfleet::api {
namespace {

std::string subject_of(const Call& call) {
  if (!call.subject.empty()) return call.subject;
  std::string out;
  for (const auto& [name, value] : call.path) out += (out.empty() ? "" : "/") + value;
  return out;
}

}  // namespace

void audit(const Route& route, const Call& call, const Result<>& done) {
  const auto& method = call.exchange.request().method;
  if (method == "GET" || method == "HEAD" || call.who.kind == auth::Principal::Kind::nobody) return;
  // Once it was answered, a broken connection is not the change's failure.
  const auto result = done || call.exchange.answered() ? std::string_view{"ok"} : name(done.error().code);
  log::info("audit", {{"who", call.who.id},
                      {"name", call.who.name},
                      {"role", to_text(call.who.role)},
                      {"remote", call.from.to_string()},
                      {"operation", route.operation},
                      {"subject", subject_of(call)},
                      {"result", result},
                      {"trace_id", call.trace_id}});
}

}  // namespace camfleet::api
