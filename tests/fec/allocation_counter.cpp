#include "fec/allocation_counter.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> count{0};

void* counted(void* p) {
  ++count;
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

std::size_t rounded_up(std::size_t n, std::align_val_t alignment) {
  const auto a = static_cast<std::size_t>(alignment);
  return (n + a - 1) / a * a;
}

}  // namespace

// The array and nothrow forms come here too. malloc(0) may be null, hence the one.
void* operator new(std::size_t n) {
  return counted(std::malloc(n != 0 ? n : 1));
}
void* operator new(std::size_t n, std::align_val_t alignment) {
  return counted(
      std::aligned_alloc(static_cast<std::size_t>(alignment), rounded_up(n != 0 ? n : 1, alignment)));
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}

namespace boresight::fec {

std::size_t allocations() {
  return count;
}

}  // namespace boresight::fec
