// TlsWriter: writes what is queued to a TLS stream, in order, one write under way at a time. For
// io/http_server.cc only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/time.h"
#include "io/asio.h"

namespace hactl {

class TlsWriter {
 public:
  using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

  /// Who owns the writer and the stream, and hears what became of the writes.
  class Owner {
   public:
    Owner() = default;
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    virtual ~Owner() = default;

    /// Keeps the owner alive during a write.
    virtual std::shared_ptr<Owner> hold() = 0;
    /// All that was queued is written.
    virtual void drained() = 0;
    /// A write failed, or made no progress in time.
    virtual void write_failed() = 0;
  };

  /// `owner` and `stream` outlive this.
  TlsWriter(Owner& owner, Stream& stream, Duration write_time_max);

  /// Queues a piece; nothing for an empty one.
  void push(std::string data);

  /// Writes nothing more and reports nothing more.
  void stop();

  /// Bytes that are queued and not yet written.
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] bool idle() const { return queue_.empty(); }

 private:
  void write();
  void written(const boost::system::error_code& error, std::size_t bytes);

  Owner& owner_;
  Stream& stream_;
  const Duration write_time_max_;
  boost::asio::steady_timer deadline_;
  std::uint64_t round_ = 0;  // A wait for the deadline of an earlier write means nothing.
  std::deque<std::string> queue_;
  std::size_t offset_ = 0;  // Of the first piece, what is written.
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;
  bool stopped_ = false;
};

}  // namespace hactl
