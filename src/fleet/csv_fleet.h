#pragma once
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fleet/new_device.h"

namespace camfleet::fleet {

// The devices of a CSV with a header row: the fields of a device by the names of the API in any order, lists
// separated by
// ';', `driver` for a list of one, `password` in plain text. An empty field keeps its default; an empty line
// is skipped. At most 100,000 rows of 8 KiB. api.bad_request names the line: an unknown or repeated column,
// no column that says where the devices are, a field that is no number or truth. What the fields say is
// checked where they are added.
Result<std::vector<NewDevice>> read_csv_fleet(std::string_view text);

}  // namespace camfleet::fleet
