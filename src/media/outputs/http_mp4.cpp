#include "media/outputs/http_mp4.h"

#include <string>
#include <vector>

#include "net/http_session.h"

namespace camfleet::media {

net::Task<Error> play_http_mp4(net::TcpStream& stream, net::HttpHeaders headers, Watching& watching) {
  net::HttpResponse response;
  response.headers = std::move(headers);
  const bool sound_alone = watching.init()->mime.starts_with("audio/");
  response.headers.set("Content-Type", sound_alone ? "audio/mp4" : "video/mp4");
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
  std::shared_ptr<const Fmp4Init> init;
  for (;;) {
    auto fragments = co_await watching.next();
    if (!fragments) co_return fragments.error();
    parts.clear();
    if (!init) {
      init = fragments->front().init;
      parts.emplace_back(init->data);
    }
    if (fragments->front().init != init) co_return Error{Code::media_ended, "the format changed", 0};
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
