#include "bench/host_race.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace hactl {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::vector<std::string> comma_parts(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

Result<HostRace> HostRace::create(const std::string& conninfo) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(conninfo.c_str(), &message);
  if (options == nullptr) {
    Error error{ErrorCode::invalid, message == nullptr ? "out of memory" : message};
    PQfreemem(message);
    return error.within("read the connection string");
  }
  HostRace race;
  std::vector<std::string> hosts;
  std::vector<std::string> ports;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string keyword = option->keyword;
    if (keyword == "host") {
      hosts = comma_parts(option->val);
    } else if (keyword == "port") {
      ports = comma_parts(option->val);
    } else {
      race.keywords_.push_back(keyword);
      race.values_.emplace_back(option->val);
    }
  }
  PQconninfoFree(options);
  if (hosts.empty() || hosts.size() > kRaceHostsMax) {
    return Error{ErrorCode::invalid, "the connection string names no host, or too many"};
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    Attempt attempt;
    attempt.host = hosts[i];
    attempt.port = ports.empty() ? "5432" : ports[std::min(i, ports.size() - 1)];
    race.attempts_.push_back(std::move(attempt));
  }
  return race;
}

Result<std::size_t> HostRace::number_of(const std::string& host) const {
  const auto found = std::ranges::find(attempts_, host, &Attempt::host);
  if (found != attempts_.end()) return static_cast<std::size_t>(found - attempts_.begin());
  return Error{ErrorCode::not_found, "the connection string does not name " + host};
}

const std::string& HostRace::name_of(std::size_t host) const {
  static const std::string none = "-";
  return host < attempts_.size() ? attempts_[host].host : none;
}

void HostRace::begin(Attempt& attempt) const {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (std::size_t i = 0; i < keywords_.size(); ++i) {
    keywords.push_back(keywords_[i].c_str());
    values.push_back(values_[i].c_str());
  }
  const std::initializer_list<std::pair<const char*, const char*>> own{
      {"host", attempt.host.c_str()},
      {"port", attempt.port.c_str()},
      {"target_session_attrs", "read-write"},
      {nullptr, nullptr}};
  for (const auto& [keyword, value] : own) {
    keywords.push_back(keyword);
    values.push_back(value);
  }
  attempt.connection.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
  attempt.wants = PGRES_POLLING_WRITING;
  attempt.deadline = steady_clock::now() + kAttemptTime;
  if (PQstatus(attempt.connection.get()) == CONNECTION_BAD) fail(attempt);
}

void HostRace::fail(Attempt& attempt) const {
  // A host that lets us in to read, or that stops, has no reason to change in a moment; asking it
  // all the time only takes processors away from those that are to take over.
  const std::string_view said =
      attempt.connection ? PQerrorMessage(attempt.connection.get()) : std::string_view();
  const bool stays_so = said.find("read-only") != std::string_view::npos ||
                        said.find("shutting down") != std::string_view::npos;
  attempt.connection.reset();
  attempt.deadline = steady_clock::now() + (stays_so ? kOtherRolePause : kAttemptPause);
}

void HostRace::rest(std::size_t host) {
  if (host < attempts_.size()) attempts_[host].deadline = steady_clock::now() + kOtherRolePause;
}

void HostRace::stop() {
  for (Attempt& attempt : attempts_) {
    attempt.connection.reset();
    attempt.deadline = {};
  }
}

void HostRace::begin_due() {
  const auto under_way = [this] {
    return std::ranges::count_if(attempts_,
                                 [](const Attempt& one) { return one.connection != nullptr; });
  };
  const auto just_began = [this] {
    const SteadyTime now = steady_clock::now();
    return std::ranges::any_of(attempts_, [&](const Attempt& one) {
      return one.connection && now - (one.deadline - kAttemptTime) < kAttemptAlone;
    });
  };
  std::vector<std::size_t> waiting;
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    Attempt& attempt = attempts_[i];
    const bool out = i == left_out_ || (only_ != kRaceHostsMax && i != only_);
    if (out) attempt.connection.reset();
    if (out || steady_clock::now() < attempt.deadline) continue;
    if (attempt.connection) fail(attempt);
    if (steady_clock::now() >= attempt.deadline) waiting.push_back(i);
  }
  // Whoever has waited longest: else the first hosts would keep the last ones out.
  std::ranges::stable_sort(waiting, {}, [this](std::size_t i) { return attempts_[i].deadline; });
  for (const std::size_t i : waiting) {
    if (under_way() >= kAttemptsAtOnce || just_began()) return;
    begin(attempts_[i]);
  }
}

HostRace::Winner HostRace::step(milliseconds limit) {
  begin_due();
  const SteadyTime now = steady_clock::now();
  milliseconds wait = limit;
  std::vector<pollfd> watched;
  std::vector<std::size_t> owners;
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    Attempt& attempt = attempts_[i];
    const SteadyTime due =
        attempt.connection ? attempt.deadline - kAttemptTime + kAttemptAlone : attempt.deadline;
    if (due > now) wait = std::min(wait, std::chrono::ceil<milliseconds>(due - now));
    if (!attempt.connection) continue;
    const bool reads = attempt.wants == PGRES_POLLING_READING;
    watched.push_back(
        {PQsocket(attempt.connection.get()), static_cast<short>(reads ? POLLIN : POLLOUT), 0});
    owners.push_back(i);
  }
  poll(watched.data(), watched.size(), static_cast<int>(wait.count()));
  for (std::size_t k = 0; k < watched.size(); ++k) {
    if (watched[k].revents == 0) continue;
    Attempt& attempt = attempts_[owners[k]];
    attempt.wants = PQconnectPoll(attempt.connection.get());
    if (attempt.wants == PGRES_POLLING_FAILED) fail(attempt);
    if (attempt.wants != PGRES_POLLING_OK) continue;
    Winner winner{std::move(attempt.connection), owners[k]};
    stop();
    return winner;
  }
  return {};
}

}  // namespace hactl
