#include "io/tls_writer.h"

#include <utility>

namespace hactl {

TlsWriter::TlsWriter(Owner& owner, Stream& stream, Duration write_time_max)
    : owner_(owner),
      stream_(stream),
      write_time_max_(write_time_max),
      deadline_(stream.get_executor()) {}

void TlsWriter::push(std::string data) {
  if (stopped_ || data.empty()) return;
  queued_bytes_ += data.size();
  queue_.push_back(std::move(data));
  if (!writing_) write();
}

void TlsWriter::stop() {
  stopped_ = true;
  deadline_.cancel();
}

void TlsWriter::write() {
  writing_ = true;
  const auto hold = owner_.hold();
  deadline_.expires_after(write_time_max_);
  deadline_.async_wait([this, weak = std::weak_ptr<Owner>(hold),
                        round = ++round_](const boost::system::error_code& error) {
    const auto owner = weak.lock();
    if (owner && !error && !stopped_ && writing_ && round == round_) owner->write_failed();
  });
  // One TLS record at most, so that a slow client that does read makes progress.
  const std::string& front = queue_.front();
  stream_.async_write_some(boost::asio::buffer(front.data() + offset_, front.size() - offset_),
                           [this, hold](const boost::system::error_code& error, std::size_t bytes) {
                             writing_ = false;
                             written(error, bytes);
                           });
}

void TlsWriter::written(const boost::system::error_code& error, std::size_t bytes) {
  if (stopped_) return;
  deadline_.cancel();
  if (error) return owner_.write_failed();
  queued_bytes_ -= bytes;
  offset_ += bytes;
  if (offset_ == queue_.front().size()) {
    queue_.pop_front();
    offset_ = 0;
  }
  if (queue_.empty()) {
    owner_.drained();
  } else {
    write();
  }
}

}  // namespace hactl
