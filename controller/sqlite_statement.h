// Statement: SQL with its values, for the files of SqliteStore. Nobody else includes this.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hactl {

/// What a result code of SQLite means.
inline Error sqlite_error(sqlite3* database, int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Error{ErrorCode::corrupt, sqlite3_errmsg(database)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Error{ErrorCode::unavailable, "it is in use by another process"};
    default: return Error{ErrorCode::unavailable, sqlite3_errmsg(database)};
  }
}

/// Carries out `sql`, which yields nothing.
inline Result<Done> execute(sqlite3* database, const char* sql) {
  const int code = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(database, code);
  return Done{};
}

/// One statement, prepared, bound and stepped through. The first failure stays and is reported by
/// finish().
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    code_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement& bind(std::string_view text) {
    if (code_ == SQLITE_OK) {
      code_ = sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT,
                                  SQLITE_UTF8);
    }
    return *this;
  }
  Statement& bind(std::uint64_t number) {
    if (code_ == SQLITE_OK) {
      code_ = sqlite3_bind_int64(statement_, ++bound_, static_cast<sqlite3_int64>(number));
    }
    return *this;
  }

  /// True when there is a row (more).
  bool step() {
    if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return false;
    code_ = sqlite3_step(statement_);
    return code_ == SQLITE_ROW;
  }
  Result<Done> finish() {
    while (step()) {
    }
    if (code_ != SQLITE_DONE) return sqlite_error(database_, code_);
    return Done{};
  }

  [[nodiscard]] std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  [[nodiscard]] std::string text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const int length = sqlite3_column_bytes(statement_, column);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(length));
  }

 private:
  sqlite3* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
  int bound_ = 0;
};

}  // namespace hactl
