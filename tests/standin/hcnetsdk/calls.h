#pragma once
#include <cstdint>

#include "library.h"

// The synchronous questions that a logged-in device answers; each gives the library's number.
namespace camfleet::standin {

// stream: 1 main, 2 sub.
std::uint32_t make_key_frame(Library& library, abi::Handle user_id, std::int32_t channel, int stream);
std::uint32_t move_ptz(Library& library, abi::Handle user_id, std::int32_t channel, std::uint32_t command,
                       bool stop, std::uint32_t speed);
std::uint32_t use_preset(Library& library, abi::Handle user_id, std::int32_t channel, std::uint32_t command,
                         std::uint32_t preset);
std::uint32_t take_picture(Library& library, abi::Handle user_id, std::int32_t channel, IsapiAnswer& answer);
std::uint32_t get_config(Library& library, abi::Handle user_id, std::uint32_t command, std::int32_t channel,
                         void* out, std::uint32_t capacity, std::uint32_t& written);
std::uint32_t set_config(Library& library, abi::Handle user_id, std::uint32_t command, const void* in,
                         std::uint32_t size);
std::uint32_t check_user(Library& library, abi::Handle user_id, std::uint32_t command);
std::uint32_t pass_through(Library& library, abi::Handle user_id, const abi::PassThroughInput& in,
                           abi::PassThroughOutput& out);

}  // namespace camfleet::standin
