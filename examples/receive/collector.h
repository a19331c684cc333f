// Looks at the chain now and then, for the pictures of the report. Bounded, however long the run.
#pragma once

#include "chain.h"
#include "results.h"

namespace boresight::receive {

class Collector {
 public:
  void look(const Chain&, const Results&) {}
};

}  // namespace boresight::receive
