#include "api/problem.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace camfleet::api {

void add_common_headers(net::HttpResponse& response, const std::string& trace_id) {
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "no-store");
  if (!trace_id.empty()) response.headers.set("X-Trace-ID", trace_id);
}

net::HttpResponse problem(const Error& error, Language language, const std::string& trace_id, int status) {
  const auto& entry = info(error.code);
  net::HttpResponse response;
  // What stands in the catalogue for a device's refusal (401, 423) is not an answer to our caller's own
  // token.
  const bool ours = entry.name.starts_with("auth.") || entry.name.starts_with("api.");
  response.status = entry.http_status == 401 && !ours ? 502 : entry.http_status;
  if (response.status < 400) response.status = 500;
  if (status != 0) response.status = status;
  if (response.status == 401) response.headers.set("WWW-Authenticate", "Bearer realm=\"camfleet\"");
  if (error.retry_after_s > 0) response.headers.set("Retry-After", std::to_string(error.retry_after_s));
  response.headers.set("Content-Type", "application/problem+json");
  response.body =
      boost::json::serialize(boost::json::object{{"type", "/docs/errors#" + std::string{entry.name}},
                                                 {"title", sentence(error.code, language)},
                                                 {"status", response.status},
                                                 {"detail", clean_utf8(error.place)},
                                                 {"code", entry.name},
                                                 {"trace_id", trace_id}});
  add_common_headers(response, trace_id);
  return response;
}

}  // namespace camfleet::api
