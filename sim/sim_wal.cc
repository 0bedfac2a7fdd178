#include "sim/sim_wal.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <string_view>

namespace hactl {

namespace {

constexpr Lsn kNoEnd{std::numeric_limits<std::uint64_t>::max()};

/// The quoted text that begins at or after `from`, with doubled quotes undone.
std::string quoted(std::string_view text, std::size_t from) {
  std::size_t at = text.find('\'', from);
  if (at == std::string_view::npos) return {};
  std::string value;
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\'') {
      if (at + 1 >= text.size() || text[at + 1] != '\'') break;
      ++at;
    }
    value += text[at];
  }
  return value;
}

/// The value of `keyword` in a connection string.
std::string conninfo_value(const std::string& conninfo, std::string_view keyword) {
  const std::string wanted = std::string(keyword) + "=";
  std::size_t at = conninfo.find(wanted);
  while (at != std::string::npos && at != 0 && conninfo[at - 1] != ' ') {
    at = conninfo.find(wanted, at + 1);
  }
  if (at == std::string::npos) return {};
  at += wanted.size();
  if (at < conninfo.size() && conninfo[at] == '\'') return quoted(conninfo, at);
  return conninfo.substr(at, conninfo.find(' ', at) - at);
}

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) break;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

/// "…/replication.e7.key" -> 7.
Epoch credential_epoch(const std::string& path) {
  const std::size_t at = path.rfind(".e");
  if (at == std::string::npos) return {};
  return Epoch{number_in(std::string_view(path).substr(at + 2))};
}

void take_setting(ServerSettings& settings, std::string_view name, const std::string& value) {
  if (name == "hactl.config_id") settings.config_id = value;
  if (name == "synchronous_standby_names") settings.sync_names = value;
  if (name == "primary_slot_name") settings.slot = value;
  if (name == "max_connections") settings.max_connections = static_cast<int>(number_in(value));
  if (name == "default_transaction_read_only") settings.read_only = value != "off";
  if (name == "primary_conninfo" && !value.empty()) {
    settings.upstream_host = conninfo_value(value, "host");
    settings.upstream_port = static_cast<std::uint16_t>(number_in(conninfo_value(value, "port")));
    settings.application_name = conninfo_value(value, "application_name");
    settings.credential = credential_epoch(conninfo_value(value, "sslkey"));
  }
}

}  // namespace

ServerSettings parse_settings(const std::string& text) {
  ServerSettings settings;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t newline = rest.find('\n');
    const std::string_view line = rest.substr(0, newline);
    rest = newline == std::string_view::npos ? std::string_view{} : rest.substr(newline + 1);
    const std::size_t equals = line.find('=');
    if (line.empty() || line.front() == '#' || equals == std::string_view::npos) continue;
    std::string_view name = line.substr(0, equals);
    while (!name.empty() && name.back() == ' ')
      name.remove_suffix(1);
    std::string value;
    if (line.find('\'', equals) != std::string_view::npos) {
      value = quoted(line, equals);
    } else {
      value = std::string(line.substr(equals + 1));
      while (!value.empty() && value.front() == ' ')
        value.erase(0, 1);
    }
    take_setting(settings, name, value);
  }
  return settings;
}

SyncRule parse_sync_names(const std::string& text) {
  SyncRule rule;
  if (text.empty()) return rule;
  rule.first = text.starts_with("FIRST");
  const std::size_t digits = text.find_first_of("0123456789");
  if (digits == std::string::npos) return rule;
  rule.required = static_cast<int>(number_in(std::string_view(text).substr(digits)));
  std::string name;
  for (std::size_t at = text.find('(', digits); at < text.size(); ++at) {
    const char c = text[at];
    if (c == ',' || c == ')') {
      rule.names.push_back(name);
      name.clear();
    } else if (c != '(' && c != '"' && c != ' ') {
      name += c;
    }
  }
  return rule;
}

int SyncRule::priority_of(const std::string& application) const {
  const auto found = std::find(names.begin(), names.end(), application);
  if (found == names.end()) return 0;
  return first ? static_cast<int>(found - names.begin()) + 1 : 1;
}

std::size_t DataDirectory::count_up_to(Lsn lsn) const {
  return std::min(records_before(lsn), wal.size());
}

bool DataDirectory::has_flushed(const WalRecord& record) const {
  const std::size_t count = records_before(record.end);
  return count > 0 && count <= flushed && wal[count - 1].id == record.id;
}

std::vector<Stretch> DataDirectory::ancestry(TimelineId timeline) const {
  std::vector<Stretch> stretches{{timeline, kNoEnd}};
  while (true) {
    const auto found = history.find(stretches.back().timeline);
    if (found == history.end() || found->second.parent >= stretches.back().timeline) break;
    if (found->second.parent == TimelineId{}) break;
    stretches.push_back({found->second.parent, found->second.start});
  }
  std::reverse(stretches.begin(), stretches.end());
  return stretches;
}

bool DataDirectory::prepared() const {
  if (prepared_at_ < wal.size() && wal[prepared_at_].kind == RecordKind::prepare) return true;
  const auto found = std::ranges::find(wal, RecordKind::prepare, &WalRecord::kind);
  prepared_at_ = static_cast<std::size_t>(found - wal.begin());
  return found != wal.end();
}

}  // namespace hactl
