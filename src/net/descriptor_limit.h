#pragma once
#include <cstddef>

namespace camfleet::net {

// How many descriptors this process may open: the soft limit is raised to the hard one first. Called once, at
// the start.
std::size_t raise_descriptor_limit();

// The number that the next descriptor would have; the largest int where none is left. Numbers are given out
// from the lowest free one, so as many are in use. Two system calls. Thread-safe.
int lowest_free_descriptor();

}  // namespace camfleet::net
