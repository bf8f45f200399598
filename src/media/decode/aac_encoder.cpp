#include "media/decode/aac_encoder.h"

#include <string>
#include <utility>

#include "media/decode/libav.h"

namespace camfleet::media {
namespace {

// Speech of a camera's microphone; per sample, so that other rates fare alike.
constexpr int kBitsPerSample = 3;

}  // namespace

struct AacEncoder::Inner {
  explicit Inner(const Libav& calls)
      : av(calls),
        context(av.avcodec_alloc_context3(av.avcodec_find_encoder_by_name("aac"))),
        frame(av.av_frame_alloc()),
        packet(av.av_packet_alloc()) {}
  Inner(const Inner&) = delete;
  Inner& operator=(const Inner&) = delete;
  ~Inner() {
    av.av_packet_free(&packet);
    av.av_frame_free(&frame);
    av.avcodec_free_context(&context);
  }

  const Libav& av;
  AVCodecContext* context;
  AVFrame* frame;
  AVPacket* packet;
  std::int64_t samples = 0;
};

AacEncoder::AacEncoder(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
AacEncoder::AacEncoder(AacEncoder&&) noexcept = default;
AacEncoder& AacEncoder::operator=(AacEncoder&&) noexcept = default;
AacEncoder::~AacEncoder() = default;

Result<AacEncoder> AacEncoder::make(int rate) {
  const auto place = "AAC encoder at " + std::to_string(rate) + " Hz";
  const auto loaded = Libav::load();
  if (!loaded) return fail(Code::media_unsupported_codec, place);
  const Libav& av = **loaded;
  const AVCodec* codec = av.avcodec_find_encoder_by_name("aac");
  if (codec == nullptr) return fail(Code::media_unsupported_codec, place);
  auto inner = std::make_unique<Inner>(av);
  auto* context = inner->context;
  auto* frame = inner->frame;
  if (context == nullptr || frame == nullptr || inner->packet == nullptr)
    return fail(Code::media_unsupported_codec, place);
  context->sample_rate = rate;
  context->time_base = {1, rate};
  context->sample_fmt = AV_SAMPLE_FMT_FLTP;
  av.av_channel_layout_default(&context->ch_layout, 1);
  context->bit_rate = std::int64_t{rate} * kBitsPerSample;
  context->profile = FF_PROFILE_AAC_LOW;
  context->thread_count = 1;
  context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  // The quick search; and none of the tools that cost more than they give to one channel of speech.
  av.av_opt_set(context->priv_data, "aac_coder", "fast", 0);
  av.av_opt_set_int(context->priv_data, "aac_tns", 0, 0);
  av.av_opt_set_int(context->priv_data, "aac_pns", 0, 0);
  if (av.avcodec_open2(context, codec, nullptr) < 0 || context->frame_size != kFrame)
    return fail(Code::media_unsupported_codec, place);

  frame->format = context->sample_fmt;
  frame->nb_samples = kFrame;
  frame->sample_rate = rate;
  if (av.av_channel_layout_copy(&frame->ch_layout, &context->ch_layout) < 0 ||
      av.av_frame_get_buffer(frame, 0) < 0)
    return fail(Code::media_unsupported_codec, place);
  return AacEncoder{std::move(inner)};
}

bool AacEncoder::encode(std::span<const std::int16_t> samples,
                        const std::function<void(ByteView, int)>& emit) {
  auto* context = inner_->context;
  auto* frame = inner_->frame;
  if (samples.size() != kFrame || inner_->av.av_frame_make_writable(frame) < 0) return false;
  auto* to = reinterpret_cast<float*>(frame->data[0]);
  for (const auto sample : samples) *to++ = static_cast<float>(sample) * (1.0F / 32768);
  frame->pts = std::exchange(inner_->samples, inner_->samples + kFrame);
  if (inner_->av.avcodec_send_frame(context, frame) < 0) return false;
  for (;;) {
    const int got = inner_->av.avcodec_receive_packet(context, inner_->packet);
    if (got == AVERROR(EAGAIN)) return true;
    if (got < 0) return false;
    emit({inner_->packet->data, static_cast<std::size_t>(inner_->packet->size)},
         static_cast<int>(frame->pts - inner_->packet->pts));
    inner_->av.av_packet_unref(inner_->packet);
  }
}

}  // namespace camfleet::media
