#pragma once

// Whether this build is watched by a sanitizer (clang's); none that ships is.
namespace camfleet::sdkhost {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kLeaksAreSought = true;  // LeakSanitizer is part of it
inline constexpr bool kSanitized = true;
#elif __has_feature(thread_sanitizer)
inline constexpr bool kLeaksAreSought = false;
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kLeaksAreSought = false;
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kLeaksAreSought = false;
inline constexpr bool kSanitized = false;
#endif

}  // namespace camfleet::sdkhost
