#pragma once
// The one door to libavcodec and its siblings. They come with a hundred libraries, of which a gateway that
// decodes nothing, and every call of the command line, would pay the loading (15 ms) and the memory (16 MB):
// so they are loaded when the first picture or sound wants them. Their headers say what the calls are.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

#include "base/result.h"

// What is used of each library; another call is another line.
#define CAMFLEET_LIBAVUTIL(X)  \
  X(av_frame_alloc)            \
  X(av_frame_free)             \
  X(av_frame_get_buffer)       \
  X(av_frame_make_writable)    \
  X(av_frame_unref)            \
  X(av_channel_layout_default) \
  X(av_channel_layout_copy)    \
  X(av_channel_layout_uninit)  \
  X(av_log_set_callback)       \
  X(av_log_set_level)          \
  X(av_log_format_line2)       \
  X(av_malloc)                 \
  X(av_free)                   \
  X(av_opt_set)                \
  X(av_opt_set_int)            \
  X(av_opt_set_sample_fmt)     \
  X(av_opt_set_chlayout)       \
  X(av_strerror)
#define CAMFLEET_LIBAVCODEC(X)    \
  X(av_packet_alloc)              \
  X(av_packet_free)               \
  X(av_packet_unref)              \
  X(av_new_packet)                \
  X(avcodec_alloc_context3)       \
  X(avcodec_find_decoder)         \
  X(avcodec_find_encoder)         \
  X(avcodec_find_encoder_by_name) \
  X(avcodec_flush_buffers)        \
  X(avcodec_free_context)         \
  X(avcodec_open2)                \
  X(avcodec_receive_frame)        \
  X(avcodec_receive_packet)       \
  X(avcodec_send_frame)           \
  X(avcodec_send_packet)          \
  X(avcodec_version)
#define CAMFLEET_LIBSWSCALE(X) \
  X(sws_freeContext)           \
  X(sws_getCoefficients)       \
  X(sws_getContext)            \
  X(sws_scale)                 \
  X(sws_setColorspaceDetails)
#define CAMFLEET_LIBSWRESAMPLE(X) \
  X(swr_alloc)                    \
  X(swr_alloc_set_opts2)          \
  X(swr_convert)                  \
  X(swr_free)                     \
  X(swr_get_delay)                \
  X(swr_init)

namespace camfleet::media {

// The calls, each under its own name: `av.avcodec_open2(...)`. Thread-safe, never unloaded.
struct Libav {
#define CAMFLEET_LIBAV_CALL(name) decltype(&::name) name = nullptr;
  CAMFLEET_LIBAVUTIL(CAMFLEET_LIBAV_CALL)
  CAMFLEET_LIBAVCODEC(CAMFLEET_LIBAV_CALL)
  CAMFLEET_LIBSWSCALE(CAMFLEET_LIBAV_CALL)
  CAMFLEET_LIBSWRESAMPLE(CAMFLEET_LIBAV_CALL)
#undef CAMFLEET_LIBAV_CALL

  // Loads them at the first call, in some tens of milliseconds of the calling thread: not a loop's, if it can
  // be helped. What libav logs goes to our log as "media.libav", at debug. media.undecodable where a library
  // is not there or is another version; then every later call says so too.
  static Result<const Libav*> load();
};

}  // namespace camfleet::media
