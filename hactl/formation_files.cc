#include "hactl/formation_files.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "codec/spec_json.h"
#include "codec/spec_yaml.h"
#include "hactl/session.h"
#include "io/file.h"
#include "model/limits.h"

namespace hactl {
namespace {

namespace fs = std::filesystem;

std::string read_standard_input() {
  // One byte more than allowed, so that the parser sees and refuses what is too long.
  std::string text(kSpecBytesMax + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  return text;
}

// The problems, each with its line and a caret below it.
std::string problems_text(const std::vector<SpecProblem>& problems, std::string_view text) {
  std::string result;
  for (const SpecProblem& problem : problems) {
    result += to_string(problem) + "\n" + source_excerpt(text, problem);
  }
  while (result.ends_with('\n')) {
    result.pop_back();
  }
  return result;
}

Result<Done> append_file(const std::string& path, Strictness strictness,
                         std::vector<WrittenFormation>& result) {
  const std::string name = path == "-" ? "standard input" : path;
  Result<std::string> text =
      path == "-" ? Result<std::string>(read_standard_input()) : read_file(path, kSpecBytesMax);
  if (!text.ok()) return text.error().within("error");
  ParsedFormations parsed = parse_formations_yaml(*text, name, strictness);
  if (!parsed.ok()) {
    return Error{ErrorCode::invalid, problems_text(parsed.problems, *text)};
  }
  for (Formation& formation : parsed.formations) {
    result.push_back({path == "-" ? std::string() : path, std::move(formation),
                      std::exchange(parsed.ignored, {})});
  }
  return Done{};
}

Result<std::vector<std::string>> files_in(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    const std::string kind = entry.path().extension().string();
    if (kind != ".yaml" && kind != ".yml" && kind != ".json") continue;
    if (files.size() == kFilesMax) return local_error("too many files in " + directory);
    files.push_back(entry.path().string());
  }
  if (error) return local_error(fmt::format("read {}: {}", directory, error.message()));
  if (files.empty()) return local_error(directory + " has no .yaml, .yml or .json file");
  std::ranges::sort(files);
  return files;
}

}  // namespace

Result<std::vector<WrittenFormation>> read_formations(const std::string& path,
                                                      Strictness strictness) {
  std::vector<std::string> files{path};
  std::error_code ignored;  // What cannot be looked at is no directory; reading it says why.
  if (path != "-" && fs::is_directory(path, ignored)) {
    Result<std::vector<std::string>> found = files_in(path);
    if (!found.ok()) return found.error();
    files = std::move(*found);
  }
  std::vector<WrittenFormation> result;
  for (const std::string& file : files) {
    const Result<Done> read = append_file(file, strictness, result);
    if (!read.ok()) return read.error();
  }
  return result;
}

Result<WrittenFormation> read_formation(const std::string& path) {
  Result<std::vector<WrittenFormation>> all = read_formations(path);
  if (!all.ok()) return all.error();
  if (all->size() != 1) {
    return local_error(fmt::format("{} has {} formations; one is needed", path, all->size()));
  }
  return std::move(all->front());
}

Result<nlohmann::json> request_body(const WrittenFormation& written) {
  nlohmann::json body = formation_json(written.formation);
  const std::string& file = written.formation.spec.postgres.password_file;
  if (file.empty()) return body;
  const fs::path path = fs::absolute(written.file).parent_path() / file;
  const Result<std::string> text = read_file(path.string(), kPasswordBytesMax);
  if (!text.ok()) return text.error().within("error: spec.postgres.password-file");
  const std::string password = text->substr(0, text->find_first_of("\r\n"));
  if (password.empty()) {
    return local_error(fmt::format("spec.postgres.password-file: {} is empty", path.string()));
  }
  body["credentials"] = {{"password", password}};
  return body;
}

}  // namespace hactl
