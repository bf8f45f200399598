// The tests have no console: the program's own is embedded where it is linked.
#include "app/console.h"

namespace camfleet::app {

api::Assets console() { return {}; }

}  // namespace camfleet::app
