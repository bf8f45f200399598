#include "media/decode/picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>

#include "media/decode/libav.h"

namespace camfleet::media {
namespace {

constexpr int kQuality = 4;  // of 1 (best) to 31: a 1080p picture of about 250 KB

struct FreeContext {
  const Libav* av;
  void operator()(AVCodecContext* context) const { av->avcodec_free_context(&context); }
};
struct FreeFrame {
  const Libav* av;
  void operator()(AVFrame* frame) const { av->av_frame_free(&frame); }
};
struct FreePacket {
  const Libav* av;
  void operator()(AVPacket* packet) const { av->av_packet_free(&packet); }
};
struct FreeScaler {
  const Libav* av;
  void operator()(SwsContext* scaler) const { av->sws_freeContext(scaler); }
};
using Context = std::unique_ptr<AVCodecContext, FreeContext>;
using Frame = std::unique_ptr<AVFrame, FreeFrame>;
using Packet = std::unique_ptr<AVPacket, FreePacket>;
using Scaler = std::unique_ptr<SwsContext, FreeScaler>;

std::unexpected<Error> undecodable(const Libav& av, std::string what, int error = 0) {
  if (error < 0) {
    std::array<char, 128> text{};
    (void)av.av_strerror(error, text.data(), text.size());
    what += ": ";
    what += text.data();
  }
  return fail(Code::media_undecodable, std::move(what));
}

AVCodecID id_of(model::Codec codec) {
  switch (codec) {
    case model::Codec::h264:
      return AV_CODEC_ID_H264;
    case model::Codec::h265:
      return AV_CODEC_ID_HEVC;
    case model::Codec::mjpeg:
      return AV_CODEC_ID_MJPEG;
    default:
      return AV_CODEC_ID_NONE;
  }
}

Result<Frame> decode(const Libav& av, const CodedPicture& picture) {
  const AVCodecID id = id_of(picture.codec);
  const AVCodec* codec = id == AV_CODEC_ID_NONE ? nullptr : av.avcodec_find_decoder(id);
  if (codec == nullptr) return fail(Code::media_unsupported_codec, std::string{to_text(picture.codec)});
  Context context{av.avcodec_alloc_context3(codec), FreeContext{&av}};
  Packet packet{av.av_packet_alloc(), FreePacket{&av}};
  Frame frame{av.av_frame_alloc(), FreeFrame{&av}};
  if (!context || !packet || !frame) return undecodable(av, "no memory");
  context->thread_count = 1;
  context->max_pixels = kMostPicturePixels;
  context->flags |= AV_CODEC_FLAG_LOW_DELAY;
  if (const int error = av.avcodec_open2(context.get(), codec, nullptr); error < 0)
    return undecodable(av, "decoder", error);
  if (picture.data.empty() || picture.data.size() > 64U * 1024 * 1024)
    return undecodable(av, std::to_string(picture.data.size()) + " bytes");
  if (av.av_new_packet(packet.get(), static_cast<int>(picture.data.size())) < 0)
    return undecodable(av, "no memory");
  std::memcpy(packet->data, picture.data.data(), picture.data.size());
  packet->flags |= AV_PKT_FLAG_KEY;
  if (const int error = av.avcodec_send_packet(context.get(), packet.get()); error < 0)
    return undecodable(av, "decoding", error);
  // There is one picture: the decoder is not to wait for others to order it by.
  (void)av.avcodec_send_packet(context.get(), nullptr);
  if (const int error = av.avcodec_receive_frame(context.get(), frame.get()); error < 0)
    return undecodable(av, "no picture", error == AVERROR_EOF ? 0 : error);
  if ((frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0)
    return undecodable(av, "damaged");
  if (frame->width < 1 || frame->height < 1 || frame->width > kMostPictureSide ||
      frame->height > kMostPictureSide)
    return undecodable(av, std::to_string(frame->width) + 'x' + std::to_string(frame->height));
  return frame;
}

bool full_range(const AVFrame& frame) {
  return frame.color_range == AVCOL_RANGE_JPEG || frame.format == AV_PIX_FMT_YUVJ420P ||
         frame.format == AV_PIX_FMT_YUVJ422P || frame.format == AV_PIX_FMT_YUVJ444P;
}

double aspect_of(const AVFrame& frame) {
  const auto& ratio = frame.sample_aspect_ratio;
  if (ratio.num <= 0 || ratio.den <= 0) return 1;
  const double aspect = static_cast<double>(ratio.num) / ratio.den;
  return aspect < 0.25 || aspect > 4 ? 1 : aspect;  // nobody builds such a camera
}

// As JPEG wants it: planar 4:2:0 of full range.
Result<Frame> shape(const Libav& av, Frame frame, PictureSize size) {
  const bool same = frame->width == size.width && frame->height == size.height;
  const bool fits =
      frame->format == AV_PIX_FMT_YUVJ420P || (frame->format == AV_PIX_FMT_YUV420P && full_range(*frame));
  if (same && fits) {
    frame->format = AV_PIX_FMT_YUVJ420P;
    return frame;
  }
  Frame to{av.av_frame_alloc(), FreeFrame{&av}};
  if (!to) return undecodable(av, "no memory");
  to->format = AV_PIX_FMT_YUVJ420P;
  to->width = size.width;
  to->height = size.height;
  if (av.av_frame_get_buffer(to.get(), 0) < 0) return undecodable(av, "no memory");
  const bool smaller = size.width * 2 <= frame->width;
  const Scaler scaler{
      av.sws_getContext(frame->width, frame->height, static_cast<AVPixelFormat>(frame->format), size.width,
                        size.height, AV_PIX_FMT_YUVJ420P, smaller ? SWS_AREA : SWS_BILINEAR, nullptr, nullptr,
                        nullptr),
      FreeScaler{&av}};
  if (!scaler) return undecodable(av, "a form of pixels that cannot be scaled");
  const int* matrix = av.sws_getCoefficients(SWS_CS_DEFAULT);
  (void)av.sws_setColorspaceDetails(scaler.get(), matrix, full_range(*frame) ? 1 : 0, matrix, 1, 0, 1 << 16,
                                    1 << 16);
  const int rows =
      av.sws_scale(scaler.get(), frame->data, frame->linesize, 0, frame->height, to->data, to->linesize);
  if (rows != size.height) return undecodable(av, "scaling");
  return to;
}

Result<Jpeg> encode(const Libav& av, AVFrame& frame) {
  const AVCodec* codec = av.avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  if (codec == nullptr) return undecodable(av, "no encoder of JPEG");
  const Context context{av.avcodec_alloc_context3(codec), FreeContext{&av}};
  const Packet packet{av.av_packet_alloc(), FreePacket{&av}};
  if (!context || !packet) return undecodable(av, "no memory");
  context->width = frame.width;
  context->height = frame.height;
  context->pix_fmt = AV_PIX_FMT_YUVJ420P;
  context->color_range = AVCOL_RANGE_JPEG;
  context->time_base = {1, 25};
  context->thread_count = 1;
  context->flags |= AV_CODEC_FLAG_QSCALE;
  context->global_quality = FF_QP2LAMBDA * kQuality;
  // Tables made for the picture would take a second pass for a twentieth of its bytes.
  (void)av.av_opt_set(context->priv_data, "huffman", "default", 0);
  if (const int error = av.avcodec_open2(context.get(), codec, nullptr); error < 0)
    return undecodable(av, "encoder", error);
  frame.quality = context->global_quality;
  frame.pict_type = AV_PICTURE_TYPE_NONE;
  frame.pts = 0;
  if (const int error = av.avcodec_send_frame(context.get(), &frame); error < 0)
    return undecodable(av, "encoding", error);
  if (const int error = av.avcodec_receive_packet(context.get(), packet.get()); error < 0)
    return undecodable(av, "encoding", error);
  return Jpeg{Bytes(packet->data, packet->data + packet->size), frame.width, frame.height};
}

}  // namespace

PictureSize fit(PictureSize picture, double aspect, PictureBox box) {
  if (!box.any()) return picture;
  // Shown with square pixels, never larger than it is in either direction.
  const double shown_width = picture.width * aspect;
  double scale = 1 / std::max(1.0, aspect);
  if (box.width > 0) scale = std::min(scale, box.width / shown_width);
  if (box.height > 0) scale = std::min(scale, static_cast<double>(box.height) / picture.height);
  const auto even = [](double side) { return std::max(2, static_cast<int>(std::lround(side / 2)) * 2); };
  if (scale == 1) return picture;
  PictureSize out{even(shown_width * scale), even(picture.height * scale)};
  // Rounding must not pass what was asked for.
  if (box.width > 1) out.width = std::min(out.width, std::max(2, box.width));
  if (box.height > 1) out.height = std::min(out.height, std::max(2, box.height));
  return out;
}

Result<Jpeg> make_jpeg(const CodedPicture& picture, PictureBox box) {
  const auto av = Libav::load();
  if (!av) return fail(av.error());
  auto frame = decode(**av, picture);
  if (!frame) return fail(frame.error());
  const auto size = fit({(*frame)->width, (*frame)->height}, aspect_of(**frame), box);
  auto shaped = shape(**av, std::move(*frame), size);
  if (!shaped) return fail(shaped.error());
  return encode(**av, **shaped);
}

}  // namespace camfleet::media
