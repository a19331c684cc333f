// The test program's own malloc family stands before the C library's and counts. Under a sanitizer, whose
// allocator must stay in charge, the sanitizer's hook counts instead.
#include "support/allocation_counter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

namespace {
thread_local std::size_t allocations = 0;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

// From the sanitizers' allocator interface; its header is not shipped with every compiler.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                             std::size_t),
                                                         void (*free_hook)(const volatile void*));

namespace {
[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { ++allocations; }, [](const volatile void*) {});
}

#else

#include <cerrno>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* p, std::size_t size) {
  ++allocations;
  return __libc_realloc(p, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  ++allocations;
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
}

#endif

namespace boresight {

AllocationCounter::AllocationCounter() : start_(allocations) {}
std::size_t AllocationCounter::count() const {
  return allocations - start_;
}

namespace {

TEST(AllocationCounter, SeesNewMallocAndAlignedNew) {
  const AllocationCounter counter;
  EXPECT_EQ(counter.count(), 0U);
  void* volatile plain = std::malloc(100);
  std::free(plain);
  EXPECT_EQ(counter.count(), 1U);
  int* volatile by_new = new int(1);
  delete by_new;
  EXPECT_EQ(counter.count(), 2U);
  void* volatile aligned = ::operator new (128, std::align_val_t{64});
  ::operator delete (aligned, std::align_val_t{64});
  EXPECT_EQ(counter.count(), 3U);
}

}  // namespace
}  // namespace boresight
