#include "api/alarm_names.h"

#include <algorithm>
#include <iterator>

namespace camfleet::api {
namespace {

// By type.
constexpr AlarmType kNames[] = {
    {"accesscontrollerevent", "Access control", "门禁事件"},
    {"anpr", "Number plate", "车牌识别"},
    {"attendedbaggage", "Object removed", "物品拿取"},
    {"audioexception", "Sound", "音频异常"},
    {"badvideo", "Bad video", "视频质量异常"},
    {"callhelp", "Call for help", "紧急求助"},
    {"camfleet.blind", "Blind", "失明"},
    {"camfleet.device", "Device state", "设备状态"},
    {"cidevent", "Alarm panel", "报警主机事件"},
    {"defocus", "Out of focus", "虚焦"},
    {"diskerror", "Disk error", "硬盘错误"},
    {"diskfull", "Disk full", "硬盘满"},
    {"diskunformat", "Disk not formatted", "硬盘未格式化"},
    {"facecapture", "Face captured", "人脸抓拍"},
    {"facecontrast", "Face compared", "人脸比对"},
    {"facecontrastfailure", "Face not recognised", "人脸比对失败"},
    {"facecontrastsuccess", "Face recognised", "人脸比对成功"},
    {"facedetection", "Face detected", "人脸侦测"},
    {"facesnap", "Face captured", "人脸抓拍"},
    {"fielddetection", "Intrusion", "区域入侵"},
    {"firedetection", "Fire", "火点检测"},
    {"group", "People gathering", "人员聚集"},
    {"illaccess", "Illegal login", "非法登录"},
    {"io", "Alarm input", "报警输入"},
    {"ipconflict", "Address conflict", "IP 地址冲突"},
    {"linedetection", "Line crossing", "越界侦测"},
    {"loitering", "Loitering", "徘徊侦测"},
    {"mixedtargetdetection", "Target detected", "混合目标检测"},
    {"nicbroken", "Network interface down", "网络断开"},
    {"objectsthrowndetection", "Thrown object", "高空抛物"},
    {"other", "Other event", "其他事件"},
    {"parking", "Parking", "停车侦测"},
    {"peoplecounting", "People counted", "客流统计"},
    {"persondensitydetection", "Crowd density", "人员密度"},
    {"personqueuedetection", "Queue", "排队检测"},
    {"pir", "Infrared sensor", "红外感应"},
    {"radardetection", "Radar", "雷达检测"},
    {"rapidmove", "Fast movement", "快速移动"},
    {"recordingfailure", "Recording failed", "录像异常"},
    {"regionentrance", "Region entered", "进入区域"},
    {"regionexiting", "Region left", "离开区域"},
    {"scenechangedetection", "Scene changed", "场景变更"},
    {"shelteralarm", "Camera covered", "遮挡报警"},
    {"smokedetection", "Smoke", "烟雾检测"},
    {"softio", "Software alarm input", "软件报警输入"},
    {"storagedetection", "Disk health", "硬盘健康检测"},
    {"tamperdetection", "Camera covered", "遮挡报警"},
    {"thermometry", "Temperature", "温度报警"},
    {"tma", "Temperature", "温度报警"},
    {"unattendedbaggage", "Unattended object", "物品遗留"},
    {"vehicledetection", "Vehicle", "车辆检测"},
    {"videointercomevent", "Intercom", "可视对讲"},
    {"videoloss", "Video lost", "视频丢失"},
    {"videomismatch", "Video standard mismatch", "视频制式不匹配"},
    {"vmd", "Motion", "移动侦测"},
    {"voicetalkevent", "Voice talk", "语音对讲"},
    {"whitelistfacecontrast", "Listed face", "白名单人脸比对"},
    {"wlsensor", "Wireless sensor", "无线传感器"},
};
static_assert(std::ranges::is_sorted(kNames, {}, &AlarmType::type));

}  // namespace

std::span<const AlarmType> alarm_types() { return kNames; }

std::string_view alarm_name(std::string_view type, Language language) {
  const auto* const row = std::ranges::lower_bound(kNames, type, {}, &AlarmType::type);
  if (row == std::end(kNames) || row->type != type) return language == Language::zh ? "报警" : "Alarm";
  return language == Language::zh ? row->zh : row->en;
}

}  // namespace camfleet::api
