// operator new and delete for hactl-sim: a third of a run's time would go into malloc(). The
// program has one thread a process, and takes and gives back the same few sizes all the time.
#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>

// Where a sanitizer looks after memory, it has to see each piece come and go.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

constexpr std::size_t kStep = 16;
constexpr std::size_t kLargest = 1'024;  ///< Larger ones come from malloc().
constexpr std::size_t kChunk = std::size_t{1} << 18U;

struct Free {
  Free* next;
};

/// Pieces that were given back, by size.
std::array<Free*, kLargest / kStep + 1> free_pieces{};
char* rest = nullptr;  ///< Of the chunk that new pieces are cut from.
std::size_t rest_bytes = 0;

void* from_system(std::size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

/// Each piece begins with its size, and is followed by what the caller gets.
void* take(std::size_t bytes) {
  const std::size_t steps = (bytes + kStep - 1) / kStep + 1;
  void* piece = nullptr;
  if (steps * kStep > kLargest) {
    piece = from_system(steps * kStep);
  } else if (Free*& first = free_pieces[steps]; first != nullptr) {
    piece = first;
    first = first->next;
  } else {
    if (rest_bytes < steps * kStep) {
      rest = static_cast<char*>(from_system(kChunk));
      rest_bytes = kChunk;
    }
    piece = rest;
    rest += steps * kStep;
    rest_bytes -= steps * kStep;
  }
  *static_cast<std::size_t*>(piece) = steps;
  return static_cast<char*>(piece) + kStep;
}

void give_back(void* memory) {
  if (memory == nullptr) return;
  void* piece = static_cast<char*>(memory) - kStep;
  const std::size_t steps = *static_cast<std::size_t*>(piece);
  if (steps * kStep > kLargest) return std::free(piece);
  Free*& first = free_pieces[steps];
  first = new (piece) Free{first};
}

}  // namespace

void* operator new(std::size_t bytes) {
  return take(bytes);
}
void operator delete(void* memory) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
  give_back(memory);
}

#endif
