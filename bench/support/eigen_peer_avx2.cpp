#define BORESIGHT_EIGEN_NAMESPACE Eigen_avx2
#define BORESIGHT_EIGEN_PEER eigen_peer_avx2
#define BORESIGHT_EIGEN_BUILT_FOR "avx2"
#include "support/eigen_peer-inl.h"
