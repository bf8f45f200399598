#include "proto/isapi/request.h"

#include <fmt/core.h>

#include "proto/isapi/json.h"

namespace camfleet::isapi {

std::string write_ptz(int pan, int tilt, int zoom) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<PTZData><pan>{}</pan><tilt>{}</tilt><zoom>{}</zoom></PTZData>",
      pan, tilt, zoom);
}

std::string_view content_type_of(std::string_view body) {
  return looks_like_json(body) ? "application/json" : "application/xml";
}

}  // namespace camfleet::isapi
