// BenchLab: a lab of its own for one measurement, in a temporary directory, torn down at its end;
// and what the bench programs share: their options, and how they print what they measured.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace hactl {

/// How long one command may take.
inline constexpr Duration kBenchCommandTime{300'000};

/// Where production is to be.
enum class Production { paris, amsterdam };

enum class BenchNetwork {
  loopback,
  namespaces,  ///< For root; can be cut.
};

/// Three nodes in Paris; or with them three in Amsterdam and one in Dublin. Only the region that
/// production is in has candidates of high priority and counts for commits.
struct BenchShape {
  int nodes = 3;  ///< 3 or 7.
  Production production = Production::paris;
  BenchNetwork network = BenchNetwork::loopback;
};

/// What a figure is to be, in milliseconds.
struct BenchTarget {
  double median = 0;
  double worst = 0;
};

/// For one thread. Uses the programs that lie beside this one.
class BenchLab {
 public:
  /// Starts controller and agents; nothing is applied yet. Errors: the command's.
  static Result<BenchLab> create(const BenchShape& shape);

  BenchLab(BenchLab&& other) noexcept;
  BenchLab& operator=(BenchLab&&) = delete;
  ~BenchLab();

  /// Applies the formation of that shape and waits until it has converged.
  Result<Done> apply(const BenchShape& shape);

  /// The name of the primary. Errors: not_found when there is none; the command's.
  Result<std::string> primary();

  /// A connection string for the application's user, with the password.
  Result<std::string> uri();

  /// Waits until nothing is left to do.
  Result<Done> converged();

  /// Runs hactl and yields its standard output.
  Result<std::string> hactl(const std::vector<std::string>& arguments);

  /// The lab's directory.
  [[nodiscard]] std::string directory() const { return directory_ + "/lab"; }

 private:
  explicit BenchLab(std::string directory);
  Result<Done> write_formation(const BenchShape& shape);

  std::string directory_;
};

/// Prints "name: min 1.0 median 2.0 max 3.0 ms (n = 3)".
void print_spread(const std::string& name, std::vector<double> values, const std::string& unit);

/// print_spread() of milliseconds, and whether they are within the target.
void print_against(const std::string& name, const std::vector<double>& values,
                   const BenchTarget& target);

/// The text up to the first line break.
std::string first_line(const std::string& text);

/// The word after `name` among the arguments, or `otherwise`.
std::string word_option(int count, char** arguments, const std::string& name,
                        const std::string& otherwise);

/// The number after `name` among the arguments, or `otherwise`.
int number_option(int count, char** arguments, const std::string& name, int otherwise);

/// Whether `name` is among the arguments.
bool flag_option(int count, char** arguments, const std::string& name);

/// Milliseconds since `start`.
double milliseconds_since(std::chrono::steady_clock::time_point start);

}  // namespace hactl
