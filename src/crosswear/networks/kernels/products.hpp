// Products of a strip's rows with weights, and with the rows of another.
#pragma once

#include <initializer_list>

#include "winograd.hpp"

namespace crosswear {

// Whether a convolution is computed in Winograd's way; products of bfloat16 are too cheap for that.
template <class Row>
constexpr bool by_winograd(int taps, int inputs) {
  return Operand<Row>::STEP == 1 && taps == 3 && inputs >= FEWEST;
}

template <int N>
using Count = std::integral_constant<int, N>;

constexpr int MOST_VECTORS = REGISTERS == 32 ? 4 : 2;  // of outputs at once

// Calls use(Count<V>, first) for V vectors of outputs from the `first` on, as many as it can.
template <int V = MOST_VECTORS, class Use>
void for_outputs(int outputs, const Use &use, int first = 0) {
  for (; (first + V - 1) * LANES < outputs; first += V) use(Count<V>{}, first);
  if constexpr (V > 1) for_outputs<V - 1>(outputs, use, first);
}

// Rows of a tile: with its sums, weights and an input in all registers, a strip in few tiles.
constexpr int tile_rows(int vectors) {
  if (REGISTERS == 16) return vectors == 1 ? 12 : 6;
  return vectors == 1 ? 20 : vectors == 2 ? 10 : 24 / vectors;
}

// tile[p][v] = bias[v], or what is there without a bias, + sum over taps and units of inputs of
// input[row + p + tap][unit] * weights[tap][unit][v].
// Not inlined: what is around it would take registers from it.
template <int TAPS, int V, class Row>
__attribute__((noinline)) void multiply(float *tile, const float *bias, const Row *input,
                                        int width, const Row *weights, int units) {
  using Of = Operand<Row>;
  constexpr int P = tile_rows(V);
  const float *from = bias ? bias : tile;
  const int step = bias ? 0 : V * LANES;
  Vector sums[P][V];
  UNROLLED for (int p = 0; p < P; p++)
    UNROLLED for (int v = 0; v < V; v++) sums[p][v] = load(from + p * step + v * LANES);
  for (int tap = 0; tap < TAPS; tap++, input += width)
    for (int k = 0; k < units; k++, weights += V * LANES * Of::STEP) {
      Vector own[V];
      UNROLLED for (int v = 0; v < V; v++) own[v] = Of::own(weights + v * LANES * Of::STEP);
      UNROLLED for (int p = 0; p < P; p++) {
        const Vector each = Of::each(input + p * width + k * Of::STEP);
        UNROLLED for (int v = 0; v < V; v++) sums[p][v] = Of::add(sums[p][v], each, own[v]);
      }
    }
  UNROLLED for (int p = 0; p < P; p++)
    UNROLLED for (int v = 0; v < V; v++) store(tile + (p * V + v) * LANES, sums[p][v]);
}

// Weights of all groups as `multiply` reads them, [group][outputs of a tile][tap][unit][lane].
template <class Row>
class Packed {
  using Of = Operand<Row>;
  static constexpr int STEP = Of::STEP;

 public:
  Packed(int groups, int taps, int inputs, int outputs)
      : taps(by_winograd<Row>(taps, inputs) ? PRODUCTS : taps), outputs(outputs),
        units(whole(inputs, STEP) / STEP), groups_(groups), inputs_(inputs),
        size_(std::size_t(STEP) * this->taps * units * whole(outputs, LANES)),
        data_(groups * size_) {}

  const int taps, outputs, units;  // taps: or what they are transformed to

  const Row *at(int group, int vector) const {
    return data_ + group * size_ + std::size_t(STEP) * vector * LANES * taps * units;
  }

  // From weights [groups, outputs, taps, inputs], each output by its factor. Outputs in vectors.
  void set(const float *weight, const float *factor = nullptr) {
    const Buffer<float> transformed = products_of(weight, outputs, inputs_, false);
    if (taps == PRODUCTS) weight = transformed;
    for_vectors([&](int group, int first, Row *to, int apart) {
      for (int tap = 0; tap < taps; tap++)
        for (int unit = 0; unit < units; unit += LANES) {
          Vector rows[LANES];  // an output's inputs in each, then in each column
          const int input = unit * STEP;
          UNROLLED for (int i = 0; i < LANES; i++) {
            const int output = group * outputs + first + i;
            const float *from = weight + (std::size_t(output) * taps + tap) * inputs_ + input;
            fetch(from + LANES * taps * inputs_);
            rows[i] = Of::scaled(from, inputs_ - input, factor ? factor[output] : 1);
          }
          transpose(rows);
          for (int i = 0; i < std::min(LANES, units - unit); i++)
            store(to + std::size_t(tap * units + unit + i) * apart, rows[i]);
        }
    });
  }

  // From weights [groups, inputs, taps, outputs], the last tap first. Inputs in units.
  void set_transposed(const float *weight) {
    const Buffer<float> transformed = products_of(weight, inputs_, outputs, true);
    if (taps == PRODUCTS) weight = transformed;
    for_vectors([&](int group, int first, Row *to, int apart) {
      const int count = outputs - first, next = taps * outputs;
      for (int input = 0; input < inputs_; input += STEP)
        for (int tap = 0; tap < taps; tap++) {
          const std::size_t row = std::size_t(group * inputs_ + input) * taps + tap;
          const float *from = weight + row * outputs + first;
          fetch(from + STEP * next), fetch(from + (2 * STEP - 1) * next);
          const Vector unit =
              Of::joined(load_first(from, count), load_first(from + (STEP - 1) * next, count));
          store(to + std::size_t((taps - 1 - tap) * units + input / STEP) * apart, unit);
        }
    });
  }

 private:
  Buffer<float> products_of(const float *weight, int rows, int values, bool reversed) const {
    if (taps != PRODUCTS) return Buffer<float>(0);
    Buffer<float> to(std::size_t(groups_) * rows * PRODUCTS * values);
    transform_taps(weight, groups_ * rows, values, reversed, to);
    return to;
  }

  // Calls write(group, first output, where its units of weights begin, how far they are apart).
  template <class Write>
  void for_vectors(Write &&write) {
    for (int group = 0; group < groups_; group++)
      for_outputs(outputs, [&](auto count, int first) {
        constexpr int V = decltype(count)::value;
        Row *tile = const_cast<Row *>(at(group, first));
        for (int v = 0; v < V; v++)
          write(group, (first + v) * LANES, tile + v * LANES * STEP, V * LANES * STEP);
      });
  }

  const int groups_, inputs_;
  const std::size_t size_;
  Buffer<Row> data_;
};

// Sums of values and of products over a batch, for each channel: of a strip in float32.
class Sums {
 public:
  explicit Sums(int channels)
      : channels_(channels), all_(2 * channels, 0), strip_(2 * channels + LANES, 0) {}

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
template <class Row>
struct Source {
  const Row *rows;
  int width;
  const Packed<Row> &weights;
};

// What goes into `Sums`: `value`, and it times `by`.
struct Summands {
  Vector value, by;
};

// As `convolve` does, of a source of three taps and perhaps one of a single tap.
template <class Use>
void convolve_by_winograd(const Source<float> &source, const Source<float> *beside, int group,
                    const float *bias, const Strip &strip, Sums *sums, const Use &use) {
  const int width = source.width, units = source.weights.units, outputs = source.weights.outputs;
  const int here = tiles_of(strip), tiles = here + MARGIN;  // what is behind them is not used
  Buffer<float> inputs(PRODUCTS * tiles * width), products(PRODUCTS * tiles * MOST_VECTORS * LANES);
  Buffer<float> others(beside ? (strip.rows() + MARGIN) * MOST_VECTORS * LANES : 0);
  transform_rows(OF_INPUTS, source.rows, width, strip, tiles, inputs);
  for_outputs(outputs, [&](auto count, int first) {
    constexpr int V = decltype(count)::value, P = tile_rows(V), WIDE = V * LANES;
    alignas(64) const float zeros[WIDE] = {};
    const float *weights = source.weights.at(group, first), *start = bias + first * LANES;
    for (int i = 0; i < PRODUCTS; i++, weights += units * WIDE)
      for (int tile = i * tiles; tile < i * tiles + here; tile += P)
        multiply<1, V>(products + tile * WIDE, zeros, inputs + tile * width, width, weights, units);
    if (beside)
      for (int row = 1; row < strip.rows(); row += P)
        multiply<1, V>(others + row * WIDE, start, beside->rows + row * beside->width, beside->width,
                       beside->weights.at(group, first), beside->weights.units);
    const float *from = products, *more = beside ? static_cast<float *>(others) : start;
    const int step = beside ? WIDE : 0, *places = strip.places.data();
    const std::size_t shift = strip.shift();
    const Use each = use;
    Vector values[V] = {}, by[V] = {};
    for_tiles(strip, [=, &values, &by](int tile, int row, int left) {
      UNROLLED for (int v = 0; v < V; v++) {
        Vector of[PRODUCTS], out[OUTPUTS];
        UNROLLED for (int i = 0; i < PRODUCTS; i++)
          of[i] = load(from + (i * tiles + tile) * WIDE + v * LANES);
        apply_back(TO_OUTPUTS, of, out);
        UNROLLED for (int i = 0; i < OUTPUTS; i++)
          if (i < left) {
            const Summands one = each(row + 1 + i, places[row + 1 + i] + shift, (first + v) * LANES,
                                      out[i] + load(more + (row + 1 + i) * step + v * LANES));
            values[v] += one.value, by[v] += one.value * one.by;
          }
      }
    });
    if (sums)
      UNROLLED for (int v = 0; v < V; v++)
        sums->add(group * outputs + (first + v) * LANES, values[v], by[v]);
  });
}

// Calls use(row, sample of the tensor, channel, values) with the sum of all sources and of the bias,
// of whole vectors, with zeros at a window's ends; what it returns is summed. `use` holds values, no
// references: a store might have changed what these refer to, and they would be read for each row.
template <class Row, class Use>
void convolve(std::initializer_list<Source<Row>> sources, int group, const float *bias,
              const Strip &strip, Sums *sums, const Use &use) {
  const int outputs = sources.begin()->weights.outputs;
  if constexpr (Operand<Row>::STEP == 1)
    if (sources.begin()->weights.taps == PRODUCTS)
      return convolve_by_winograd(*sources.begin(), sources.size() > 1 ? sources.begin() + 1 : nullptr,
                            group, bias, strip, sums, use);
  for_outputs(outputs, [&](auto count, int first) {
    constexpr int V = decltype(count)::value, P = tile_rows(V);
    const Use each = use;
    const int *places = strip.places.data() + 1, rows = strip.rows() - 2;
    const std::size_t shift = strip.shift();
    alignas(64) float tile[P * V * LANES];
    for (int row = 0; row < rows; row += P, places += P) {
      const float *start = bias + first * LANES;
      for (const Source<Row> &one : sources) {
        const Row *weights = one.weights.at(group, first), *from = one.rows + row * one.width;
        if (one.weights.taps == 3)
          multiply<3, V>(tile, start, from, one.width, weights, one.weights.units);
        else
          multiply<1, V>(tile, start, from + one.width, one.width, weights, one.weights.units);
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

// The first `count` rows in units, every `every`th beside those after it: in `to`, if they are not.
template <class Row>
const Row *in_units(const Row *rows, int width, int count, int every, Row *to) {
  using Of = Operand<Row>;
  if (Of::STEP == 1) return rows;
  for (int row = 0; row < count; row += every)
    for (int channel = 0; channel < width; channel += LANES) {
      const Row *from = rows + row * width + channel;
      store(to + (row / every * width + channel) * Of::STEP,
            Of::joined(load(from), load(from + width)));
    }
  return to;
}

// gradient[tap][input][output] = what is there, unless `afresh`, + sum over rows of
// x[row + tap][input] * y[row][output], both in units: of x from every row on, of y every `STEP`th.
template <int TAPS, class Row>
void add_weight_gradient(float *gradient, const Row *x, int width, int inputs, const Row *y,
                         int outputs, int rows, bool afresh) {
  using Of = Operand<Row>;
  constexpr int STEP = Of::STEP;
  for_outputs(outputs, [&](auto count, int first) {
    constexpr int V = decltype(count)::value;
    const auto tile = [&](auto inputs_at_once, int input) {
      constexpr int I = decltype(inputs_at_once)::value;
      Vector sums[TAPS * I][V] = {};
      const Row *of_y = y + first * LANES * STEP, *of_x = x + input * STEP;
      for (int row = 0; row < rows; row += STEP) {
        Vector own[V];
        UNROLLED for (int v = 0; v < V; v++) own[v] = Of::own(of_y + v * LANES * STEP);
        UNROLLED for (int tap = 0; tap < TAPS; tap++)
          UNROLLED for (int i = 0; i < I; i++) {
            const Vector each = Of::each(of_x + (tap * width + i) * STEP);
            UNROLLED for (int v = 0; v < V; v++)
              sums[tap * I + i][v] = Of::add(sums[tap * I + i][v], each, own[v]);
          }
        of_y += outputs * STEP, of_x += STEP * width * STEP;
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

// Of three taps, in Winograd's way: of a strip's rows x, and of y from its first window on.
inline void add_gradient_by_winograd(float *gradient, const float *x, int width, int inputs,
                                  const float *y, int outputs, const Strip &strip) {
  const int tiles = tiles_of(strip);
  Buffer<float> of_x(PRODUCTS * tiles * width), of_y(PRODUCTS * tiles * outputs);
  transform_rows(OF_INPUTS, x, width, strip, tiles, of_x);
  transform_rows(TO_OUTPUTS, y, outputs, strip, tiles, of_y);
  for (int i = 0; i < PRODUCTS; i++)
    add_weight_gradient<1>(gradient + i * inputs * outputs, of_x + i * tiles * width, width, inputs,
                           of_y + i * tiles * outputs, outputs, tiles, !strip.first);
}

}  // namespace crosswear
