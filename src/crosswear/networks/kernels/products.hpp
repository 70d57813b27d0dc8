// Products of a strip's rows with weights, and with the rows of another.
#pragma once

#include <cstring>
#include <initializer_list>

#include "strips.hpp"

namespace crosswear {

template <int N>
struct Count {
  static constexpr int value = N;
};

// Calls use(Count<V>, first) for V vectors of outputs from the `first` on, four at once if it can.
template <class Use>
void for_outputs(int outputs, Use &&use) {
  const int vectors = whole(outputs, LANES) / LANES;
  for (int first = 0; first < vectors;) switch (vectors - first) {
      case 1: use(Count<1>{}, first), first += 1; break;
      case 2: use(Count<2>{}, first), first += 2; break;
      case 3: use(Count<3>{}, first), first += 3; break;
      default: use(Count<4>{}, first), first += 4;
    }
}

// Rows of a tile: with its sums, weights and an input in all registers, a strip in few tiles.
constexpr int tile_rows(int vectors) {
  return vectors == 1 ? 20 : vectors == 2 ? 10 : 24 / vectors;
}

// tile[p][v] = bias[v], or what is there without a bias, + sum over taps and pairs of
// input[row + p + tap][pair] * weights[tap][pair][v].
// Not inlined: what is around it would take registers from it.
template <int TAPS, int V>
__attribute__((noinline)) void multiply(float *tile, const float *bias, const half *input,
                                        int width, const half *weights, int pairs) {
  constexpr int P = tile_rows(V);
  const float *from = bias ? bias : tile;
  const int step = bias ? 0 : V * LANES;
  Vector sums[P][V];
  UNROLLED for (int p = 0; p < P; p++)
    UNROLLED for (int v = 0; v < V; v++) sums[p][v] = load(from + p * step + v * LANES);
  for (int tap = 0; tap < TAPS; tap++, input += width)
    for (int k = 0; k < pairs; k++, weights += V * 2 * LANES) {
      __m512bh own[V];
      UNROLLED for (int v = 0; v < V; v++) own[v] = pairs_at(weights + v * 2 * LANES);
      UNROLLED for (int p = 0; p < P; p++) {
        std::uint32_t pair;
        std::memcpy(&pair, input + p * width + 2 * k, sizeof pair);
        const __m512bh each = pair_in_all(pair);
        UNROLLED for (int v = 0; v < V; v++)
          sums[p][v] = _mm512_dpbf16_ps(sums[p][v], each, own[v]);
      }
    }
  UNROLLED for (int p = 0; p < P; p++)
    UNROLLED for (int v = 0; v < V; v++) store(tile + (p * V + v) * LANES, sums[p][v]);
}

// Weights of all groups as `multiply` reads them, [group][outputs of a tile][tap][pair][16][2].
class Packed {
 public:
  Packed(int groups, int taps, int inputs, int outputs)
      : taps(taps), outputs(outputs), pairs(whole(inputs, 2) / 2), groups_(groups),
        inputs_(inputs), size_(std::size_t(2) * taps * pairs * whole(outputs, LANES)),
        data_(groups * size_) {}

  const int taps, outputs, pairs;

  const half *at(int group, int vector) const {
    return data_ + group * size_ + std::size_t(2) * vector * LANES * taps * pairs;
  }

  // From weights [groups, outputs, taps, inputs], each output by its factor. Outputs in vectors.
  void set(const float *weight, const float *factor = nullptr) {
    for_vectors([&](int group, int first, half *to, int apart) {
      for (int tap = 0; tap < taps; tap++)
        for (int input = 0; input < inputs_; input += 2 * LANES) {
          __m512i rows[LANES];  // an output's inputs in each, then in each column
          UNROLLED for (int i = 0; i < LANES; i++) {
            const int output = group * outputs + first + i, left = inputs_ - input;
            const float *from = weight + (std::size_t(output) * taps + tap) * inputs_ + input;
            Vector low = _mm512_maskz_loadu_ps(lanes(left), from);
            Vector high = _mm512_maskz_loadu_ps(lanes(left - LANES), from + LANES);
            fetch(from + LANES * taps * inputs_), fetch(from + LANES * (taps * inputs_ + 1));
            if (factor) low *= factor[output], high *= factor[output];
            rows[i] = (__m512i)_mm512_cvtne2ps_pbh(high, low);
          }
          transpose(rows);
          const int first_pair = tap * pairs + input / 2;
          for (int i = 0; i < std::min(LANES, pairs - input / 2); i++)
            _mm512_storeu_si512(to + std::size_t(first_pair + i) * apart, rows[i]);
        }
    });
  }

  // From weights [groups, inputs, taps, outputs], the last tap first. Inputs in pairs.
  void set_transposed(const float *weight) {
    for_vectors([&](int group, int first, half *to, int apart) {
      const __mmask16 there = lanes(outputs - first);
      for (int input = 0; input < inputs_; input += 2)
        for (int tap = 0; tap < taps; tap++) {
          const std::size_t row = std::size_t(group * inputs_ + input) * taps + tap;
          const float *from = weight + row * outputs + first;
          fetch(from + 2 * taps * outputs), fetch(from + 3 * taps * outputs);
          const Halves low = narrow(_mm512_maskz_loadu_ps(there, from));
          const Halves high = narrow(_mm512_maskz_loadu_ps(there, from + taps * outputs));
          const int pair = (taps - 1 - tap) * pairs + input / 2;
          _mm512_storeu_si512(to + std::size_t(pair) * apart, interleave(low, high));
        }
    });
  }

 private:
  // Calls write(group, first output, where its pairs of weights begin, how far they are apart).
  template <class Write>
  void for_vectors(Write &&write) {
    for (int group = 0; group < groups_; group++)
      for_outputs(outputs, [&](auto count, int first) {
        constexpr int V = decltype(count)::value;
        half *tile = const_cast<half *>(at(group, first));
        for (int v = 0; v < V; v++)
          write(group, (first + v) * LANES, tile + v * 2 * LANES, V * 2 * LANES);
      });
  }

  const int groups_, inputs_;
  const std::size_t size_;
  Buffer<half> data_;
};

// Sums of values and of products over a batch, for each channel: of a strip in float32.
class Sums {
 public:
  explicit Sums(int channels)
      : channels_(channels), all_(2 * channels, 0), strip_(2 * channels, 0) {}

  void add(int channel, Vector values, Vector products) {
    float *one = strip_ + channel, *other = one + channels_;
    store(one, load(one) + values), store(other, load(other) + products);
  }
  void end_strip() {
    for (int i = 0; i < 2 * channels_; i++) all_[i] += strip_[i], strip_[i] = 0;
  }
  double of_values(int channel) const { return all_[channel]; }
  double of_products(int channel) const { return all_[channels_ + channel]; }

 private:
  const int channels_;
  Buffer<double> all_;
  Buffer<float> strip_;
};

// Rows that are convolved, and with what.
struct Source {
  const half *rows;
  int width;
  const Packed &weights;
};

// What goes into `Sums`: `value`, and it times `by`.
struct Summands {
  Vector value, by;
};

// Calls use(row, sample of the tensor, channel, values) with the sum of all sources and of the bias,
// of whole vectors, with zeros at a window's ends; what it returns is summed. `use` holds values, no
// references: a store might have changed what these refer to, and they would be read for each row.
template <class Use>
void convolve(std::initializer_list<Source> sources, int group, const float *bias,
              const Strip &strip, Sums *sums, const Use &use) {
  const int outputs = sources.begin()->weights.outputs;
  for_outputs(outputs, [&](auto count, int first) {
    constexpr int V = decltype(count)::value, P = tile_rows(V);
    const Use each = use;
    const int *places = strip.places.data() + 1, rows = strip.rows() - 2;
    const std::size_t shift = strip.shift();
    alignas(64) float tile[P * V * LANES];
    for (int row = 0; row < rows; row += P, places += P) {
      const float *start = bias + first * LANES;
      for (const Source &one : sources) {
        const half *weights = one.weights.at(group, first), *from = one.rows + row * one.width;
        if (one.weights.taps == 3)
          multiply<3, V>(tile, start, from, one.width, weights, one.weights.pairs);
        else
          multiply<1, V>(tile, start, from + one.width, one.width, weights, one.weights.pairs);
        start = nullptr;
      }
      Vector values[V] = {}, products[V] = {};
      for (int p = 0; p < P; p++)
        if (const int sample = places[p]; sample >= 0)
          UNROLLED for (int v = 0; v < V; v++) {
            const Summands one = each(row + 1 + p, sample + shift, (first + v) * LANES,
                                      load(tile + (p * V + v) * LANES));
            values[v] += one.value, products[v] += one.value * one.by;
          }
      if (sums)
        UNROLLED for (int v = 0; v < V; v++)
          sums->add(group * outputs + (first + v) * LANES, values[v], products[v]);
    }
  });
}

// gradient[tap][input][output] = what is there, unless `afresh`, + sum over rows of
// x[row + tap][input] * y[row][output]. Rows come in pairs: of x every row with the next, of y every
// other.
template <int TAPS>
void add_weight_gradient(float *gradient, const std::uint32_t *x, int width, int inputs,
                         const std::uint32_t *y, int outputs, int rows, bool afresh) {
  for_outputs(outputs, [&](auto count, int first) {
    constexpr int V = decltype(count)::value;
    const auto tile = [&](auto inputs_at_once, int input) {
      constexpr int I = decltype(inputs_at_once)::value;
      Vector sums[TAPS * I][V] = {};
      const std::uint32_t *of_y = y + first * LANES;
      for (int row = 0; row < rows; row += 2, of_y += outputs) {
        __m512bh own[V];
        UNROLLED for (int v = 0; v < V; v++) own[v] = pairs_at(of_y + v * LANES);
        const std::uint32_t *of_x = x + row * width + input;
        UNROLLED for (int tap = 0; tap < TAPS; tap++)
          UNROLLED for (int i = 0; i < I; i++) {
            const __m512bh each = pair_in_all(of_x[tap * width + i]);
            UNROLLED for (int v = 0; v < V; v++)
              sums[tap * I + i][v] = _mm512_dpbf16_ps(sums[tap * I + i][v], each, own[v]);
          }
      }
      UNROLLED for (int tap = 0; tap < TAPS; tap++)
        UNROLLED for (int i = 0; i < I; i++)
          UNROLLED for (int v = 0; v < V; v++) {
            float *to = gradient + (tap * inputs + input + i) * outputs + (first + v) * LANES;
            store(to, afresh ? sums[tap * I + i][v] : load(to) + sums[tap * I + i][v]);
          }
    };
    constexpr int MOST = TAPS == 3 ? 2 : 4;
    int input = 0;
    for (; input + MOST <= inputs; input += MOST) tile(Count<MOST>{}, input);
    for (; input < inputs; input++) tile(Count<1>{}, input);
  });
}

}  // namespace crosswear
