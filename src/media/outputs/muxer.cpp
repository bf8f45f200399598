#include "media/outputs/muxer.h"

#include "media/outputs/flv_muxer.h"
#include "media/outputs/mp4_muxer.h"
#include "media/outputs/ts_muxer.h"

namespace camfleet::media {

std::string_view to_text(Form form) {
  switch (form) {
    case Form::mp4:
      return "mp4";
    case Form::flv:
    case Form::flv_12:
      return "flv";
    case Form::ts:
      return "ts";
  }
  return {};
}

std::string_view content_type(Form form) {
  switch (form) {
    case Form::mp4:
      break;
    case Form::flv:
    case Form::flv_12:
      return "video/x-flv";
    case Form::ts:
      return "video/mp2t";
  }
  return "video/mp4";
}

std::optional<Form> parse_form(std::string_view text) {
  for (const auto form : {Form::mp4, Form::flv, Form::ts})
    if (text == to_text(form)) return form;
  return std::nullopt;
}

std::unique_ptr<Muxer> Muxer::make(Form form) {
  switch (form) {
    case Form::mp4:
      break;
    case Form::flv:
      return std::make_unique<FlvMuxer>(flv::VideoForm::hvc1);
    case Form::flv_12:
      return std::make_unique<FlvMuxer>(flv::VideoForm::codec_12);
    case Form::ts:
      return std::make_unique<TsMuxer>();
  }
  return std::make_unique<Mp4Muxer>();
}

}  // namespace camfleet::media
