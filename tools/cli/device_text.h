#pragma once
#include <string>
#include <vector>

#include "cli/context.h"

namespace camfleet::cli {

// Devices as people read them; with --json as the API gave them, with --quiet their ids.
void print_devices(const Context& context, const std::vector<json::value>& devices);
Exit print_device(const Context& context, const std::string& document);
Exit print_history(const Context& context, const json::value& device);
Exit print_explanation(const Context& context, const std::string& document);

// good for online, warn for what is under way, bad for what needs a hand.
Tone tone_of(std::string_view state);
// "3 m" since an RFC 3339 time; empty where there is none. "in 12 s" for a time to come.
std::string since_text(const std::string& rfc3339);

}  // namespace camfleet::cli
