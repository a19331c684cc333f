#define BORESIGHT_EIGEN_NAMESPACE Eigen_base
#define BORESIGHT_EIGEN_PEER eigen_peer_base
#define BORESIGHT_EIGEN_BUILT_FOR "base"
#include "support/eigen_peer-inl.h"
