#pragma once
#include <boost/json/value.hpp>

#include <string_view>

#include "net/http.h"

namespace camfleet::sim {

// Answers of the control API: JSON, and {"error": why}.
net::HttpResponse answer(int status, const boost::json::value& body);
net::HttpResponse refuse(int status, std::string_view why);

}  // namespace camfleet::sim
