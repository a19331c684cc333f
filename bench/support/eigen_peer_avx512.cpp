#define BORESIGHT_EIGEN_NAMESPACE Eigen_avx512
#define BORESIGHT_EIGEN_PEER eigen_peer_avx512
#define BORESIGHT_EIGEN_BUILT_FOR "avx512"
#include "support/eigen_peer-inl.h"
