#include "hactl/config.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "io/file.h"

namespace hactl {
namespace {

// The file has one fixed shape, so it is read line by line: top-level keys, and a list of mappings
// of plain or quoted values under `contexts`.
struct Line {
  std::size_t number = 0;
  std::size_t indent = 0;
  bool begins_item = false;
  std::string key{};
  std::string value{};
};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<std::string> scalar(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::string();
  const char quote = text.front();
  if (quote == '"' || quote == '\'') {
    const std::size_t end = text.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = trimmed(text.substr(end + 1));
    if (!rest.empty() && rest.front() != '#') return std::nullopt;
    return std::string(text.substr(1, end - 1));
  }
  if (quote == '#') return std::string();
  return std::string(trimmed(text.substr(0, text.find(" #"))));
}

std::optional<Line> parse_line(std::string_view text, std::size_t number) {
  Line line;
  line.number = number;
  line.indent = text.find_first_not_of(' ');
  text.remove_prefix(line.indent);
  if (text.starts_with("- ")) {
    line.begins_item = true;
    text = text.substr(2);
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  line.key = std::string(trimmed(text.substr(0, colon)));
  const std::optional<std::string> value = scalar(text.substr(colon + 1));
  if (!value) return std::nullopt;
  line.value = *value;
  return line;
}

std::string* field_of(Context& context, std::string_view key) {
  if (key == "name") return &context.name;
  if (key == "controller") return &context.controller;
  if (key == "ca") return &context.ca;
  if (key == "certificate") return &context.certificate;
  if (key == "key") return &context.key;
  return nullptr;
}

// Takes one line into `config`; false when it fits nowhere.
bool take(const Line& line, Config& config) {
  if (!line.begins_item && line.indent == 0) {
    if (line.key == "current-context") config.current_context = line.value;
    const bool list = line.key == "contexts" && (line.value.empty() || line.value == "[]");
    const bool envelope = line.key == "apiVersion" || line.key == "kind";
    return list || envelope || line.key == "current-context";
  }
  if (line.begins_item) config.contexts.emplace_back();
  if (config.contexts.empty()) return false;
  std::string* field = field_of(config.contexts.back(), line.key);
  if (field == nullptr) return false;
  *field = line.value;
  return true;
}

std::string quoted(const std::string& value) {
  const bool plain = !value.empty() && value.find_first_of(" #'\"{}[],&*!|>%@`") == value.npos;
  if (plain) return value;
  const char quote = value.find('"') == value.npos ? '"' : '\'';
  return quote + value + quote;
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& file) {
  Config config;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#' || content == "---") continue;
    const std::optional<Line> parsed = parse_line(line, number);
    if (!parsed || !take(*parsed, config)) {
      return Error{ErrorCode::invalid,
                   fmt::format("{}:{}: not understood: {}", file, number, content)};
    }
  }
  return config;
}

std::string config_text(const Config& config) {
  std::string text = fmt::format("current-context: {}\n", quoted(config.current_context));
  text += config.contexts.empty() ? "contexts: []\n" : "contexts:\n";
  for (const Context& context : config.contexts) {
    text += fmt::format("  - name: {}\n    controller: {}\n    ca: {}\n", quoted(context.name),
                        quoted(context.controller), quoted(context.ca));
    text += fmt::format("    certificate: {}\n    key: {}\n", quoted(context.certificate),
                        quoted(context.key));
  }
  return text;
}

Result<Config> load_config(const std::string& file) {
  const Result<std::string> text = read_file(file, kConfigBytesMax);
  if (!text.ok()) return text.error().within("read the configuration");
  Result<Config> config = parse_config(*text, file);
  if (!config.ok()) return config;
  const std::filesystem::path directory = std::filesystem::absolute(file).parent_path();
  for (Context& context : config->contexts) {
    for (std::string* path : {&context.ca, &context.certificate, &context.key}) {
      if (!path->empty()) *path = (directory / *path).lexically_normal().string();
    }
  }
  return config;
}

Result<Done> save_config(const std::string& file, const Config& config) {
  const std::string directory = std::filesystem::absolute(file).parent_path().string();
  const Result<Done> made = make_directories(directory, 0700);
  if (!made.ok()) return made;
  return write_file_atomically(file, config_text(config), 0600);
}

Result<Context> choose_context(const Config& config, const std::string& name) {
  const std::string& wanted = name.empty() ? config.current_context : name;
  if (wanted.empty()) return Error{ErrorCode::not_found, "no current context is set"};
  const auto found = std::ranges::find(config.contexts, wanted, &Context::name);
  if (found == config.contexts.end()) {
    return Error{ErrorCode::not_found,
                 fmt::format("no context exists with the name: \"{}\"", wanted)};
  }
  return *found;
}

}  // namespace hactl
