#pragma once
#include <span>
#include <string_view>

#include "net/http.h"

namespace camfleet::api {

// One file of the console, embedded in the program.
struct Asset {
  std::string_view path;  // "/index.html", "/assets/index-Ab12.js"
  std::string_view type;
  std::string_view etag;  // quoted
  std::string_view bytes;
};
using Assets = std::span<const Asset>;

// The answer to GET `path`; "/" is the page itself. nullptr-like status 404 where there is no such file.
// Files with a hash in their name may be kept for ever, the page never; everything has a strict
// Content-Security-Policy.
net::HttpResponse serve_asset(Assets assets, std::string_view path, std::string_view if_none_match);

}  // namespace camfleet::api
