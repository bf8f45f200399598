#include "media/outputs/http_play.h"

#include <string>
#include <vector>

#include "net/http_session.h"

namespace camfleet::media {
namespace {

void append(std::vector<ByteView>& parts, const Bytes& bytes) {
  if (!bytes.empty()) parts.emplace_back(bytes);
}

}  // namespace

net::Task<Error> play_http(net::TcpStream& stream, net::HttpHeaders headers, Watching& watching) {
  net::HttpResponse response;
  response.headers = std::move(headers);
  response.headers.set("Content-Type", std::string(watching.init()->content_type));
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Connection", "close");
  response.headers.set("Date", net::http_date());
  http::Framing framing;
  framing.kind = http::Framing::Kind::until_close;
  std::string head = http::serialise(response, framing);

  std::vector<ByteView> parts{as_bytes(head)};
  const auto begun = co_await stream.write(parts, watching.write_deadline());
  if (!begun) co_return watching.write_failed(begun.error());
  std::string{}.swap(head);
  // That of the first picture: descriptions may announce other parameter sets than the stream then has.
  std::shared_ptr<const FormInit> init;
  for (;;) {
    auto fragments = co_await watching.next();
    if (!fragments) co_return fragments.error();
    parts.clear();
    const auto& next = fragments->front().init;
    if (!init) {
      append(parts, next->data);
    } else if (next != init) {
      if (!next->change) co_return Error{Code::media_ended, "the format changed", 0};
      append(parts, *next->change);
    }
    init = next;
    std::size_t bytes = 0;
    for (const Fragment& fragment : *fragments) {
      parts.push_back(ByteView{*fragment.data});
      bytes += fragment.size;
    }
    const auto written = co_await stream.write(parts, watching.write_deadline());
    if (!written) co_return watching.write_failed(written.error());
    watching.sent(bytes);
  }
}

}  // namespace camfleet::media
