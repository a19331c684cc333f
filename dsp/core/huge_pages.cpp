#include "boresight/core/huge_pages.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace boresight {

void advise_huge_pages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__)
  static_cast<void>(madvise(begin, bytes, MADV_HUGEPAGE));
#endif
}

}  // namespace boresight
