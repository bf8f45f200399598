#pragma once
#include "api/assets.h"

namespace camfleet::app {

// The files of the web console that were embedded at build time; empty where it was not built.
api::Assets console();

}  // namespace camfleet::app
