#pragma once
// What the vendor library hands to a message callback. Pointers in these lead into the library's memory, for
// the callback's time alone. The numbers behind the vendor's names are sizes on 64-bit Linux; abi_asserts.cpp
// holds every offset to abi_layout.json.
#include <cstdint>

#include "sdkhost/abi_structs.h"

namespace camfleet::sdkhost::abi {

// COMM_ALARM, 0x1100. type: see alarm_words.h. Channels and disks are flags: [0] is number 1.
struct AlarmInfo {  // NET_DVR_ALARMINFO, 216 bytes
  std::uint32_t type;
  std::uint32_t input;
  std::uint32_t outputs[4];
  std::uint32_t related_channels[16];
  std::uint32_t channels[16];
  std::uint32_t disks[16];
};

// COMM_ALARM_V30, 0x4000. As AlarmInfo, wider.
struct AlarmInfoV30 {  // NET_DVR_ALARMINFO_V30, 268 bytes
  std::uint32_t type;
  std::uint32_t input;
  std::uint8_t outputs[96];
  std::uint8_t related_channels[64];
  std::uint8_t channels[64];
  std::uint8_t disks[33];
};

// of_type, by type. Inputs (0, 23): +0 number of the input, +4 how many outputs, +8 how many channels it
// triggers. Pictures and sound (2, 3, 6, 9, 10, 11, 13, 15, 16, 19, 28): +0 how many channels, +4 bytes of
// the picture, +8 (byte) the picture is a URL, +9 (byte) target: 1 human, 2 vehicle, +16 pointer to picture
// or URL. Disks (1, 4, 5): +0 how many disks.
struct AlarmFixedHeader {  // NET_DVR_ALRAM_FIXED_HEADER, 152 bytes
  std::uint32_t type;
  TimeEx time;
  alignas(8) std::uint8_t of_type[120];
  std::uint32_t* reserved_pointer;
  std::uint8_t has_offset;
  char offset_hours;
  char offset_minutes;
  std::uint8_t reserved;
  std::uint16_t ivms_channel;
  std::uint8_t reserved2[2];
};

// COMM_ALARM_V40, 0x4007. data: as many numbers of four bytes as of_type says. Libraries before 6.1.6 have
// other sizes: 152 and 168, with the pointer as the last member.
struct AlarmInfoV40 {  // NET_DVR_ALARMINFO_V40, 160 bytes
  AlarmFixedHeader header;
  std::uint32_t* data;
};

// COMM_ISAPI_ALARM, 0x6009. text: text_size bytes of XML (data_type 1) or JSON (2), perhaps without a zero at
// the end; the buffer is used again for the next one. pictures: an array of picture_count IsapiPicture.
struct IsapiAlarm {  // NET_DVR_ALARM_ISAPI_INFO, 56 bytes
  char* text;
  std::uint32_t text_size;
  std::uint8_t data_type;
  std::uint8_t picture_count;
  std::uint8_t reserved[2];
  void* pictures;
  std::uint8_t reserved1[32];
};

// type: 1 JPEG, 2 GIF, 3 PNG. filename: as in the device's multipart.
struct IsapiPicture {  // NET_DVR_ALARM_ISAPI_PICDATA, 272 bytes
  std::uint32_t size;
  std::uint8_t type;
  std::uint8_t reserved[3];
  char filename[256];
  std::uint8_t* data;
};

// Coordinates from 0 to 1.
struct VcaPoint {  // NET_VCA_POINT, 8 bytes
  float x;
  float y;
};

struct VcaRect {  // NET_VCA_RECT, 16 bytes
  float x;
  float y;
  float width;
  float height;
};

struct VcaTarget {  // NET_VCA_TARGET_INFO, 24 bytes
  std::uint32_t id;
  VcaRect rect;
  std::uint8_t reserved[4];
};

// event_type: bits, see alarm_words.h. parameters: a union, by event type.
struct VcaRule {  // NET_VCA_RULE_INFO, 132 bytes
  std::uint8_t id;
  std::uint8_t scene;
  std::uint16_t event_type_ex;
  std::uint8_t name[32];
  std::uint32_t event_type;
  std::uint8_t parameters[92];
};

struct VcaDevice {  // NET_VCA_DEV_INFO, 148 bytes
  IpAddress address;
  std::uint16_t port;
  std::uint8_t channel;
  std::uint8_t ivms_channel;
};

// COMM_ALARM_RULE, 0x1102. time: six bits for the year since 2000, then month 4, day 5, hour 5, minute 6,
// second 6. Older libraries have no last pointer: 344 bytes.
struct RuleAlarm {  // NET_VCA_RULE_ALARM, 352 bytes
  std::uint32_t size;
  std::uint32_t relative_time;
  std::uint32_t time;
  VcaRule rule;
  VcaTarget target;
  VcaDevice device;
  std::uint32_t picture_size;
  std::uint8_t picture_type;
  std::uint8_t related_pictures;
  std::uint8_t smart;
  std::uint8_t picture_as_url;
  std::uint32_t alarm_id;
  std::uint16_t ivms_channel;
  std::uint8_t relative_time_flag;
  std::uint8_t append_info_enabled;
  std::uint8_t* append_info;
  std::uint8_t* picture;
};

// COMM_UPLOAD_FACESNAP_RESULT, 0x1112. buffer1 is the face, buffer2 the whole picture. Older: 296 bytes.
struct FaceSnap {  // NET_VCA_FACESNAP_RESULT, 304 bytes
  std::uint32_t size;
  std::uint32_t relative_time;
  std::uint32_t time;
  std::uint32_t face_id;
  std::uint32_t face_score;
  VcaTarget target;
  VcaRect rect;
  VcaDevice device;
  std::uint32_t face_size;
  std::uint32_t background_size;
  std::uint8_t smart;
  std::uint8_t alarm_end_mark;
  std::uint8_t repeat_times;
  std::uint8_t picture_as_url;
  std::uint8_t feature[16];
  float stay_duration;
  char storage_ip[16];
  std::uint16_t storage_port;
  std::uint16_t ivms_channel;
  std::uint8_t face_pic_quality;
  std::uint8_t uid_size;
  std::uint8_t liveness;
  std::uint8_t add_info;
  std::uint8_t* uid;
  std::uint8_t* add_info_buffer;
  std::uint8_t has_offset;
  char offset_hours;
  char offset_minutes;
  std::uint8_t resend;
  std::uint8_t* buffer1;
  std::uint8_t* buffer2;
};

struct AccessEvent {  // NET_DVR_ACS_EVENT_INFO, 104 bytes
  std::uint32_t size;
  std::uint8_t card[32];
  std::uint8_t card_type;
  std::uint8_t allow_list;
  std::uint8_t report_channel;
  std::uint8_t reader_kind;
  std::uint32_t reader;
  std::uint32_t door;
  std::uint32_t verification;
  std::uint32_t alarm_input;
  std::uint32_t alarm_output;
  std::uint32_t case_sensor;
  std::uint32_t rs485;
  std::uint32_t multi_card_group;
  std::uint16_t access_channel;
  std::uint8_t device_no;
  std::uint8_t distract_control_no;
  std::uint32_t employee;
  std::uint16_t local_controller;
  std::uint8_t internet_access;
  std::uint8_t type;
  std::uint8_t mac[6];
  std::uint8_t swipe_card_type;
  std::uint8_t mask;
  std::uint32_t serial;
  std::uint8_t channel_controller;
  std::uint8_t channel_lamp;
  std::uint8_t channel_ir_adaptor;
  std::uint8_t channel_ir_emitter;
  std::uint8_t helmet;
  std::uint8_t reserved[3];
};

// COMM_ALARM_ACS, 0x5002. major: 1 alarm, 2 exception, 3 operation, 5 event. Older libraries: 336 and 344
// bytes, which end after iot_channel and after has_extension_v20.
struct AccessAlarm {  // NET_DVR_ACS_ALARM_INFO, 352 bytes
  std::uint32_t size;
  std::uint32_t major;
  std::uint32_t minor;
  Time time;
  std::uint8_t user[16];
  IpAddress remote;
  AccessEvent event;
  std::uint32_t picture_size;
  char* picture;
  std::uint16_t inductive_event_type;
  std::uint8_t picture_as_url;
  std::uint8_t reserved1;
  std::uint32_t iot_channel;
  char* extension;
  std::uint8_t has_extension;
  std::uint8_t time_is_utc;
  std::uint8_t reserved2;
  std::uint8_t has_extension_v20;
  char* extension_v20;
  std::uint8_t reserved[4];
};

// COMM_UPLOAD_VIDEO_INTERCOM_EVENT, 0x1132.
struct IntercomEvent {  // NET_DVR_VIDEO_INTERCOM_EVENT, 568 bytes
  std::uint32_t size;
  TimeEx time;
  std::uint8_t device_number[32];
  std::uint8_t type;
  std::uint8_t picture_as_url;
  std::uint8_t reserved1[2];
  std::uint8_t of_type[264];
  std::uint32_t iot_channel;
  std::uint8_t reserved2[252];
};

// COMM_ALARM_VIDEO_INTERCOM, 0x1133. type: 1 zone, 2 tampering, 3 duress, 7 SOS, 17 rings, 18 rings no more,
// 23 door forced.
struct IntercomAlarm {  // NET_DVR_VIDEO_INTERCOM_ALARM, 560 bytes
  std::uint32_t size;
  TimeEx time;
  std::uint8_t device_number[32];
  std::uint8_t type;
  std::uint8_t reserved1[3];
  std::uint8_t of_type[256];
  std::uint16_t lock;
  std::uint8_t reserved3[2];
  std::uint32_t iot_channel;
  std::uint8_t reserved2[248];
};

// license: in the encoding of the device. Older libraries: 88 bytes.
struct PlateInfo {  // NET_DVR_PLATE_INFO, 96 bytes
  std::uint8_t type;
  std::uint8_t color;
  std::uint8_t bright;
  std::uint8_t license_size;
  std::uint8_t confidence;
  std::uint8_t region;
  std::uint8_t country;
  std::uint8_t area;
  std::uint8_t size_class;
  std::uint8_t has_add_info;
  std::uint16_t country_region;
  std::uint8_t reserved[4];
  std::uint8_t* add_info_buffer;
  char category[8];
  std::uint32_t xml_size;
  char* xml;
  VcaRect rect;
  char license[16];
  std::uint8_t confidences[16];
};

// COMM_UPLOAD_PLATE_RESULT, 0x2800. buffer1 is the whole picture, buffer2 the plate. time:
// "yyyymmddhhmmssmmm".
struct PlateResult {  // NET_DVR_PLATE_RESULT, 264 bytes
  std::uint32_t size;
  std::uint8_t result_type;
  std::uint8_t channel;
  std::uint16_t alarm_record_id;
  std::uint32_t relative_time;
  std::uint8_t time[32];
  std::uint32_t picture_size;
  std::uint32_t plate_picture_size;
  std::uint32_t video_size;
  std::uint8_t traffic_light;
  std::uint8_t picture_count;
  std::uint8_t lane;
  std::uint8_t vehicle_type;
  std::uint32_t binary_picture_size;
  std::uint32_t car_picture_size;
  std::uint32_t far_picture_size;
  std::uint8_t* buffer3;
  std::uint8_t* buffer4;
  std::uint8_t* buffer5;
  std::uint8_t lane_direction;
  std::uint8_t car_direction;
  std::uint8_t reserved3[6];
  PlateInfo plate;
  std::uint8_t vehicle[48];
  std::uint8_t* buffer1;
  std::uint8_t* buffer2;
};

// Its size follows from the table of ItsPlateResult; its members are as public documentation has them, and
// not measured. type: 0 plate, 1 scene. time: "yyyymmddhhmmssmmm".
struct ItsPicture {  // NET_ITS_PICTURE_INFO, 104 bytes
  std::uint32_t size;
  std::uint8_t type;
  std::uint8_t as_url;
  std::uint8_t close_up_type;
  std::uint8_t recognition;
  std::uint32_t red_light_time;
  std::uint8_t time[32];
  VcaRect rect;
  VcaRect recognition_rect;
  std::uint8_t* data;
  std::uint32_t utc;
  std::uint8_t reserved2[12];
};

// COMM_ITS_PLATE_RESULT, 0x3050.
struct ItsPlateResult {  // NET_ITS_PLATE_RESULT, 944 bytes
  std::uint32_t size;
  std::uint32_t match_no;
  std::uint8_t group_num;
  std::uint8_t pic_no;
  std::uint8_t second_cam;
  std::uint8_t feature_pic_no;
  std::uint8_t lane;
  std::uint8_t vehicle_type;
  std::uint8_t det_scene_id;
  std::uint8_t vehicle_attribute;
  std::uint16_t illegal_type;
  std::uint8_t illegal_sub_type[8];
  std::uint8_t post_pic_no;
  std::uint8_t channel;
  std::uint16_t speed_limit;
  std::uint8_t channel_high;
  std::uint8_t vehicle_position_control;
  PlateInfo plate;
  std::uint8_t vehicle[48];
  std::uint8_t site[48];
  std::uint8_t device[48];
  std::uint8_t direction;
  std::uint8_t detection;
  std::uint8_t lane_direction;
  std::uint8_t car_direction;
  std::uint32_t custom_illegal_type;
  std::uint8_t* illegal_info;
  std::uint8_t illegal_format;
  std::uint8_t pendant;
  std::uint8_t data_analysis;
  std::uint8_t yellow_label_car;
  std::uint8_t dangerous_vehicles;
  std::uint8_t pilot_safebelt;
  std::uint8_t copilot_safebelt;
  std::uint8_t pilot_sun_visor;
  std::uint8_t copilot_sun_visor;
  std::uint8_t pilot_call;
  std::uint8_t barrier_gate_ctrl_type;
  std::uint8_t alarm_data_type;
  TimeV30 first_picture_time;
  std::uint32_t illegal_time;
  std::uint32_t picture_count;
  ItsPicture pictures[6];
};

}  // namespace camfleet::sdkhost::abi
