#include "hactl/lab_rewrite.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <regex>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "codec/spec_yaml.h"
#include "hactl/session.h"

namespace hactl {
namespace {

constexpr std::string_view kAnyLoopback = "127.0.0.0/8";
constexpr std::string_view kHeader =
    "# Made by `hactl lab up`: hosts are loopback addresses, and every node has its own data\n"
    "# directory. Edit and apply this file.\n";

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// The length of the IPv4 address at the beginning of `text`; 0: there is none.
std::size_t address_length(std::string_view text) {
  std::size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at >= text.size() || text[at++] != '.')) return 0;
    const std::size_t begin = at;
    while (at < text.size() && digit(text[at])) {
      ++at;
    }
    if (at == begin || at - begin > 3) return 0;
  }
  return at < text.size() && (text[at] == '.' || digit(text[at])) ? 0 : at;
}

bool in_word(std::string_view text, std::size_t at) {
  if (at == 0) return false;
  const char before = text[at - 1];
  return std::isalnum(static_cast<unsigned char>(before)) != 0 || before == '.' || before == '_';
}

// Where a comment begins: a `#` at the start or after a blank, outside quotes.
std::size_t comment_start(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '{')) {
      quote = c;
    } else if (c == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return i;
    }
  }
  return line.size();
}

// Whether the value at `at` is that of the key `address`, which only pg_hba lines have.
bool is_hba_address(std::string_view line, std::size_t at) {
  std::string_view before = line.substr(0, at);
  while (!before.empty() && std::string_view(" \"'").find(before.back()) != before.npos) {
    before.remove_suffix(1);
  }
  return before.ends_with("address:") || before.ends_with("address\":");
}

std::string loopback_line(std::string_view line) {
  const std::size_t end = comment_start(line);
  std::string result;
  for (std::size_t i = 0; i < line.size();) {
    const std::string_view rest = line.substr(i, end > i ? end - i : 0);
    const std::size_t length =
        rest.starts_with("10.") && !in_word(line, i) ? address_length(rest) : 0;
    if (length == 0) {
      result += line[i++];
      continue;
    }
    if (is_hba_address(line, i)) {
      result += kAnyLoopback;
      i += length;
      if (i < end && line[i] == '/') ++i;
      while (i < end && digit(line[i]) && line[i - 1] != '.') {
        ++i;
      }
    } else {
      result += "127";
      result += line.substr(i + 2, length - 2);
      i += length;
    }
  }
  return result;
}

template <typename Change>
std::string each_line(std::string_view text, const Change& change) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    result += change(text.substr(0, end));
    if (end == std::string_view::npos) break;
    result += '\n';
    text.remove_prefix(end + 1);
  }
  return result;
}

std::string loopback_host(const std::string& host) {
  return host.starts_with("10.") && address_length(host) == host.size() ? "127" + host.substr(2)
                                                                        : host;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || (host.starts_with("127.") && address_length(host) == host.size());
}

// The formation as the lab's file must say it.
Formation expected_formation(const Formation& formation, const std::string& directory) {
  const std::vector<Member> members = formation.spec.members();
  std::multiset<std::string> directories;
  bool loopback_already = true;
  for (const Member& member : members) {
    directories.insert(member.data_directory);
    loopback_already = loopback_already && is_loopback(member.host);
  }
  const auto network = [](std::string& text) {
    if (text.starts_with("10.")) text = "127" + text.substr(2);
  };
  Formation result = formation;
  for (HbaRule& rule : result.spec.postgres.hba) {
    if (rule.address.starts_with("10.")) rule.address = kAnyLoopback;
  }
  std::size_t index = 0;
  for (RegionSpec& region : result.spec.regions) {
    network(region.network);
    network(region.subnet);
    for (NodeSpec& node : region.nodes) {
      const std::string& written = members[index++].data_directory;
      const bool own = directories.count(written) == 1;
      // One that is named for this node alone is the user's choice; the formation's is the default.
      const bool chosen = loopback_already && node.data_directory.has_value();
      const bool kept = own && (chosen || written.starts_with(directory + "/"));
      node.host = loopback_host(node.host);
      if (!kept) node.data_directory = lab_data_directory(directory, node.name);
    }
  }
  return result;
}

struct Insertion {
  const NodeName& node;
  const std::string& data_directory;
};

// Adds the data directory to the line that names the node, in the flow or the block style; nullopt
// when this line does not.
std::optional<std::string> with_data_directory(std::string_view line, const Insertion& insertion) {
  const std::string name = "name:\\s*[\"']?" + insertion.node.value + "[\"']?\\s*";
  const std::string text(line.substr(0, comment_start(line)));
  const std::string tail(line.substr(text.size()));
  std::smatch match;
  if (std::regex_search(text, match, std::regex("\\{[^{}]*\\b" + name + "[,}]")) &&
      text.find("host:") != text.npos) {
    const std::size_t close = text.find('}', static_cast<std::size_t>(match.position(0)));
    if (close == text.npos) return std::nullopt;
    return text.substr(0, close) + ", data-directory: " + insertion.data_directory +
           text.substr(close) + tail;
  }
  if (std::regex_match(text, match, std::regex("(\\s*(?:- )?\\s*)" + name))) {
    return std::string(line) + "\n" + std::string(static_cast<std::size_t>(match.length(1)), ' ') +
           "data-directory: " + insertion.data_directory;
  }
  return std::nullopt;
}

std::string with_data_directories(const std::string& text, const Formation& before,
                                  const Formation& after) {
  std::string result = text;
  for (std::size_t r = 0; r < after.spec.regions.size(); ++r) {
    for (std::size_t n = 0; n < after.spec.regions[r].nodes.size(); ++n) {
      const NodeSpec& node = after.spec.regions[r].nodes[n];
      if (node.data_directory == before.spec.regions[r].nodes[n].data_directory) continue;
      const Insertion insertion{node.name, *node.data_directory};
      result = each_line(result, [&](std::string_view line) {
        return with_data_directory(line, insertion).value_or(std::string(line));
      });
    }
  }
  return result;
}

}  // namespace

std::string lab_data_directory(const std::string& directory, const NodeName& node) {
  return directory + "/nodes/" + node.value + "/data";
}

std::string loopback_text(std::string_view text) {
  return each_line(text, loopback_line);
}

Result<LabFile> rewrite_for_loopback(std::string_view text, const Formation& formation,
                                     const std::string& directory) {
  const Formation expected = expected_formation(formation, directory);
  for (const Member& member : expected.spec.members()) {
    if (is_loopback(member.host)) continue;
    return local_error(
        fmt::format("the loopback network has no address for host {} of node {}: hosts must be in "
                    "10.0.0.0/8 or 127.0.0.0/8",
                    member.host, member.name.value));
  }
  if (expected == formation) return LabFile{std::string(text), expected};
  std::string rewritten = with_data_directories(loopback_text(text), formation, expected);
  if (!rewritten.starts_with(kHeader)) rewritten.insert(0, kHeader);
  // The text was changed without a parser, so a parser has the last word on it.
  const ParsedFormation parsed = parse_formation_yaml(rewritten, "formation.yaml");
  if (parsed.ok() && parsed.formation == expected) return LabFile{rewritten, expected};
  return LabFile{std::string(kHeader) + formation_yaml(expected), expected};
}

}  // namespace hactl
