#include "sim/control_reply.h"

#include <boost/json.hpp>

namespace camfleet::sim {

net::HttpResponse answer(int status, const boost::json::value& body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = boost::json::serialize(body) + "\n";
  return response;
}

net::HttpResponse refuse(int status, std::string_view why) { return answer(status, {{"error", why}}); }

}  // namespace camfleet::sim
