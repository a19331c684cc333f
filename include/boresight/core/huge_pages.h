// Vectors for buffers of many megabytes, on huge pages where the system has them.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace boresight {

/// Asks the system to put [begin, begin + bytes) on huge pages as it touches them. Only a wish: without
/// transparent huge pages, or on other systems than Linux, nothing happens. It belongs between allocation and
/// first use.
void advise_huge_pages(void* begin, std::size_t bytes) noexcept;

/// As CacheLineAllocator; from a huge page (2 MiB) on, storage starts on one and asks for them. A sweep over
/// hundreds of rows at once then needs a page each in the tables of the processor for 2 MiB and not for 4
/// KiB.
template <typename T>
struct HugePageAllocator {
  using value_type = T;
  static constexpr std::size_t page_bytes = std::size_t{1} << 21;

  HugePageAllocator() = default;
  template <typename U>
  HugePageAllocator(const HugePageAllocator<U>&) {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    void* p = ::operator new(bytes, alignment(n));
    if (bytes >= page_bytes) advise_huge_pages(p, bytes);
    return static_cast<T*>(p);
  }
  void deallocate(T* p, std::size_t n) { ::operator delete(p, alignment(n)); }
  template <typename U>
  bool operator==(const HugePageAllocator<U>&) const {
    return true;
  }

 private:
  static constexpr std::align_val_t alignment(std::size_t n) {
    return std::align_val_t{n * sizeof(T) >= page_bytes ? page_bytes : 64};
  }
};

template <typename T>
using huge_vector = std::vector<T, HugePageAllocator<T>>;

}  // namespace boresight
