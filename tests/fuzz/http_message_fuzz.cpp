// Any bytes as a request and as an answer: what is accepted has one framing, and what we write of it reads
// back the same. The body that follows is cut where the input says; every cut gives the same bytes.
#include <string>

#include "fuzz.h"
#include "proto/http/body.h"
#include "proto/http/head.h"
#include "proto/http/target.h"

using namespace camfleet;
using fuzz::require;

namespace {

struct Decoded {
  std::string body;
  std::size_t used = 0;
  bool done = false;
  bool failed = false;
  friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decode(const http::Framing& framing, std::string_view bytes, std::size_t piece) {
  http::BodyDecoder decoder{framing, 64 * 1024};
  Decoded out;
  for (std::size_t at = 0; at < bytes.size() && !decoder.done(); at += piece) {
    std::string part{bytes.substr(at, piece)};
    const auto step = decoder.decode({reinterpret_cast<std::uint8_t*>(part.data()), part.size()});
    if (!step) return {{}, 0, false, true};
    require(step->body <= step->used && step->used <= part.size());
    require(decoder.done() || step->used == part.size());
    out.body.append(part, 0, step->body);
    out.used += step->used;
  }
  out.done = decoder.done();
  require(out.body.size() <= 64 * 1024);
  return out;
}

void check_body(const http::Framing& framing, std::string_view bytes, std::size_t piece) {
  const auto whole = decode(framing, bytes, bytes.size() + 1);
  require(whole == decode(framing, bytes, piece));
}

void check_fields(const http::Headers& headers) {
  require(headers.size() <= 64);
  for (const auto& field : headers.fields())
    require(!field.name.empty() && field.name.find_first_of("\r\n: ") == std::string::npos &&
            field.value.find_first_of("\r\n") == std::string::npos);
}

void as_request(std::string_view bytes, std::size_t piece) {
  const auto end = http::end_of_head(bytes, false);
  if (!end) return;
  const auto request = http::parse_request_head(bytes.substr(0, *end));
  if (!request) return;
  check_fields(request->headers);
  if (const auto target = http::parse_target(request->target, request->headers.get("Host"))) {
    require(target->path == "*" || target->path.starts_with('/'));
    require(target->path.find("//") == std::string::npos && target->path.find('\0') == std::string::npos);
    require((target->path + "/").find("/../") == std::string::npos);
  }
  const auto framing = http::request_framing(*request);
  if (!framing) return;
  const auto again =
      http::parse_request_head(http::serialise(*request, *framing), {.head = 32 * 1024, .fields = 65});
  require(again && again->method == request->method && again->target == request->target);
  const auto same = http::request_framing(*again);
  require(same && *same == *framing);
  check_body(*framing, bytes.substr(*end), piece);
}

void as_response(std::string_view bytes, std::size_t piece) {
  const auto end = http::end_of_head(bytes, true);
  if (!end) return;
  const auto response = http::parse_response_head(bytes.substr(0, *end));
  if (!response) return;
  check_fields(response->headers);
  require(response->status >= 100 && response->status <= 599);
  const auto framing = http::response_framing(*response, "GET");
  if (framing) check_body(*framing, bytes.substr(*end), piece);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  const std::size_t piece = 1 + input.byte() % 16u;
  as_request(as_text(input.rest()), piece);
  as_response(as_text(input.rest()), piece);
  return 0;
}
