#include "bench/writer.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

namespace hactl {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kStep{20};
constexpr milliseconds kPollStep{50};

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using QueryResult = std::unique_ptr<PGresult, ResultCloser>;

bool wait_readable(PGconn* connection, milliseconds limit) {
  pollfd watched{PQsocket(connection), POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(limit.count())) != 0;
}

// The answer to a question that changes nothing of importance; nullptr when it does not come.
QueryResult ask(PGconn* connection, const char* query, SteadyTime deadline) {
  if (PQsendQuery(connection, query) != 1) return nullptr;
  while (PQisBusy(connection) == 1) {
    if (steady_clock::now() >= deadline) return nullptr;
    if (wait_readable(connection, kPollStep) && PQconsumeInput(connection) != 1) return nullptr;
  }
  QueryResult first(PQgetResult(connection));
  while (QueryResult(PQgetResult(connection))) {
  }
  return first;
}

}  // namespace

Result<Writer> Writer::create(const WriterOptions& options) {
  const bool named = !options.table.empty() && std::ranges::all_of(options.table, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!named) {
    return Error{ErrorCode::invalid, "a table's name has small letters, digits and _ only"};
  }
  Result<HostRace> race = HostRace::create(options.conninfo);
  if (!race.ok()) return race.error();
  if (!options.only.empty()) {
    const Result<std::size_t> only = race->number_of(options.only);
    if (!only.ok()) return only.error();
    race->use_only(*only);
  }
  Writer writer(std::move(*race), options.table);
  if (options.ledger.empty()) return writer;
  writer.ledger_.open(options.ledger, std::ios::trunc);
  if (!writer.ledger_) {
    return Error{ErrorCode::unavailable, "write the ledger " + options.ledger};
  }
  return writer;
}

Writer::Writer(Writer&& other) noexcept
    : race_(std::move(other.race_)),
      table_(std::move(other.table_)),
      ledger_(std::move(other.ledger_)) {}

void Writer::notice_received(void* writer, const PGresult* notice) {
  // 01000: the wait for synchronous replication was cancelled, so the standbys may not have it.
  const char* code = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
  if (code != nullptr && std::string_view(code) == "01000") {
    static_cast<Writer*>(writer)->warned_ = true;
  }
}

bool Writer::connect(SteadyTime deadline) {
  race_.leave_out(kRaceHostsMax);
  while (!connection_ && !stopping_ && steady_clock::now() < deadline) {
    HostRace::Winner winner = race_.step(kStep);
    connection_ = std::move(winner.connection);
    host_ = winner.host;
  }
  if (!connection_) return false;
  PQsetNoticeReceiver(connection_.get(), notice_received, this);
  return true;
}

// The table, and the number that comes next. An old primary's table may be shorter than what it
// had acknowledged, but numbers are never used twice within one run.
bool Writer::prepare() {
  if (next_id_ != 0) return true;
  constexpr milliseconds kPrepareTime{5'000};
  const SteadyTime deadline = steady_clock::now() + kPrepareTime;
  const std::string create = "CREATE TABLE IF NOT EXISTS " + table_ +
                             " (id bigint PRIMARY KEY, written timestamptz NOT NULL DEFAULT "
                             "clock_timestamp())";
  const std::string highest = "SELECT coalesce(max(id), 0) FROM " + table_;
  const QueryResult made = ask(connection_.get(), create.c_str(), deadline);
  const bool ready = PQresultStatus(made.get()) == PGRES_COMMAND_OK;
  const QueryResult top = ready ? ask(connection_.get(), highest.c_str(), deadline) : nullptr;
  if (PQresultStatus(top.get()) != PGRES_TUPLES_OK) {
    last_error_ = PQerrorMessage(connection_.get());
    connection_.reset();
    std::this_thread::sleep_for(kStep);
    return false;
  }
  next_id_ = std::strtoll(PQgetvalue(top.get(), 0, 0), nullptr, 10) + 1;
  return true;
}

Writer::Answer Writer::take_results() {
  Answer answer = Answer::indeterminate;
  while (const QueryResult result{PQgetResult(connection_.get())}) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK) {
      answer = warned_ ? Answer::indeterminate : Answer::acknowledged;
      continue;
    }
    last_error_ = PQresultErrorMessage(result.get());
    const char* code = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    if (code != nullptr && std::string_view(code) == "57P01") race_.rest(host_);
    // Only an error of the server about this statement says that the row was not written; 57P01 to
    // 57P03 end the connection, perhaps after the commit.
    const bool sure = code != nullptr && !std::string_view(code).starts_with("57P") &&
                      !std::string_view(code).starts_with("08");
    answer = sure ? Answer::refused : Answer::indeterminate;
  }
  return PQstatus(connection_.get()) == CONNECTION_BAD && answer != Answer::acknowledged
             ? Answer::indeterminate
             : answer;
}

Writer::Answer Writer::await_answer(SteadyTime deadline) {
  const SteadyTime impatient = steady_clock::now() + kAnswerPatience;
  while (PQisBusy(connection_.get()) == 1) {
    const SteadyTime now = steady_clock::now();
    if (stopping_ || now >= deadline) return Answer::indeterminate;
    if (now >= impatient) {
      // Somebody else may be primary by now: whoever lets us write first is believed.
      race_.leave_out(host_);
      HostRace::Winner winner = race_.step(milliseconds{1});
      if (winner.connection) {
        connection_ = std::move(winner.connection);
        host_ = winner.host;
        PQsetNoticeReceiver(connection_.get(), notice_received, this);
        return Answer::indeterminate;
      }
    }
    const bool readable =
        wait_readable(connection_.get(), now >= impatient ? milliseconds{5} : kPollStep);
    if (readable && PQconsumeInput(connection_.get()) != 1) {
      last_error_ = PQerrorMessage(connection_.get());
      connection_.reset();
      return Answer::indeterminate;
    }
  }
  race_.stop();
  return take_results();
}

Writer::Answer Writer::write_row(SteadyTime deadline) {
  const std::string id = std::to_string(next_id_++);
  const std::array<const char*, 1> values{id.c_str()};
  warned_ = false;
  ++sent_;
  PGconn* connection = connection_.get();
  const std::string insert = "INSERT INTO " + table_ + " (id) VALUES ($1)";
  if (PQsendQueryParams(connection, insert.c_str(), 1, nullptr, values.data(), nullptr, nullptr,
                        0) != 1) {
    // Part of it may have left.
    last_error_ = PQerrorMessage(connection);
    connection_.reset();
    return Answer::indeterminate;
  }
  const Answer answer = await_answer(deadline);
  if (connection_ && PQstatus(connection_.get()) == CONNECTION_BAD) connection_.reset();
  // What is still under way when time is up may not be mixed with later questions.
  if (connection_ && PQtransactionStatus(connection_.get()) == PQTRANS_ACTIVE) connection_.reset();
  return answer;
}

void Writer::note(Answer answer, std::chrono::system_clock::time_point sent) {
  if (!ledger_.is_open()) return;
  const auto microseconds = [](std::chrono::system_clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
  };
  const char* word = answer == Answer::acknowledged ? "ack"
                     : answer == Answer::refused    ? "refused"
                                                    : "unknown";
  // Flushed, so that it can be read while this goes on.
  ledger_ << next_id_ - 1 << '\t' << word << '\t' << microseconds(sent) << '\t'
          << microseconds(std::chrono::system_clock::now()) << '\t' << race_.name_of(sent_to_)
          << std::endl;
}

void Writer::run(std::optional<milliseconds> duration) {
  started_ = steady_clock::now();
  const SteadyTime deadline = duration ? started_ + *duration : SteadyTime::max();
  while (!stopping_ && steady_clock::now() < deadline && acknowledged_.size() < kRowsMax) {
    if (!connection_ && !connect(deadline)) break;
    if (!prepare()) continue;
    const SteadyTime began = steady_clock::now();
    const auto sent = std::chrono::system_clock::now();
    sent_to_ = host_;
    const Answer answer = write_row(deadline);
    note(answer, sent);
    switch (answer) {
      case Answer::acknowledged:
        acknowledged_.push_back({next_id_ - 1, steady_clock::now()});
        acknowledged_count_ = acknowledged_.size();
        break;
      case Answer::indeterminate: ++indeterminate_; break;
      case Answer::refused:
        // A primary that became read-only refuses: another one will be found sooner.
        connection_.reset();
        break;
    }
    if (connection_) std::this_thread::sleep_until(began + kWriteEvery);
  }
  ended_ = steady_clock::now();
  race_.stop();
}

Gap Writer::longest_gap(std::optional<Gap> window) const {
  Gap longest{started_, started_};
  SteadyTime previous = acknowledged_.empty() ? started_ : acknowledged_.front().at;
  const auto consider = [&](SteadyTime next) {
    const Gap gap{previous, next};
    const bool counts = !window || (gap.to >= window->from && gap.from <= window->to);
    if (counts && gap.length() > longest.length()) longest = gap;
    previous = next;
  };
  for (const Acknowledged& row : acknowledged_) {
    consider(row.at);
  }
  consider(ended_);
  return longest;
}

Result<std::vector<std::int64_t>> Writer::lost(milliseconds limit) {
  std::vector<std::int64_t> missing;
  if (acknowledged_.empty()) return missing;
  const SteadyTime deadline = steady_clock::now() + limit;
  const std::string query =
      "SELECT id FROM " + table_ + " WHERE id >= " + std::to_string(acknowledged_.front().id);
  stopping_ = false;
  race_.use_only(kRaceHostsMax);
  while (steady_clock::now() < deadline) {
    // Asked afresh: the last connection may be to a primary that is none any more.
    connection_.reset();
    if (!connect(deadline)) break;
    const QueryResult rows = ask(connection_.get(), query.c_str(), deadline);
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) continue;
    std::set<std::int64_t> present;
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      present.insert(std::strtoll(PQgetvalue(rows.get(), i, 0), nullptr, 10));
    }
    for (const Acknowledged& row : acknowledged_) {
      if (!present.contains(row.id)) missing.push_back(row.id);
    }
    return missing;
  }
  return Error{ErrorCode::timed_out, "read the rows back: no primary answered in time"};
}

}  // namespace hactl
