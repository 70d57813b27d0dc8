// Windows in strips that stay in the cache.
#pragma once

#include <vector>

#include "lanes.hpp"

namespace crosswear {

constexpr int STRIP = 150;  // samples; what is made of them stays in the second cache
constexpr int MARGIN = 32;  // rows behind a strip that a tile may read

// Some windows below one another, a row of zeros before, between and after them.
struct Strip {
  int first, windows, length;
  const std::vector<int> &places;  // a row's sample, counted from the first window; or -1

  int rows() const { return windows * (length + 1) + 1; }
  int samples() const { return windows * length; }
  std::size_t shift() const { return std::size_t(first) * length; }
};

inline int windows_of_strip(int length) { return std::max(1, STRIP / (length + 1)); }
inline std::size_t rows_of_strip(int length) {
  return windows_of_strip(length) * (length + 1) + 1 + MARGIN;
}

// Calls use(strip) for all windows.
template <class Use>
void for_strips(int windows, int length, Use &&use) {
  const int most = windows_of_strip(length);
  std::vector<int> places;
  for (int first = 0; first < windows; first += most) {
    const int here = std::min(most, windows - first);
    if (!first || here < most) {
      places.assign(rows_of_strip(length), -1);
      for (int window = 0, sample = 0; window < here; window++)
        for (int row = 1 + window * (length + 1); row < (window + 1) * (length + 1); row++)
          places[row] = sample++;
    }
    use(Strip{first, here, length, places});
  }
}

// The rows of a strip, `width` channels each: make(sample of the tensor, channel). Those between
// the windows are zeros from the beginning. `make` holds values, no references: a store might have
// changed what these refer to, and they would be read again for each row.
template <class Row, class Make>
void fill(Row *rows, int width, const Strip &strip, const Make &make) {
  const Make each = make;
  const int windows = strip.windows, length = strip.length;
  std::size_t sample = strip.shift();
  Row *to = rows + width;
  for (int window = 0; window < windows; window++, to += width)
    for (int row = 0; row < length; row++, sample++, to += width)
      for (int channel = 0; channel < width; channel += LANES)
        store_as(to + channel, each(sample, channel));
  std::fill(to, to + width, 0);  // a longer strip may have been here
}

}  // namespace crosswear
