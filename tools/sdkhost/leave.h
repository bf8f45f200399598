#pragma once

namespace camfleet::sdkhost {

// Ends the process, with this as its result, and calls no destructor: threads of the library may still be
// there, and what it has at its end does not expect to be called. Where the build has LeakSanitizer, which
// would look in exit(), it looks first: what is lost then is written where its options say, and the result
// is 23.
[[noreturn]] void leave(int result);

}  // namespace camfleet::sdkhost
