#pragma once
// HTTP as the house above sees it: plain values, and the limits of a peer that is not trusted.
#include <chrono>
#include <cstddef>

#include "proto/http/body.h"
#include "proto/http/head.h"
#include "proto/http/message.h"
#include "proto/http/target.h"

namespace camfleet::net {

using HttpHeaders = http::Headers;
using HttpRequest = http::Request;
using HttpResponse = http::Response;

inline constexpr std::size_t kDefaultBodyLimit = 1024 * 1024;

}  // namespace camfleet::net
