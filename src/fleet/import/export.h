#pragma once
#include <string>

#include "fleet/import/table.h"

namespace camfleet::fleet {

// A file of devices, piece by piece: head, one part for each device. What read_import() takes, and then every
// row of it is as the device is. Never a password. Texts of a CSV are guarded against spreadsheets
// (fleet/import/formula.h).
std::string export_head(ImportFormat format);
std::string export_device(const model::DeviceSpec& spec, ImportFormat format);
// Behind the last device: an empty YAML list must be said.
std::string export_tail(ImportFormat format, bool any);

}  // namespace camfleet::fleet
