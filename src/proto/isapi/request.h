#pragma once
#include <string>
#include <string_view>

namespace camfleet::isapi {

// Bodies that we send to devices, and what their Content-Type says of them.

// Of PUT path::ptz_continuous: per cent of full speed; right, up and closer are positive, all 0 stop.
std::string write_ptz(int pan, int tilt, int zoom);

// "application/json" where it begins as an object or a list, else "application/xml".
std::string_view content_type_of(std::string_view body);

}  // namespace camfleet::isapi
