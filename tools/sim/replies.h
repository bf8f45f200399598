#pragma once
#include <string>

#include "net/http.h"
#include "proto/isapi/response_status.h"
#include "sim/device.h"

namespace camfleet::sim {

// The answers of a device's web server: with its headers and no body, an XML document, a ResponseStatus.
// `http` 0: the status that goes with it.
net::HttpResponse plain_reply(int status);
net::HttpResponse document(std::string body, int status = 200);
net::HttpResponse refusal(const Device& device, const isapi::ResponseStatus& status, int http = 0);

}  // namespace camfleet::sim
