// The lab's directory: where everything lies in it, and who owns it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "hactl/config.h"
#include "hactl/lab_processes.h"
#include "model/ids.h"
#include "model/spec.h"

namespace hactl {

/// The longest directory of a Unix socket: PostgreSQL's file name must still fit a socket address.
inline constexpr std::size_t kLabSocketDirectoryBytesMax = 80;

/// Names of files; a plain value.
class LabDirectory {
 public:
  /// `path` is made absolute, symbolic links resolved as far as it exists.
  static LabDirectory at(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string config() const { return path_ + "/config"; }
  [[nodiscard]] std::string formation() const { return path_ + "/formation.yaml"; }
  [[nodiscard]] std::string processes() const { return path_ + "/processes.json"; }
  [[nodiscard]] std::string network() const { return path_ + "/network.json"; }
  [[nodiscard]] std::string controller() const { return path_ + "/controller"; }
  [[nodiscard]] std::string log(const std::string& process) const {
    return path_ + "/logs/" + process + ".log";
  }
  [[nodiscard]] std::string node(const NodeName& node) const {
    return path_ + "/nodes/" + node.value;
  }
  /// NODE/run, or a short one under /tmp when that is too long for a socket.
  [[nodiscard]] std::string sockets(const NodeName& node) const;

 private:
  explicit LabDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// The formation that the lab was made for. Errors: not_found when there is no lab here.
Result<Formation> lab_formation(const LabDirectory& lab);

/// Where the lab's PostgreSQL servers work: the nodes' data directories, and the directory that all
/// others of the lab are in.
std::vector<std::string> lab_data_directories(const LabDirectory& lab,
                                              const std::vector<Member>& members);

/// The last line of a log; empty when there is none.
std::string last_log_line(const std::string& file);

/// Whom PostgreSQL runs as: "postgres" when we are root, else ourselves.
std::string lab_user();

/// Gives files and directories to lab_user(), when we are root. Errors: not_found, forbidden.
Result<Done> give_to_lab_user(const std::vector<std::string>& paths);

/// Whether lab_user() can get to `path`. The error is one line that says what to do.
Result<Done> check_reachable(const std::string& path);

/// The program that lies beside this one.
std::string sibling_program(const std::string& name);

}  // namespace hactl
