#pragma once
#include <cstdint>

namespace camfleet::sdkhost {

// What a process that holds a closed library may not do: gain rights (PR_SET_NO_NEW_PRIVS; capabilities are
// dropped), be looked into or dump its memory, which has passwords in it, outlive its parent, take more than
// `memory` bytes of data beside the stacks of its threads (0: any). False, with errno, where the system
// refuses one of them.
bool harden(std::uint64_t memory);

}  // namespace camfleet::sdkhost
