#include "api/assets.h"

#include <algorithm>

namespace camfleet::api {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'";

}  // namespace

net::HttpResponse serve_asset(Assets assets, std::string_view path, std::string_view if_none_match) {
  if (path == "/") path = "/index.html";
  const auto found = std::ranges::find(assets, path, &Asset::path);
  net::HttpResponse response;
  if (found == assets.end()) {
    response.status = 404;
    return response;
  }
  const bool hashed = path.starts_with("/assets/");
  response.headers.set("Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.set("ETag", found->etag);
  response.headers.set("Content-Security-Policy", kPolicy);
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
  if (if_none_match == found->etag) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", found->type);
  response.body = found->bytes;
  return response;
}

}  // namespace camfleet::api
