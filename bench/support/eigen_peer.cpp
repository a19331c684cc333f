#include "support/eigen_peer.h"

namespace boresight {

extern const EigenPeer eigen_peer_base;
#if defined(__x86_64__)
extern const EigenPeer eigen_peer_avx2;
extern const EigenPeer eigen_peer_avx512;
#endif

const EigenPeer& eigen_peer() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return eigen_peer_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return eigen_peer_avx2;
#endif
  return eigen_peer_base;
}

}  // namespace boresight
