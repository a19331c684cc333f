#include "boresight/frame/ku_frame.h"

#include <numbers>

#include "boresight/fec/scrambler.h"

namespace boresight::frame {

GridBuffer<cf32> ku_pilot_values() {
  GridBuffer<cf32> values(ku_symbols, ku_pilots);
  constexpr float level = 1.0F / std::numbers::sqrt2_v<float>;
  for (std::size_t symbol = ku_first_header_symbol; symbol < ku_symbols; ++symbol) {
    fec::GoldSequence gold(static_cast<std::uint32_t>(symbol));
    for (cf32& pilot : values.row(symbol)) {
      const float re = gold.next() != 0 ? -level : level;
      const float im = gold.next() != 0 ? -level : level;
      pilot = {re, im};
    }
  }
  return values;
}

}  // namespace boresight::frame
