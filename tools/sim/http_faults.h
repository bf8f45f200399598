#pragma once
#include <optional>

#include "net/http_server.h"
#include "sim/device.h"

namespace camfleet::sim {

// What the device says in place of an answer, whoever asks: a login page.
std::optional<net::HttpResponse> answer_instead(Device& device);

// Sends an answer in the way that is wrong with the device: cut XML, a false length, no end, byte by byte; as
// it should be where nothing is.
net::Task<> reply(net::HttpExchange& exchange, Device& device, net::HttpResponse response);

// One part of an alert stream in the same ways. False: the client has gone.
net::Task<bool> send_part(net::HttpBodyWriter& writer, Device& device, std::string_view part);

}  // namespace camfleet::sim
