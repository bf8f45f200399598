#include "media/decode/libav.h"

#include <dlfcn.h>

#include <array>
#include <cstdarg>

#include "base/log.h"
#include "base/text.h"

namespace camfleet::media {
namespace {

#define CAMFLEET_TEXT2(x) #x
#define CAMFLEET_TEXT(x) CAMFLEET_TEXT2(x)

// Of the version that we were compiled for: within a major version of its own each keeps its ABI.
constexpr const char* kUtil = "libavutil.so." CAMFLEET_TEXT(LIBAVUTIL_VERSION_MAJOR);
constexpr const char* kCodec = "libavcodec.so." CAMFLEET_TEXT(LIBAVCODEC_VERSION_MAJOR);
constexpr const char* kScale = "libswscale.so." CAMFLEET_TEXT(LIBSWSCALE_VERSION_MAJOR);
constexpr const char* kResample = "libswresample.so." CAMFLEET_TEXT(LIBSWRESAMPLE_VERSION_MAJOR);

// dlerror() is of the calling thread alone (glibc).
std::unexpected<Error> refused() {
  const char* why = ::dlerror();  // NOLINT(concurrency-mt-unsafe)
  return fail(Code::media_undecodable, why == nullptr ? "libav cannot be loaded" : clean_utf8(why));
}

template <class Call>
bool find(void* library, const char* name, Call& to) {
  to = reinterpret_cast<Call>(::dlsym(library, name));
  return to != nullptr;
}

const Libav* loaded = nullptr;  // for the log alone, once it is whole

void on_log(void* what, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_INFO || !log::enabled(log::Level::debug)) return;
  std::array<char, 512> line{};
  int with_prefix = 1;
  loaded->av_log_format_line2(what, level, format, arguments, line.data(), line.size(), &with_prefix);
  const auto text = clean_utf8(trim(std::string_view{line.data()}));
  if (!text.empty()) log::debug("media.libav", {{"what", text}});
}

Result<const Libav*> load_all() {
  static Libav av;
  const auto open = [](const char* name) { return ::dlopen(name, RTLD_NOW | RTLD_LOCAL); };
  void* const util = open(kUtil);
  if (util == nullptr) return refused();
  void* const codec = open(kCodec);
  if (codec == nullptr) return refused();
  void* const scale = open(kScale);
  if (scale == nullptr) return refused();
  void* const resample = open(kResample);
  if (resample == nullptr) return refused();
#define CAMFLEET_FIND_UTIL(name) \
  if (!find(util, #name, av.name)) return refused();
#define CAMFLEET_FIND_CODEC(name) \
  if (!find(codec, #name, av.name)) return refused();
#define CAMFLEET_FIND_SCALE(name) \
  if (!find(scale, #name, av.name)) return refused();
#define CAMFLEET_FIND_RESAMPLE(name) \
  if (!find(resample, #name, av.name)) return refused();
  CAMFLEET_LIBAVUTIL(CAMFLEET_FIND_UTIL)
  CAMFLEET_LIBAVCODEC(CAMFLEET_FIND_CODEC)
  CAMFLEET_LIBSWSCALE(CAMFLEET_FIND_SCALE)
  CAMFLEET_LIBSWRESAMPLE(CAMFLEET_FIND_RESAMPLE)
#undef CAMFLEET_FIND_UTIL
#undef CAMFLEET_FIND_CODEC
#undef CAMFLEET_FIND_SCALE
#undef CAMFLEET_FIND_RESAMPLE
  loaded = &av;
  av.av_log_set_callback(&on_log);
  return &av;
}

}  // namespace

Result<const Libav*> Libav::load() {
  static const auto libraries = load_all();
  return libraries;
}

}  // namespace camfleet::media
