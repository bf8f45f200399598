// camfleet-test-kafka [PARTITIONS]: the mock cluster of librdkafka in a process of its own, for tests. Says
// {"brokers":"HOST:PORT"} on its standard output. Lines on the standard input: "down" and "up" of the broker,
// "error N CODE" lets the next N produce requests fail with that code. Ends with its input.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int kBroker = 1;
constexpr int kProduce = 0;  // ApiKey of a produce request

}  // namespace

int main(int argc, char** argv) {
  const int partitions = argc > 1 ? std::atoi(argv[1]) : 3;  // NOLINT(cert-err34-c)
  std::array<char, 256> why{};
  auto* client = ::rd_kafka_new(RD_KAFKA_PRODUCER, ::rd_kafka_conf_new(), why.data(), why.size());
  if (client == nullptr) {
    std::cerr << why.data() << '\n';
    return 1;
  }
  auto* cluster = ::rd_kafka_mock_cluster_new(client, 1);
  if (cluster == nullptr) return 1;
  ::rd_kafka_mock_topic_create(cluster, "camfleet.events", partitions, 1);
  std::cout << R"({"brokers":")" << ::rd_kafka_mock_cluster_bootstraps(cluster) << "\"}" << std::endl;

  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words{line};
    std::string what;
    words >> what;
    if (what == "down") ::rd_kafka_mock_broker_set_down(cluster, kBroker);
    if (what == "up") ::rd_kafka_mock_broker_set_up(cluster, kBroker);
    if (what == "error") {
      std::size_t count = 0;
      int code = 0;
      words >> count >> code;
      const std::vector<rd_kafka_resp_err_t> errors(count, static_cast<rd_kafka_resp_err_t>(code));
      ::rd_kafka_mock_push_request_errors_array(cluster, kProduce, errors.size(), errors.data());
    }
    std::cout << R"({"done":")" << what << "\"}" << std::endl;
  }
  ::rd_kafka_mock_cluster_destroy(cluster);
  ::rd_kafka_destroy(client);
  return 0;
}
