#include "sim/http_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "net/within.h"
#include "sim/replies.h"
#include "sim/silence.h"

namespace camfleet::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kStep{100};  // between pieces of a slow answer
constexpr seconds kWriteTime{30};
constexpr seconds kLinger{60};  // a connection whose message has no right end is held no longer

constexpr std::string_view kLoginPage =
    "<!doctype html>\n<html><head><title>index</title></head><body>"
    "<script>window.location.href=\"/doc/page/login.asp?_\"+(new Date()).getTime();</script>"
    "<noscript>Please login.</noscript></body></html>\n";

std::string head_of(const net::HttpResponse& response, std::optional<std::size_t> length) {
  auto out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, response.status < 300 ? "OK" : "Error");
  for (const auto& header : response.headers.fields())
    if (!iequals(header.name, "Connection")) out += fmt::format("{}: {}\r\n", header.name, header.value);
  if (length) out += fmt::format("Content-Length: {}\r\n", *length);
  return out + "Connection: close\r\n\r\n";
}

// As many bytes of it as `rate` allows, a piece at a time.
net::Task<bool> dribble(net::TcpStream& stream, Device& device, std::string_view text, double rate) {
  const auto piece =
      static_cast<std::size_t>(std::max(1.0, rate * std::chrono::duration<double>(kStep).count()));
  const auto pause = std::chrono::duration_cast<milliseconds>(
      std::chrono::duration<double>(static_cast<double>(piece) / rate));
  while (!text.empty()) {
    const auto next = text.substr(0, piece);
    text.remove_prefix(next.size());
    const auto sent = co_await stream.write(next, device.clock().steady() + kWriteTime);
    if (!sent) co_return false;
    if (!text.empty()) co_await net::sleep_for(pause);
  }
  co_return true;
}

// Until the client has had enough of it.
net::Task<> hold(net::TcpStream& stream, Device& device) {
  const auto end = device.clock().steady() + kLinger;
  while (device.clock().steady() < end && !has_gone(stream)) co_await net::sleep_for(kStep);
}

std::string cut(std::string body) {
  body.resize(body.size() * 2 / 3);  // inside an element, most likely inside a tag
  return body;
}

bool is_xml(const net::HttpResponse& response) {
  return response.headers.get("Content-Type").find("xml") != std::string_view::npos;
}

net::Task<> send_without_end(net::HttpExchange& exchange, Device& device, const net::HttpResponse& response) {
  auto taken = exchange.take();
  const Device::Presence presence{device, taken.stream};
  const auto rate = device.faults().amount(Fault::endless_body);
  auto text = head_of(response, std::nullopt) + response.body;
  // What goes on is harmless to look at and never a whole document.
  std::string more;
  while (more.size() < std::max<std::size_t>(64, static_cast<std::size_t>(rate))) more += "<more>0</more>\n";
  while (device.faults().on(Fault::endless_body)) {
    const auto alive = co_await dribble(taken.stream, device, text, rate);
    if (!alive) co_return;
    text = more;
  }
}

net::Task<> send_with_length(net::HttpExchange& exchange, Device& device, const net::HttpResponse& response,
                             std::size_t length) {
  auto taken = exchange.take();
  const Device::Presence presence{device, taken.stream};
  const auto text = head_of(response, length) + response.body;
  const auto sent = co_await taken.stream.write(std::string_view{text}, device.clock().steady() + kWriteTime);
  if (sent) co_await hold(taken.stream, device);
}

net::Task<> send_slowly(net::HttpExchange& exchange, Device& device, const net::HttpResponse& response) {
  auto taken = exchange.take();
  const Device::Presence presence{device, taken.stream};
  const auto text = head_of(response, response.body.size()) + response.body;
  co_await dribble(taken.stream, device, text, device.faults().amount(Fault::slow));
  taken.stream.shutdown();
}

}  // namespace

std::optional<net::HttpResponse> answer_instead(Device& device) {
  if (!device.faults().bites(Fault::html_login)) return std::nullopt;
  auto page = plain_reply(200);
  page.headers.add("Content-Type", "text/html");
  page.body = kLoginPage;
  return page;
}

net::Task<> reply(net::HttpExchange& exchange, Device& device, net::HttpResponse response) {
  auto& faults = device.faults();
  if (faults.any()) {
    if (is_xml(response) && faults.bites(Fault::malformed_xml)) response.body = cut(std::move(response.body));
    if (faults.bites(Fault::endless_body)) {
      co_await send_without_end(exchange, device, response);
      co_return;
    }
    if (faults.bites(Fault::wrong_length)) {
      const auto length = static_cast<double>(response.body.size()) + faults.amount(Fault::wrong_length);
      co_await send_with_length(exchange, device, response, static_cast<std::size_t>(std::max(0.0, length)));
      co_return;
    }
    if (faults.bites(Fault::slow)) {
      co_await send_slowly(exchange, device, response);
      co_return;
    }
  }
  co_await exchange.respond(response);
}

net::Task<bool> send_part(net::HttpBodyWriter& writer, Device& device, std::string_view part) {
  auto& faults = device.faults();
  const auto deadline = [&] { return device.clock().steady() + kWriteTime; };
  std::string changed;
  if (faults.bites(Fault::malformed_xml)) {
    changed = cut(std::string{part});  // shorter than its Content-Length says: the next part begins inside
    part = changed;
  }
  if (!faults.on(Fault::slow)) {
    const auto sent = co_await writer.write(part, deadline());
    co_return sent.has_value();
  }
  faults.count(Fault::slow);
  while (!part.empty()) {
    const double rate = faults.on(Fault::slow) ? faults.amount(Fault::slow) : 1e6;
    const auto size = static_cast<std::size_t>(std::max(1.0, rate / 10));
    const auto sent = co_await writer.write(part.substr(0, size), deadline());
    if (!sent) co_return false;
    part.remove_prefix(std::min(size, part.size()));
    if (!part.empty())
      co_await net::sleep_for(milliseconds{static_cast<int>(static_cast<double>(size) / rate * 1000)});
  }
  co_return true;
}

}  // namespace camfleet::sim
