// A residual block of `crosswear.networks.models`: in training, its gradients, and with fixed
// statistics; in float32 and in bfloat16. Built once for each kind of processor.
//
// Between torch's operations a batch leaves the cache, and each passes over all of it. Here norm and
// ReLU are computed while a convolution's input is read, and the sums for the next norm while its
// output is written, strip by strip. Tensors are [windows, length, channels], those of a group beside
// each other; numbers are rounded to bfloat16 where torch rounds them, or not at all.

#include "pool.hpp"

extern "C" int runs_here() {
#ifdef __x86_64__
  __builtin_cpu_init();
#ifdef __AVX512BF16__
  if (!__builtin_cpu_supports("avx512bf16")) return 0;
#endif
#ifdef __AVX512F__
  if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl")) return 0;
#endif
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return 1;
}

namespace crosswear {

// A convolution in training, all groups, and with the first one the shortcut.
template <class Stored>
void convolve_layer(const Block &block, int layer, const Stored *from, float *norms,
                    Stored *outputs) {
  using Row = RowOf<Stored>;
  const int inputs = block.inputs(layer), after = block.after, channels = block.channels();
  const int width = whole(inputs, LANES);
  const Norm before = norm_of(block, norms, std::max(layer - 1, 0));
  Packed<Row> weights(block.groups, 3, inputs, after), beside(block.groups, 1, inputs, after);
  weights.set(block.layers[layer].weight);
  if (!layer) beside.set(block.layers[SHORTCUT].weight);
  Sums sums(channels), of_beside(channels);
  Buffer<Row> rows(rows_of_strip(block.length) * width, 0);
  const Buffer<float> no_bias(whole(after, LANES), 0);
  for_strips(block.windows, block.length, [&](const Strip &strip) {
    for (int group = 0; group < block.groups; group++) {
      const auto into = [&](int number) {
        Stored *to = outputs + number * block.values() + group * after;
        return [=](int, std::size_t sample, int channel, Vector value) {
          Stored *at = to + sample * channels + channel;
          store_as(at, value);
          return Summands{load(at), load(at)};
        };
      };
      fill_input<Row>(block, layer, group, strip, from, before, rows, width);
      convolve<Row>({{rows, width, weights}}, group, no_bias, strip, &sums, into(layer));
      if (!layer)
        convolve<Row>({{rows, width, beside}}, group, no_bias, strip, &of_beside, into(SHORTCUT));
    }
    sums.end_strip(), of_beside.end_strip();
  });
  normalise(block, layer, sums, norm_of(block, norms, layer));
  if (!layer) normalise(block, SHORTCUT, of_beside, norm_of(block, norms, SHORTCUT));
}

// [groups, slots, inputs, outputs] to [groups, outputs, taps, inputs]: slots are taps or products.
void reorder(const Block &block, int layer, int slots, const float *from, float *to) {
  const int taps = block.taps(layer), inputs = block.inputs(layer), outputs = block.after;
  const std::size_t next = std::size_t(inputs) * outputs;
  for (int group = 0; group < block.groups; group++)
    for (int output = 0; output < outputs; output += LANES)
      for (int input = 0; input < inputs; input += LANES) {
        const int here = std::min(LANES, inputs - input);
        const float *first = from + group * slots * next + input * outputs + output;
        Vector rows[3][LANES];  // of each tap
        for (int i = 0; i < LANES; i++) {
          const float *at = first + std::min(i, here - 1) * outputs;
          Vector of[PRODUCTS], of_taps[3];
          for (int slot = 0; slot < slots; slot++) of[slot] = load(at + slot * next);
          if (slots == PRODUCTS) apply_back(OF_TAPS, of, of_taps);
          for (int tap = 0; tap < taps; tap++)
            rows[tap][i] = slots == PRODUCTS ? of_taps[tap] : of[tap];
        }
        for (int tap = 0; tap < taps; tap++) {
          transpose(rows[tap]);
          for (int i = 0; i < LANES; i++) {
            const std::size_t row = std::size_t(group * outputs + output + i) * taps + tap;
            store_first(to + row * inputs + input, here, rows[tap][i]);
          }
        }
      }
}

// An output of a convolution, the gradient of what its norm makes of it, and that norm's.
template <class Stored>
struct Path {
  const Stored *y, *gradient;
  Linear norm;
};

// Back through a convolution, with the first one through the shortcut: gradients of the weights, and
// `of_input`, that of x or, ReLU included, of the norm before. Returns the sums for that norm.
template <class Stored>
Sums convolution_gradient(const Block &block, int layer, const Stored *from, float *norms,
                          const Path<Stored> &path, const Path<Stored> &shortcut,
                          Stored *of_input) {
  using Row = RowOf<Stored>;
  const int inputs = block.inputs(layer), after = block.after, channels = block.channels();
  const int width = whole(inputs, LANES), stride = block.groups * inputs;
  const std::size_t most = rows_of_strip(block.length), weights = std::size_t(inputs) * after;
  const Norm before = norm_of(block, norms, std::max(layer - 1, 0));
  Packed<Row> back(block.groups, 3, after, inputs), back_beside(block.groups, 1, after, inputs);
  back.set_transposed(block.layers[layer].weight);
  if (!layer) back_beside.set_transposed(block.layers[SHORTCUT].weight);
  const bool winograd = by_winograd<Row>(3, inputs);
  const int slots = winograd ? PRODUCTS : 3;
  Buffer<float> of_weight(slots * weights * block.groups), of_beside(weights * block.groups);
  Buffer<Row> rows(most * width, 0), of_y(most * after, 0), of_s(most * after, 0);
  Buffer<Row> units(2 * most * width), of_units(2 * most * after);
  const Buffer<float> no_bias(width, 0);
  Sums sums(stride);
  for_strips(block.windows, block.length, [&](const Strip &strip) {
    const int count = strip.rows() - 2;
    const std::size_t next = std::size_t(strip.samples()) * channels;
    for (int group = 0; group < block.groups; group++) {
      const auto gradient_of = [&](const Path<Stored> &path, Row *to) {
        const int first = group * after;
        fill(to, after, strip, [=](std::size_t sample, int channel) {
          const std::size_t at = sample * channels + first + channel;
          fetch(path.gradient + at + next), fetch(path.y + at + next);
          return path.norm.at(path.gradient + at, path.y + at, first + channel);
        });
        return in_units<Row>(to + after, after, count, 2, of_units);
      };
      fill_input<Row>(block, layer, group, strip, from, before, rows, width);
      const Row *of_rows = in_units<Row>(rows, width, count + 3, 1, units);
      const Row *toward = gradient_of(path, of_y);
      float *to = of_weight + slots * weights * group;
      if constexpr (Operand<Row>::STEP == 1)
        if (winograd) add_gradient_by_winograd(to, rows, width, inputs, toward, after, strip);
      if (!winograd)
        add_weight_gradient<3>(to, of_rows, width, inputs, toward, after, count, !strip.first);
      if (!layer)
        add_weight_gradient<1>(of_beside + weights * group, of_rows + width * Operand<Row>::STEP,
                               width, inputs, gradient_of(shortcut, of_s), after, count,
                               !strip.first);
      const int first = group * inputs;
      if (layer)
        convolve<Row>({{of_y, after, back}}, group, no_bias, strip, &sums,
                 [=](int, std::size_t sample, int channel, Vector value) {
                   const std::size_t at = sample * stride + first + channel;
                   const Vector live = before.at(from + at, first + channel);
                   store_as(of_input + at, live > 0 ? value : Vector{});
                   return Summands{load(of_input + at), load(from + at)};
                 });
      else if (of_input)
        convolve<Row>({{of_y, after, back}, {of_s, after, back_beside}}, group, no_bias, strip, nullptr,
                 [=](int, std::size_t sample, int channel, Vector value) {
                   store_first(of_input + sample * stride + first + channel, inputs - channel,
                               value);
                   return Summands{};
                 });
    }
    sums.end_strip();
  });
  reorder(block, layer, slots, of_weight, block.layers[layer].of_weight);
  if (!layer) reorder(block, SHORTCUT, 1, of_beside, block.layers[SHORTCUT].of_weight);
  return sums;
}

// From x [windows, length, groups * before] to [windows, pooled, channels]. Keeps the outputs of the
// convolutions [4, windows, length, channels] and the norms [4, 4, channels].
template <class Stored>
void train(const Block &block, const Stored *x, Stored *outputs, float *norms, Stored *to) {
  for (int layer : {0, 1, 2})
    convolve_layer(block, layer, layer ? outputs + (layer - 1) * block.values() : x, norms,
                   outputs);
  pool(block, outputs, norms, to);
}

// From the gradient of `to` those of the layers and, unless it is null, of x. In between, it needs
// memory [3, windows, length, channels].
template <class Stored>
void gradients(const Block &block, const Stored *x, const Stored *outputs, float *norms,
               const Stored *gradient, Stored *between, Stored *of_x) {
  const auto y = [&](int layer) { return outputs + layer * block.values(); };
  Stored *of_sum = between, *of_second = of_sum + block.values(),
         *of_first = of_second + block.values();
  Sums of_third(block.channels()), of_beside(block.channels());
  pool_gradient(block, outputs, norms, gradient, of_sum, of_third, of_beside);
  const NormGradient beside(block, SHORTCUT, norm_of(block, norms, SHORTCUT), of_beside);
  const Path<Stored> shortcut{y(SHORTCUT), of_sum, beside};
  const NormGradient third(block, 2, norm_of(block, norms, 2), of_third);
  const NormGradient second(
      block, 1, norm_of(block, norms, 1),
      convolution_gradient<Stored>(block, 2, y(1), norms, {y(2), of_sum, third}, shortcut, of_second));
  const NormGradient first(
      block, 0, norm_of(block, norms, 0),
      convolution_gradient<Stored>(block, 1, y(0), norms, {y(1), of_second, second}, shortcut, of_first));
  convolution_gradient<Stored>(block, 0, x, norms, {y(0), of_first, first}, shortcut, of_x);
}

// From x to [windows, pooled, channels] with the running statistics.
template <class Stored>
void score(const Block &block, const Stored *x, Stored *to) {
  using Row = RowOf<Stored>;
  const int after = block.after, channels = block.channels(), width = whole(block.before, LANES);
  const std::size_t most = rows_of_strip(block.length);
  Buffer<float> factors(LAYERS * channels), biases(3 * channels, 0);
  const auto folded = [&](int layer) {
    const Layer &one = block.layers[layer];
    float *factor = factors + layer * channels, *bias = biases + std::min(layer, 2) * channels;
    for (int c = 0; c < channels; c++) {
      factor[c] = one.scale[c] / std::sqrt(one.variance[c] + block.epsilon);
      bias[c] += one.shift[c] - one.mean[c] * factor[c];
    }
    Packed<Row> weights(block.groups, block.taps(layer), block.inputs(layer), after);
    weights.set(one.weight, factor);
    return weights;
  };
  const Packed<Row> first = folded(0), second = folded(1), third = folded(2), beside = folded(SHORTCUT);
  Buffer<Row> rows(most * width, 0), one(most * after, 0), other(most * after, 0);
  for_strips(block.windows, block.length, [&](const Strip &strip) {
    for (int group = 0; group < block.groups; group++) {
      const auto layer = [&](int number, std::initializer_list<Source<Row>> sources, Row *into) {
        convolve<Row>(sources, group, biases + number * channels + group * after, strip, nullptr,
                 [=](int row, std::size_t, int channel, Vector value) {
                   store_as(into + row * after + channel, unsigned_of(relu(value)));
                   return Summands{};
                 });
      };
      fill_input<Row>(block, 0, group, strip, x, Norm{}, rows, width);
      layer(0, {{rows, width, first}}, one);
      layer(1, {{one, after, second}}, other);
      layer(2, {{other, after, third}, {rows, width, beside}}, one);
      for (int window = 0; window < strip.windows; window++)
        for (int i = 0; i < block.pooled(); i++)
          for (int channel = 0; channel < after; channel += LANES) {
            const Row *at = one + (1 + window * (block.length + 1) + 2 * i) * after + channel;
            const std::size_t row = std::size_t(strip.first + window) * block.pooled() + i;
            const Vector most = largest(load(at), load(at + after));
            store_as(to + row * channels + group * after + channel,
                     largest(most, load(at + 2 * after)));
          }
    }
  });
}
}  // namespace crosswear

// What Python calls, for each precision.
#define CALLS(NAME, S)                                                                          \
  void NAME##_train(const Block *block, const S *x, S *outputs, float *norms, S *to) {          \
    train(*block, x, outputs, norms, to);                                                       \
  }                                                                                             \
  void NAME##_gradients(const Block *block, const S *x, const S *outputs, float *norms,         \
                        const S *gradient, S *between, S *of_x) {                               \
    gradients(*block, x, outputs, norms, gradient, between, of_x);                              \
  }                                                                                             \
  void NAME##_score(const Block *block, const S *x, S *to) { score(*block, x, to); }

extern "C" {
using namespace crosswear;
CALLS(float32, float)
CALLS(bfloat16, half)
}
