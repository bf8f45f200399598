#include "proto/isapi/device.h"

#include <gtest/gtest.h>

#include "proto/isapi/testing/fixture.h"
#include "proto/isapi/write.h"

namespace camfleet::isapi {
namespace {

struct Row {
  const char* file;
  DeviceInfo info;
};
const Row kDevices[] = {
    {"DS-2CD2146G2-ISU.xml",
     {"IP CAMERA", "d2d94000-f70b-00b0-00a0-000000000000", "DS-2CD2146G2-ISU",
      "DS-2CD2146G2-ISU00000000AAWRG00000000", "cb:6e:4f:00:00:01", "V5.7.17", "build 240606", "0x0",
      "IPCamera", "hikvision", "G00000000", std::string{kHikVer20}}},
    {"DS-2CD2346G2-ISU.xml",
     {"CAMERA 1", "e57bc000-b4dd-00b0-0000-000000000000", "DS-2CD2346G2-ISU/SL",
      "DS-2CD2346G2-ISU/SL00000000AAWRJ00000000", "e0:2c:37:00:00:01", "V5.7.18", "build 240826", "0x0",
      "IPCamera", "hikvision", "J00000000", std::string{kHikVer20}}},
    {"DS-2CD2386G2-IU.xml",
     {"yard", "6aff4000-1f90-00b0-0000-000000000000", "DS-2CD2386G2-IU",
      "DS-2CD2386G2-IU00000000AAWRJ00000000", "a6:63:9e:00:00:01", "V5.7.15", "build 240201", "0x0",
      "IPCamera", "hikvision", "J00000000", std::string{kHikVer20}}},
    {"DS-2CD2532F-IWS.xml",
     {"SCD14 #TUIN", "c8e3b8e9-59b0-00b0-0000-000000000000", "DS-2CD2532F-IWS",
      "DS-2CD2532F-IWS00000000CCCH000000000", "16:33:90:00:00:01", "V5.2.0", "build 140721", "0x0",
      "IPCamera", "", "", std::string{kHikVer20}}},
    {"DS-2CD2T46G2-ISU.xml",
     {"CAMERA 2", "59b20000-e1d0-00b0-0000-000000000000", "DS-2CD2T46G2-ISU/SL",
      "DS-2CD2T46G2-ISU/SL00000000AAWRG00000000", "4f:e4:2f:00:00:01", "V5.7.18", "build 240826", "0x0",
      "IPCamera", "hikvision", "G00000000", std::string{kHikVer20}}},
    {"DS-2CD2T86G2-ISU.xml",
     {"CAMERA 3", "f1474000-98bf-00b0-0000-000000000000", "DS-2CD2T86G2-ISU/SL",
      "DS-2CD2T86G2-ISU/SL00000000AAWRAE0000000", "1e:70:fe:00:00:01", "V5.7.18", "build 240826", "0x0",
      "IPCamera", "hikvision", "AE0000000", std::string{kHikVer20}}},
    {"DS-2DE4A425IW-DE-raw.xml",
     {"PTZ", "7ccc4404-e05d-4376-8ebf-000000000000", "DS-2DE4A425IW-DE",
      "DS-2DE4A425IW-DE20180101AAWRC00000000W", "ff:ff:ff:00:00:01", "V5.5.71", "build 180725", "0x0",
      "IPDome", "", "", std::string{kHikVer20}}},
    {"DS-7608NXI-I2.xml",
     {"nvr", "484a3831-3130-0000-0000-000000000000", "DS-7608NXI-I2/8P/S",
      "DS-7608NXI-I0/0P/S0000000000CCRRJ00000000WCVU", "e0:44:cf:00:00:01", "V4.62.210", "build 230619",
      "0100000092010000", "NVR", "", "", std::string{kIsapiVer20}}},
    {"DS-7616NI-K2.xml",
     {"NVR", "48473931-3030-0000-0000-000000000000", "DS-7616NI-K2",
      "DS-7616NI-K20000000000CCRRG00000000WCVU", "87:02:30:00:00:01", "V4.74.210", "build 240108",
      "B-R-K51-00", "NVR", "hikvision", "", std::string{kHikVer20}}},
    {"DS-7732NI-M4.xml",
     {"NVR Casa Torino", "484c3430-3730-0000-0000-000000000000", "DS-7732NI-M4",
      "DS-7732NI-M4-0000000000CCRRL00000000WCVU", "22:ea:fb:00:00:01", "V5.03.020", "build 240904",
      "B-R-K21B1-00", "NVR", "", "", std::string{kIsapiVer20}}},
    {"DS-K1T341AM-acs.xml",
     {"Access Controller", "255", "DS-K1T341AM", "DS-K1T341AM00000000V000000EN000000000", "00:00:00:00:00:01",
      "V3.2.30", "build 220210", "", "ACS", "hikvision", "", std::string{kIsapiVer20}}},
    {"iDS-7204HUHI-M1.xml",
     {"Embedded Net DVR", "48414831-3630-0000-0000-000000000000", "iDS-7204HUHI-M1/E",
      "iDS-7204HUHI-M0/E0000000000CCWRAH0000000WCVU", "8b:92:35:00:00:01", "V4.75.011", "build 240625",
      "0xc0fcc00", "DVR", "hikvision", "", std::string{kHikVer20}}},
    {"ipc1-raw.xml",
     {"yard", "6aff4000-1f90-00b0-0000-000000000000", "DS-2CD2386G2-IU",
      "DS-2CD2386G2-IU00000000AAWRJ00000000", "a6:63:9e:00:00:01", "V5.7.18", "build 240826", "0x0",
      "IPCamera", "hikvision", "J00000000", std::string{kHikVer20}}},
};

TEST(Device, info_of_every_captured_device) {
  for (const auto& [file, expected] : kDevices) {
    const auto info = parse_device_info(fixture(std::string{"deviceinfo/"} + file));
    ASSERT_TRUE(info) << file;
    EXPECT_EQ(*info, expected) << file;
    // What the simulator writes is read as the same.
    const auto again = parse_device_info(write_device_info(*info, {.xml_namespace = info->xml_namespace}));
    ASSERT_TRUE(again) << file;
    EXPECT_EQ(*again, expected) << file;
  }
}

TEST(Device, status_of_captured_devices) {
  const auto camera = parse_device_status(fixture("status/DS-2CD2T43G2-4I.xml"));
  ASSERT_TRUE(camera);
  EXPECT_EQ(camera->time_text, "2026-01-01T12:00:00+03:00");
  EXPECT_EQ(camera->up_time, std::chrono::seconds{513477});
  EXPECT_EQ(camera->cpu_percent, 89);
  EXPECT_EQ(camera->memory_usage, 86);
  EXPECT_EQ(camera->memory_available, 33424);
  EXPECT_FALSE(camera->reboots);
  EXPECT_EQ(*parse_device_status(write_device_status(*camera, {})), *camera);

  const auto other = parse_device_status(fixture("status/cam-reboot-count.xml"));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->reboots, 40);
  EXPECT_EQ(other->up_time, std::chrono::seconds{92914});
}

TEST(Device, status_with_odd_numbers) {
  const auto status = parse_device_status(
      "<DeviceStatus><deviceUpTime>87\xE5\xA4\xA9"
      "0\xE6\x97\xB6"
      "55\xE5\x88\x86"
      "59\xE7\xA7\x92</deviceUpTime><CPUList><CPU><cpuUtilization>36.400002</cpuUtilization></CPU></CPUList>"
      "<MemoryList><Memory><memoryUsage/></Memory></MemoryList></DeviceStatus>");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->up_time, std::chrono::seconds{87 * 86400 + 55 * 60 + 59});
  EXPECT_DOUBLE_EQ(*status->cpu_percent, 36.400002);
  EXPECT_FALSE(status->memory_usage);
}

TEST(Device, capabilities_of_a_camera_and_a_recorder) {
  const auto camera = parse_capabilities(fixture("capabilities/DS-2CD2146G2-ISU.xml"));
  ASSERT_TRUE(camera);
  EXPECT_EQ(*camera, (Capabilities{.subscribe_event = true,
                                   .metadata = true,
                                   .snapshot = true,
                                   .user_check = true,
                                   .login_lock = true,
                                   .stream_encryption = false,
                                   .input_proxies = 0,
                                   .io_inputs = 1,
                                   .io_outputs = 1,
                                   .talk_channels = 1}));
  const auto recorder = parse_capabilities(fixture("capabilities/DS-7608NXI-I2.xml"));
  ASSERT_TRUE(recorder);
  EXPECT_EQ(recorder->input_proxies, 8);
  EXPECT_TRUE(recorder->subscribe_event);
  EXPECT_EQ(recorder->talk_channels, 2);
  EXPECT_EQ(*parse_capabilities(write_capabilities(*recorder, {})), *recorder);
}

TEST(Device, kinds) {
  const auto of_type = [](std::string type) {
    return decide_kind(DeviceInfo{.type = std::move(type)}, {}, {});
  };
  EXPECT_EQ(of_type("IPCamera"), DeviceKind::camera);
  EXPECT_EQ(of_type("IPDome"), DeviceKind::camera);
  EXPECT_EQ(of_type("NVR"), DeviceKind::recorder);
  EXPECT_EQ(of_type("HybridNVR"), DeviceKind::recorder);
  EXPECT_EQ(of_type("DVR"), DeviceKind::recorder);
  EXPECT_EQ(of_type("ACS"), DeviceKind::access);
  EXPECT_EQ(of_type("VIS"), DeviceKind::intercom);
  EXPECT_EQ(of_type("Vis"), DeviceKind::intercom);
  EXPECT_EQ(of_type("something new"), DeviceKind::access);
  EXPECT_EQ(of_type(""), DeviceKind::unknown);
  EXPECT_EQ(decide_kind({}, 4, 0), DeviceKind::recorder);
  EXPECT_EQ(decide_kind({}, std::nullopt, 2), DeviceKind::camera);  // thermal ones have two
  EXPECT_EQ(name(DeviceKind::recorder), "recorder");
}

TEST(Device, another_document_is_told_apart) {
  const auto code = [](std::string_view body) { return parse_device_info(body).error().code; };
  EXPECT_EQ(code(fixture("responsestatus/methodNotAllowed-intercom.xml")), Code::device_not_supported);
  EXPECT_EQ(code(fixture("responsestatus/badXmlContent.xml")), Code::device_error);
  EXPECT_EQ(code("<html><body>login</body></html>"), Code::device_unexpected_answer);
  EXPECT_EQ(code("<!DOCTYPE html><html></html>"), Code::xml_dtd_refused);
  EXPECT_EQ(code("{\"a\":1}"), Code::device_unexpected_answer);
  EXPECT_EQ(code(""), Code::device_unexpected_answer);
  EXPECT_EQ(code(write_response_status(status_busy("/x"), {})), Code::device_busy);
  EXPECT_EQ(code(write_response_status(status_low_privilege("/x"), {})), Code::device_forbidden);
}

}  // namespace
}  // namespace camfleet::isapi
