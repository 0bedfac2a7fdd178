#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "codec/spec_yaml.h"
#include "hactl/formation_files.h"
#include "hactl/modify.h"
#include "hactl/text_diff.h"
#include "hactl/verbs.h"
#include "io/file.h"
#include "model/limits.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kHeader =
    "# Please edit the object below. Lines beginning with a '#' will be ignored,\n"
    "# and an empty file will abort the edit. If an error occurs while saving this file will be\n"
    "# reopened with the relevant failures.\n#\n";

// How often a file that is not right is opened again.
constexpr int kEditTriesMax = 20;

// The lines that are not comments.
std::string without_comments(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!line.starts_with('#')) result += std::string(line) + "\n";
  }
  return result;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

// What was wrong with the last try, as comments.
std::string comments(const std::string& name, std::string_view problems) {
  std::string result = fmt::format("# formations \"{}\" was not valid:\n", name);
  while (!problems.empty()) {
    const std::size_t end = problems.find('\n');
    result += fmt::format("# * {}\n", problems.substr(0, end));
    problems.remove_prefix(end == problems.npos ? problems.size() : end + 1);
  }
  return result + "#\n";
}

Result<std::string> temporary_file() {
  const char* directory = getenv("TMPDIR");
  std::string path =
      fmt::format("{}/hactl-edit-XXXXXX.yaml", directory == nullptr ? "/tmp" : directory);
  constexpr int kSuffix = 5;
  const int descriptor = mkstemps(path.data(), kSuffix);
  if (descriptor < 0) return local_error("no temporary file can be made in " + path);
  close(descriptor);
  return path;
}

// The editor has the terminal, so it is run by the shell, as kubectl does, and waited for.
Result<Done> open_editor(const std::string& editor, const std::string& path) {
  const pid_t child = fork();
  if (child < 0) return local_error("the editor cannot be started");
  if (child == 0) {
    const std::string command = editor + " \"$1\"";
    execl("/bin/sh", "sh", "-c", command.c_str(), "sh", path.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  pid_t ended = waitpid(child, &status, 0);
  while (ended < 0 && errno == EINTR)
    ended = waitpid(child, &status, 0);
  if (ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) return Done{};
  return local_error(fmt::format("there was a problem with the editor \"{}\"", editor));
}

// One formation in an editor.
class Edit {
 public:
  Edit(Session& session, const EditOptions& options, Json live)
      : session_(session), options_(options), live_(std::move(live)) {}

  Result<int> run() {
    Result<std::string> path = temporary_file();
    if (!path.ok()) return path.error();
    path_ = std::move(*path);
    const Result<Formation> before = decoded(live_);
    if (!before.ok()) return before.error();
    name_ = before->name.value;
    original_ = formation_yaml(*before);
    std::string text = std::string(kHeader) + original_;
    std::string previous = original_;
    for (int tries = 0; tries < kEditTriesMax; ++tries) {
      Result<std::string> edited = edit(text);
      if (!edited.ok()) return given_up(edited.error());
      if (is_blank(*edited)) return cancelled("Edit cancelled, saved file was empty.");
      if (*edited == original_) return cancelled("Edit cancelled, no changes made.");
      if (*edited == previous && tries > 0) {
        return given_up(local_error("Edit cancelled, no valid changes were saved."));
      }
      const ParsedFormation parsed = parse_formation_yaml(*edited, path_);
      Result<int> taken = parsed.ok() ? take(parsed.formation)
                                      : Error{ErrorCode::invalid, to_string(parsed.problems)};
      if (taken.ok()) return taken;
      if (taken.error().code != ErrorCode::invalid) return given_up(taken.error());
      text = std::string(kHeader) + comments(name_, taken.error().message) + *edited;
      previous = *edited;
    }
    return given_up(local_error("Edit cancelled, no valid changes were saved."));
  }

 private:
  static Result<Formation> decoded(const Json& object) {
    Result<FormationItem> item = formation_item(object);
    if (!item.ok()) return item.error();
    return std::move(item->formation);
  }

  Result<std::string> edit(const std::string& text) {
    const Result<Done> written = write_file_atomically(path_, text, 0600);
    if (!written.ok()) return written.error().within("error");
    const Result<Done> opened = open_editor(options_.editor, path_);
    if (!opened.ok()) return opened.error();
    const Result<std::string> read = read_file(path_, kSpecBytesMax);
    if (!read.ok()) return read.error().within("error");
    return without_comments(*read);
  }

  // Writes what was edited over what was read. A controller that has merely gone on meanwhile is no
  // conflict; somebody else's change is one.
  Result<int> take(const Formation& wanted) {
    const Result<Api*> api = session_.api();
    if (!api.ok()) return api.error();
    if (wanted.name.value != name_) {
      return Error{ErrorCode::invalid,
                   fmt::format("metadata.name: the name of a formation cannot be changed from "
                               "\"{}\"",
                               name_)};
    }
    const Result<Json> body = request_body({.file = {}, .formation = wanted});
    if (!body.ok()) return body.error();
    Json object = *body;
    for (int tries = 1;; ++tries) {
      object["metadata"]["resource-version"] =
          text_at(live_.value("metadata", Json::object()), "resource-version");
      const Result<Json> answer = (*api)->send("PUT", formation_path(name_), object);
      if (answer.ok()) return edited(*answer);
      if (answer.error().code != ErrorCode::conflict || tries == kModifyTriesMax) {
        return answer.error();
      }
      const Result<Json> now = (*api)->get(formation_path(name_));
      if (!now.ok() || written_part(*now) != written_part(live_)) return answer.error();
      live_ = *now;
    }
  }

  Result<int> edited(const Json& answer) {
    static_cast<void>(remove_file(path_));
    std::ostream& out = session_.terminal().out();
    if (options_.output_patch) {
      const Result<Formation> after = decoded(answer);
      const std::string text = after.ok() ? formation_yaml(*after) : "";
      out << unified_diff({"live/formation/" + name_, original_},
                          {"edited/formation/" + name_, text});
    }
    out << fmt::format("formation/{} edited\n", name_) << std::flush;
    return kExitDone;
  }

  Result<int> cancelled(std::string_view why) {
    static_cast<void>(remove_file(path_));
    session_.terminal().notes() << why << std::endl;
    return kExitDone;
  }

  // What was written stays.
  Error given_up(Error error) {
    session_.terminal().notes() << fmt::format("A copy of your changes has been stored to \"{}\"",
                                               path_)
                                << std::endl;
    return error;
  }

  Session& session_;
  const EditOptions& options_;
  Json live_;
  std::string path_{};
  std::string name_{};
  std::string original_{};
};

}  // namespace

Result<int> run_edit(Session& session, const EditOptions& options) {
  const Result<Targets> targets = parse_targets(options.targets);
  if (!targets.ok()) return targets.error();
  if (targets->type->resource != Resource::formation || targets->names.size() > 1) {
    return local_error("one formation can be edited at a time");
  }
  const Result<std::string> name =
      session.formation_name(targets->names.empty() ? std::string() : targets->names.front());
  if (!name.ok()) return name.error();
  Result<Json> live = (*session.api())->get(formation_path(*name));
  if (!live.ok()) return live.error();
  return Edit(session, options, std::move(*live)).run();
}

}  // namespace hactl
