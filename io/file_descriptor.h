// FileDescriptor: owns one descriptor and closes it.
#pragma once

#include <unistd.h>

#include <utility>

namespace hactl {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~FileDescriptor() { reset(); }

  /// The descriptor, or a negative number when there is none.
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool valid() const { return number_ >= 0; }

  /// Gives the descriptor away.
  int release() { return std::exchange(number_, -1); }

  /// Closes what is held and holds `number` instead.
  void reset(int number = -1) {
    // An error of close() says nothing about data: writers that care call fsync before.
    if (number_ >= 0) close(number_);
    number_ = number;
  }

 private:
  int number_ = -1;
};

}  // namespace hactl
