#include "api/isapi_json.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/text.h"
#include "proto/isapi/request.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

constexpr std::array<std::string_view, 4> kMethods{"GET", "PUT", "POST", "DELETE"};
constexpr std::string_view kRoot = "/ISAPI/";
constexpr std::size_t kMostPath = 2'048;
constexpr std::size_t kMostBody = 64 * 1024;

// Whatever a device would take for the end of the request line, or for another tree than ISAPI's.
Result<void> check_path(std::string_view path) {
  const auto bad = [](const char* what) { return fail(Code::api_bad_request, std::string{"path: "} + what); };
  if (!path.starts_with(kRoot)) return bad("wants /ISAPI/...");
  if (path.size() > kMostPath) return bad("at most 2048 bytes");
  if (!std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7F && c != '\\' && c != '#'; }))
    return bad("wants printable ASCII without blanks, backslashes and '#'");
  auto tree = to_lower(path.substr(0, path.find('?')));
  for (std::size_t at; (at = tree.find("%2e")) != tree.npos;) tree.replace(at, 3, ".");
  if (tree.find("..") != tree.npos) return bad("no \"..\"");
  return {};
}

}  // namespace

Result<model::IsapiRequest> isapi_from_json(const json::object& body) {
  model::IsapiRequest out;
  std::string type;
  for (const auto& member : body) {
    const std::string_view name = member.key();
    std::string* to = name == "method"         ? &out.method
                      : name == "path"         ? &out.path
                      : name == "body"         ? &out.body
                      : name == "content_type" ? &type
                                               : nullptr;
    if (to == nullptr)
      return fail(Code::api_bad_request, clean_utf8(name.substr(0, 64)) + ": there is no such field");
    if (!member.value().is_string()) return fail(Code::api_bad_request, std::string{name} + ": wants a text");
    *to = std::string{std::string_view{member.value().get_string()}};
  }
  if (std::ranges::find(kMethods, out.method) == kMethods.end())
    return fail(Code::api_bad_request, "method: wants GET, PUT, POST or DELETE");
  if (auto good = check_path(out.path); !good) return fail(good.error());
  if (out.body.size() > kMostBody) return fail(Code::api_too_large, "body: at most 64 KiB");
  if (out.method == "GET" && !out.body.empty()) return fail(Code::api_bad_request, "body: not with GET");
  if (type.empty()) return out;
  if (type != "application/xml" && type != "application/json")
    return fail(Code::api_bad_request, "content_type: wants application/xml or application/json");
  if (!out.body.empty() && type != isapi::content_type_of(out.body))
    return fail(Code::api_bad_request, "content_type: the body is none of " + type);
  return out;
}

std::string to_text(const model::IsapiRequest& request) {
  return request.method + ' ' + request.path.substr(0, request.path.find('?'));
}

std::string answer_text(const model::IsapiAnswer& answer) {
  json::object out{{"status", answer.status}, {"content_type", clean_utf8(answer.content_type)}};
  // A NUL is valid UTF-8, and no text.
  if (is_utf8(answer.body) && answer.body.find('\0') == std::string::npos) {
    out["body"] = answer.body;
  } else {
    out["body"] = to_base64(as_bytes(answer.body));
    out["encoding"] = "base64";
  }
  return json::serialize(out);
}

}  // namespace camfleet::api
