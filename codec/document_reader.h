// Reading typed values from a document, remembering everything that is wrong and where each field
// stood. Only the formation's decoder includes this.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.h"
#include "codec/spec_problem.h"

namespace hactl {

/// What is found while one document is decoded.
class Findings {
 public:
  Findings(std::string_view file, Strictness strictness) : file_(file), strictness_(strictness) {}

  void saw(const std::string& path, Mark mark) { marks_.insert_or_assign(path, mark); }
  void add(const std::string& path, Mark mark, std::string message);
  /// At the place of `path`, or of the nearest thing around it.
  void add(const std::string& path, std::string message);
  /// An unknown field: a problem, unless the reader is lenient.
  void add_unknown(const std::string& path, Mark mark, std::string message);
  /// Whether a problem is known at `path`, or at something that it is a part of.
  [[nodiscard]] bool spoilt(const std::string& path) const;
  [[nodiscard]] bool empty() const { return problems_.empty(); }
  [[nodiscard]] Mark mark_of(const std::string& path) const;
  /// In the order of the file.
  [[nodiscard]] std::vector<SpecProblem> take();
  /// What was no problem only because the reader is lenient, likewise.
  [[nodiscard]] std::vector<SpecProblem> take_ignored();

 private:
  std::string file_;
  Strictness strictness_ = Strictness::strict;
  std::map<std::string, Mark> marks_;
  std::vector<SpecProblem> problems_;
  std::vector<SpecProblem> ignored_;
};

/// A value, where it is, and where to say what is wrong with it.
struct Place {
  const DocumentNode& node;
  std::string path;
  Findings& findings;

  void fail(std::string message) const;
};

/// "spec" and "regions" are "spec.regions"; no dot when there is nothing before it.
std::string joined(const std::string& path, std::string_view key);

/// Each leaves `out` alone when the value is not what is wanted, and says so.
void read_text(const Place& place, std::string& out);
void read_bool(const Place& place, bool& out);
void read_int(const Place& place, int& out);
void read_port(const Place& place, std::uint16_t& out);
/// Anything that is one value, as text: parameters.
void read_scalar(const Place& place, std::string& out);

/// The entries of a list; null is an empty one.
void read_list(const Place& place, const std::function<void(const Place&)>& entry);
/// The entries of a map with free keys; null is an empty one.
void read_map(const Place& place,
              const std::function<void(const std::string& key, const Place&)>& entry);

/// The fields of a map with known keys. What was never asked for is unknown: finish() says so.
class Fields {
 public:
  explicit Fields(const Place& place);

  /// The field's value; nullopt when it is not given.
  std::optional<Place> find(std::string_view key);
  /// A field that may be there and means nothing here; not suggested to anybody.
  void ignore(std::string_view key) { ignored_.emplace_back(key); }

  template <typename T>
  void read(std::string_view key, void (*reader)(const Place&, T&), T& out) {
    if (const auto place = find(key)) reader(*place, out);
  }
  template <typename T>
  void read(std::string_view key, void (*reader)(const Place&, T&), std::optional<T>& out) {
    const auto place = find(key);
    if (!place) return;
    T value{};
    reader(*place, value);
    out = value;
  }

  void finish() const;

 private:
  const Place& place_;
  std::vector<std::string> known_;
  std::vector<std::string> ignored_;
};

}  // namespace hactl
