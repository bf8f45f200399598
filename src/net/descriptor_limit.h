#pragma once
#include <cstddef>

namespace camfleet::net {

// How many descriptors this process may open: the soft limit is raised to the hard one first. Called once, at
// the start.
std::size_t raise_descriptor_limit();

}  // namespace camfleet::net
