#include "bench/bench_lab.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "hactl/lab_directory.h"
#include "io/file.h"
#include "io/process.h"

namespace hactl {
namespace {

// Two benches at the same time shall not take each other's addresses: each gets a network.
int own_network() {
  constexpr int kNetworks = 100;
  constexpr int kFirstNetwork = 100;
  return kFirstNetwork + static_cast<int>(getpid()) % kNetworks;
}

struct BenchRegion {
  std::string name{};
  int number = 0;
  int nodes = 0;
  bool production = false;
};

std::string region_text(const BenchRegion& region, BenchNetwork network) {
  std::string text = fmt::format(
      "    - name: {}\n      candidate-priority: {}\n      replication-quorum: {}\n"
      "      nodes:\n",
      region.name, region.production ? 60 : 0, region.production);
  for (int i = 0; i < region.nodes; ++i) {
    text += fmt::format("        - {{name: {}-{}, host: {}.{}.{}.{}}}\n", region.name,
                        static_cast<char>('a' + i), network == BenchNetwork::loopback ? 127 : 10,
                        own_network(), region.number, i + 1);
  }
  return text;
}

std::string formation_text(const BenchShape& shape) {
  constexpr int kPort = 15432;
  std::string text = fmt::format(
      "apiVersion: hactl/v1\nkind: Formation\nmetadata:\n  name: default\nspec:\n"
      "  number-sync-standbys: 1\n  postgres:\n    port: {}\n    hba:\n"
      "      - {{type: hostssl, database: appdb, user: ha-admin, address: 127.0.0.0/8, "
      "method: scram-sha-256}}\n  regions:\n",
      kPort);
  const bool paris = shape.production == Production::paris;
  text += region_text({"paris", 1, 3, paris}, shape.network);
  if (shape.nodes == 3) return text;
  return text + region_text({"amsterdam", 2, 3, !paris}, shape.network) +
         region_text({"dublin", 3, 1, false}, shape.network);
}

}  // namespace

BenchLab::BenchLab(std::string directory) : directory_(std::move(directory)) {}

BenchLab::BenchLab(BenchLab&& other) noexcept
    : directory_(std::exchange(other.directory_, std::string())) {}

BenchLab::~BenchLab() {
  if (directory_.empty()) return;
  const Result<std::string> down = hactl({"lab", "down", "--dir", directory()});
  // Where processes may still be running, their files stay for a look.
  std::error_code ignored;
  if (down.ok()) std::filesystem::remove_all(directory_, ignored);
}

Result<BenchLab> BenchLab::create(const BenchShape& shape) {
  std::string pattern = (std::filesystem::temp_directory_path() / "hactl-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr || chmod(pattern.c_str(), 0755) != 0) {
    return Error{ErrorCode::unavailable, "make a temporary directory"};
  }
  BenchLab lab(pattern);
  const Result<Done> written = lab.write_formation(shape);
  if (!written.ok()) return written.error();
  const Result<std::string> up =
      lab.hactl({"lab", "up", "-f", pattern + "/formation.yaml", "--dir", lab.directory(),
                 "--network", shape.network == BenchNetwork::loopback ? "loopback" : "namespaces"});
  if (!up.ok()) return up.error();
  return lab;
}

Result<Done> BenchLab::write_formation(const BenchShape& shape) {
  return write_file_atomically(directory_ + "/formation.yaml", formation_text(shape), 0644);
}

Result<Done> BenchLab::apply(const BenchShape& shape) {
  const Result<Done> written = write_formation(shape);
  if (!written.ok()) return written;
  // The lab writes the file that is to be applied; what runs already stays as it is.
  const Result<std::string> up =
      hactl({"lab", "up", "-f", directory_ + "/formation.yaml", "--dir", directory()});
  if (!up.ok()) return up.error();
  const Result<std::string> applied =
      hactl({"apply", "-f", directory() + "/formation.yaml", "--wait", "--timeout", "4m"});
  if (!applied.ok()) return applied.error();
  return Done{};
}

Result<std::string> BenchLab::primary() {
  const Result<std::string> json = hactl({"get", "formation", "default", "-o", "json"});
  if (!json.ok()) return json.error();
  constexpr std::string_view kKey = "\"primary\": \"";
  const std::size_t at = json->find(kKey);
  if (at == std::string::npos) return Error{ErrorCode::not_found, "there is no primary"};
  const std::string rest = json->substr(at + kKey.size());
  return rest.substr(0, rest.find('"'));
}

Result<std::string> BenchLab::uri() {
  const Result<std::string> text = hactl({"get", "uri", "--with-password"});
  if (!text.ok()) return text.error();
  return first_line(*text);
}

Result<Done> BenchLab::converged() {
  const Result<std::string> waited =
      hactl({"wait", "formation", "default", "--for", "condition=Converged", "--timeout", "2m"});
  if (!waited.ok()) return waited.error();
  return Done{};
}

Result<std::string> BenchLab::hactl(const std::vector<std::string>& arguments) {
  ProcessSpec spec;
  spec.argv = {sibling_program("hactl")};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  const char* path = getenv("PATH");
  spec.environment = {fmt::format("PATH={}", path == nullptr ? "" : path),
                      fmt::format("HACTLCONFIG={}/config", directory())};
  const Result<ProcessOutput> output = run_process(spec, kBenchCommandTime);
  if (!output.ok()) return output.error();
  if (output->succeeded()) return output->output;
  return Error{ErrorCode::internal, fmt::format("hactl {}: {}", arguments.front(), output->output)};
}

void print_spread(const std::string& name, std::vector<double> values, const std::string& unit) {
  if (values.empty()) return;
  std::ranges::sort(values);
  fmt::print("{}: min {:.1f} median {:.1f} max {:.1f} {} (n = {})\n", name, values.front(),
             values[values.size() / 2], values.back(), unit, values.size());
}

void print_against(const std::string& name, const std::vector<double>& values,
                   const BenchTarget& target) {
  if (values.empty()) return;
  print_spread(name, values, "ms");
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  const bool met = sorted[sorted.size() / 2] <= target.median && sorted.back() <= target.worst;
  fmt::print("  target: median {:.0f} ms, worst {:.0f} ms: {}\n", target.median, target.worst,
             met ? "met" : "missed");
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string word_option(int count, char** arguments, const std::string& name,
                        const std::string& otherwise) {
  for (int i = 1; i + 1 < count; ++i) {
    if (name == arguments[i]) return arguments[i + 1];
  }
  return otherwise;
}

int number_option(int count, char** arguments, const std::string& name, int otherwise) {
  for (int i = 1; i + 1 < count; ++i) {
    if (name == arguments[i]) return static_cast<int>(std::strtol(arguments[i + 1], nullptr, 10));
  }
  return otherwise;
}

bool flag_option(int count, char** arguments, const std::string& name) {
  return std::any_of(arguments, arguments + count,
                     [&](const char* argument) { return name == argument; });
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  const auto passed = std::chrono::steady_clock::now() - start;
  return std::chrono::duration<double, std::milli>(passed).count();
}

}  // namespace hactl
