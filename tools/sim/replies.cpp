#include "sim/replies.h"

#include <utility>

#include "proto/isapi/write.h"

namespace camfleet::sim {

net::HttpResponse plain_reply(int status) {
  net::HttpResponse response;
  response.status = status;
  response.headers.add("Server", "App-webs/");
  response.headers.add("Connection", "keep-alive");
  return response;
}

net::HttpResponse document(std::string body, int status) {
  auto response = plain_reply(status);
  response.headers.add("Content-Type", "application/xml; charset=\"UTF-8\"");
  response.body = std::move(body);
  return response;
}

net::HttpResponse refusal(const Device& device, const isapi::ResponseStatus& status, int http) {
  return document(isapi::write_response_status(status, device.dialect()),
                  http != 0 ? http : isapi::http_status(status));
}

}  // namespace camfleet::sim
