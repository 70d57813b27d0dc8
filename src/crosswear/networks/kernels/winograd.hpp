// Winograd's way to convolve three taps: four outputs by six products instead of twelve.
//
// It is his F(4, 3), with the matrices of Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", CVPR 2016. A tile is four outputs of a window and the six inputs that they see; of other
// windows it sees nothing, so a window has the same numbers in every company.
#pragma once

#include "strips.hpp"

namespace crosswear {

constexpr int OUTPUTS = 4, PRODUCTS = 6;  // of a tile
constexpr int FEWEST = 32;  // inputs: for fewer, products cost less than the way to them

constexpr float OF_INPUTS[PRODUCTS][PRODUCTS] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0},
                                                 {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0},
                                                 {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
constexpr float OF_TAPS[PRODUCTS][3] = {
    {1 / 4.f, 0, 0}, {-1 / 6.f, -1 / 6.f, -1 / 6.f}, {-1 / 6.f, 1 / 6.f, -1 / 6.f},
    {1 / 24.f, 1 / 12.f, 1 / 6.f}, {1 / 24.f, -1 / 12.f, 1 / 6.f}, {0, 0, 1}};
constexpr float TO_OUTPUTS[PRODUCTS][OUTPUTS] = {{1, 0, 0, 0}, {1, 1, 1, 1},   {1, -1, 1, -1},
                                                 {1, 2, 4, 8}, {1, -2, 4, -8}, {0, 0, 0, 1}};

// matrix · in, or backwards its transpose · in.
template <int M, int N>
inline void apply(const float (&matrix)[M][N], const Vector (&in)[N], Vector (&out)[M]) {
  UNROLLED for (int i = 0; i < M; i++) {
    out[i] = Vector{};
    UNROLLED for (int j = 0; j < N; j++)
      if (matrix[i][j] != 0) out[i] += matrix[i][j] * in[j];
  }
}
template <int M, int N>
inline void apply_back(const float (&matrix)[M][N], const Vector (&in)[M], Vector (&out)[N]) {
  UNROLLED for (int j = 0; j < N; j++) {
    out[j] = Vector{};
    UNROLLED for (int i = 0; i < M; i++)
      if (matrix[i][j] != 0) out[j] += matrix[i][j] * in[i];
  }
}

// [rows, 3, values] to [rows, PRODUCTS, values]; or both with the last one first.
inline void transform_taps(const float *taps, std::size_t rows, int values, bool reversed,
                           float *to) {
  for (std::size_t row = 0; row < rows; row++, taps += 3 * values, to += PRODUCTS * values)
    for (int i = 0; i < values; i += LANES) {
      Vector of[3], products[PRODUCTS];
      UNROLLED for (int tap = 0; tap < 3; tap++)
        of[tap] = load_first(taps + (reversed ? 2 - tap : tap) * values + i, values - i);
      apply(OF_TAPS, of, products);
      for (int j = 0; j < PRODUCTS; j++)
        store_first(to + (reversed ? PRODUCTS - 1 - j : j) * values + i, values - i, products[j]);
    }
}

// Calls use(tile, row of the strip before its first output, outputs left in the window).
template <class Use>
inline void for_tiles(const Strip &strip, const Use &use) {
  int tile = 0;
  for (int window = 0; window < strip.windows; window++)
    for (int first = 0; first < strip.length; first += OUTPUTS)
      use(tile++, window * (strip.length + 1) + first, strip.length - first);
}
inline int tiles_of(const Strip &strip) {
  return strip.windows * (whole(strip.length, OUTPUTS) / OUTPUTS);
}

// A strip's rows to [PRODUCTS][tiles][width]: inputs or, from its first window on, gradients.
template <int N>
void transform_rows(const float (&matrix)[PRODUCTS][N], const float *rows, int width,
                    const Strip &strip, int tiles, float *to) {
  const int known = N == PRODUCTS ? 1 : 0;  // rows before the first output
  for_tiles(strip, [=, &matrix](int tile, int row, int left) {
    for (int channel = 0; channel < width; channel += LANES) {
      Vector of[N], products[PRODUCTS];
      UNROLLED for (int i = 0; i < N; i++)
        of[i] = i < left + known ? load(rows + (row + i) * width + channel) : Vector{};
      apply(matrix, of, products);
      UNROLLED for (int j = 0; j < PRODUCTS; j++)
        store(to + (j * tiles + tile) * width + channel, products[j]);
    }
  });
}

}  // namespace crosswear
