// A residual block of `crosswear.networks.models` in bfloat16, for processors with AVX-512 and its products
// of bfloat16: in training, its gradients, and with fixed statistics.
//
// Between torch's operations a batch leaves the cache, and each passes over all of it. Here norm and
// ReLU are computed while a convolution's input is read, and the sums for the next norm while its
// output is written, strip by strip. Tensors are [windows, length, channels], those of a group beside
// each other; numbers are rounded to bfloat16 where torch rounds them, or not at all.

#if defined(__x86_64__) && defined(__linux__) && !defined(__clang__) && __GNUC__ >= 10

// Before the instructions that it asks for.
extern "C" int has_blocks() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bf16");
}

#include "pool.hpp"

using namespace crosswear;

namespace {

// A convolution in training, all groups, and with the first one the shortcut.
void convolve_layer(const Block &block, int layer, const half *from, float *norms, half *outputs) {
  const int inputs = block.inputs(layer), after = block.after, channels = block.channels();
  const int width = whole(inputs, LANES);
  const Norm before = norm_of(block, norms, std::max(layer - 1, 0));
  Packed weights(block.groups, 3, inputs, after), beside(block.groups, 1, inputs, after);
  weights.set(block.layers[layer].weight);
  if (!layer) beside.set(block.layers[SHORTCUT].weight);
  Sums sums(channels), of_beside(channels);
  Buffer<half> rows(rows_of_strip(block.length) * width, 0);
  const Buffer<float> no_bias(whole(after, LANES), 0);
  for_strips(block.windows, block.length, [&](const Strip &strip) {
    for (int group = 0; group < block.groups; group++) {
      const auto into = [&](int number) {
        half *to = outputs + number * block.values() + group * after;
        return [=](int, std::size_t sample, int channel, Vector value) {
          const Halves rounded = narrow(value);
          store(to + sample * channels + channel, rounded);
          return Summands{widen(rounded), widen(rounded)};
        };
      };
      fill_input(block, layer, group, strip, from, before, rows, width);
      convolve({{rows, width, weights}}, group, no_bias, strip, &sums, into(layer));
      if (!layer)
        convolve({{rows, width, beside}}, group, no_bias, strip, &of_beside, into(SHORTCUT));
    }
    sums.end_strip(), of_beside.end_strip();
  });
  normalise(block, layer, sums, norm_of(block, norms, layer));
  if (!layer) normalise(block, SHORTCUT, of_beside, norm_of(block, norms, SHORTCUT));
}

// [groups, taps, inputs, outputs] to [groups, outputs, taps, inputs].
void reorder(const Block &block, int layer, const float *from, float *to) {
  const int taps = block.taps(layer), inputs = block.inputs(layer), outputs = block.after;
  for (int group = 0; group < block.groups; group++)
    for (int output = 0; output < outputs; output += LANES)
      for (int tap = 0; tap < taps; tap++)
        for (int input = 0; input < inputs; input += LANES) {
          const int here = std::min(LANES, inputs - input);
          const float *first = from + ((group * taps + tap) * inputs + input) * outputs + output;
          __m512i rows[LANES];
          for (int i = 0; i < LANES; i++)
            rows[i] = (__m512i)load(first + std::min(i, here - 1) * outputs);
          transpose(rows);
          for (int i = 0; i < LANES; i++) {
            const std::size_t row = std::size_t(group * outputs + output + i) * taps + tap;
            _mm512_mask_storeu_epi32(to + row * inputs + input, lanes(here), rows[i]);
          }
        }
}

// An output of a convolution, the gradient of what its norm makes of it, and that norm's.
struct Path {
  const half *y, *gradient;
  Linear norm;
};

// Back through a convolution, with the first one through the shortcut: gradients of the weights, and
// `of_input`, that of x or, ReLU included, of the norm before. Returns the sums for that norm.
Sums convolution_gradient(const Block &block, int layer, const half *from, float *norms,
                          const Path &path, const Path &shortcut, half *of_input) {
  const int inputs = block.inputs(layer), after = block.after, channels = block.channels();
  const int width = whole(inputs, LANES), stride = block.groups * inputs;
  const std::size_t most = rows_of_strip(block.length), weights = std::size_t(inputs) * after;
  const Norm before = norm_of(block, norms, std::max(layer - 1, 0));
  Packed back(block.groups, 3, after, inputs), back_beside(block.groups, 1, after, inputs);
  back.set_transposed(block.layers[layer].weight);
  if (!layer) back_beside.set_transposed(block.layers[SHORTCUT].weight);
  Buffer<float> of_weight(3 * weights * block.groups), of_beside(weights * block.groups);
  Buffer<half> rows(most * width, 0), of_y(most * after, 0), of_s(most * after, 0);
  Buffer<std::uint32_t> pairs(most * width), of_pairs(most * after);
  const Buffer<float> no_bias(width, 0);
  Sums sums(stride);
  for_strips(block.windows, block.length, [&](const Strip &strip) {
    const int count = strip.rows() - 2;
    const std::size_t next = std::size_t(strip.samples()) * channels;
    for (int group = 0; group < block.groups; group++) {
      const auto gradient_of = [&](const Path &path, half *to) {
        const int first = group * after;
        fill(to, after, strip, [=](std::size_t sample, int channel) {
          const std::size_t at = sample * channels + first + channel;
          fetch(path.gradient + at + next), fetch(path.y + at + next);
          return narrow(path.norm.at(path.gradient + at, path.y + at, first + channel));
        });
        pair_rows(of_pairs, to + after, after, count, 2);
      };
      fill_input(block, layer, group, strip, from, before, rows, width);
      pair_rows(pairs, rows, width, count + 3, 1);
      gradient_of(path, of_y);
      add_weight_gradient<3>(of_weight + 3 * weights * group, pairs, width, inputs, of_pairs, after,
                             count, !strip.first);
      if (!layer) {
        gradient_of(shortcut, of_s);
        add_weight_gradient<1>(of_beside + weights * group, pairs + width, width, inputs, of_pairs,
                               after, count, !strip.first);
      }
      const int first = group * inputs;
      if (layer)
        convolve({{of_y, after, back}}, group, no_bias, strip, &sums,
                 [=](int, std::size_t sample, int channel, Vector value) {
                   const std::size_t at = sample * stride + first + channel;
                   const __mmask16 live = _mm512_cmp_ps_mask(before.at(from + at, first + channel),
                                                             zero(), _CMP_GT_OQ);
                   const Halves rounded = narrow(_mm512_maskz_mov_ps(live, value));
                   store(of_input + at, rounded);
                   return Summands{widen(rounded), load(from + at)};
                 });
      else if (of_input)
        convolve({{of_y, after, back}, {of_s, after, back_beside}}, group, no_bias, strip, nullptr,
                 [=](int, std::size_t sample, int channel, Vector value) {
                   _mm256_mask_storeu_epi16(of_input + sample * stride + first + channel,
                                            lanes(inputs - channel), narrow(value));
                   return Summands{};
                 });
    }
    sums.end_strip();
  });
  reorder(block, layer, of_weight, block.layers[layer].of_weight);
  if (!layer) reorder(block, SHORTCUT, of_beside, block.layers[SHORTCUT].of_weight);
  return sums;
}

}  // namespace

extern "C" {

// From x [windows, length, groups * before] to [windows, pooled, channels]. Keeps the outputs of the
// convolutions [4, windows, length, channels] and the norms [4, 4, channels].
void train(const Block *described, const half *x, half *outputs, float *norms, half *to) {
  const Block &block = *described;
  for (int layer : {0, 1, 2})
    convolve_layer(block, layer, layer ? outputs + (layer - 1) * block.values() : x, norms,
                   outputs);
  pool(block, outputs, norms, to);
}

// From the gradient of `to` those of the layers and, unless it is null, of x. In between, it needs
// memory [3, windows, length, channels].
void gradients(const Block *described, const half *x, const half *outputs, float *norms,
               const half *gradient, half *between, half *of_x) {
  const Block &block = *described;
  const auto y = [&](int layer) { return outputs + layer * block.values(); };
  half *of_sum = between, *of_second = of_sum + block.values(),
       *of_first = of_second + block.values();
  Sums of_third(block.channels()), of_beside(block.channels());
  pool_gradient(block, outputs, norms, gradient, of_sum, of_third, of_beside);
  const NormGradient beside(block, SHORTCUT, norm_of(block, norms, SHORTCUT), of_beside);
  const Path shortcut{y(SHORTCUT), of_sum, beside};
  const NormGradient third(block, 2, norm_of(block, norms, 2), of_third);
  const NormGradient second(
      block, 1, norm_of(block, norms, 1),
      convolution_gradient(block, 2, y(1), norms, {y(2), of_sum, third}, shortcut, of_second));
  const NormGradient first(
      block, 0, norm_of(block, norms, 0),
      convolution_gradient(block, 1, y(0), norms, {y(1), of_second, second}, shortcut, of_first));
  convolution_gradient(block, 0, x, norms, {y(0), of_first, first}, shortcut, of_x);
}

// From x to [windows, pooled, channels] with the running statistics.
void score(const Block *described, const half *x, half *to) {
  const Block &block = *described;
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
    Packed weights(block.groups, block.taps(layer), block.inputs(layer), after);
    weights.set(one.weight, factor);
    return weights;
  };
  const Packed first = folded(0), second = folded(1), third = folded(2), beside = folded(SHORTCUT);
  Buffer<half> rows(most * width, 0), one(most * after, 0), other(most * after, 0);
  for_strips(block.windows, block.length, [&](const Strip &strip) {
    for (int group = 0; group < block.groups; group++) {
      const auto layer = [&](int number, std::initializer_list<Source> sources, half *into) {
        convolve(sources, group, biases + number * channels + group * after, strip, nullptr,
                 [=](int row, std::size_t, int channel, Vector value) {
                   store(into + row * after + channel, unsigned_of(narrow(relu(value))));
                   return Summands{};
                 });
      };
      fill_input(block, 0, group, strip, x, Norm{}, rows, width);
      layer(0, {{rows, width, first}}, one);
      layer(1, {{one, after, second}}, other);
      layer(2, {{other, after, third}, {rows, width, beside}}, one);
      for (int window = 0; window < strip.windows; window++)
        for (int i = 0; i < block.pooled(); i++)
          for (int channel = 0; channel < after; channel += LANES) {
            const half *at = one + (1 + window * (block.length + 1) + 2 * i) * after + channel;
            const std::size_t row = std::size_t(strip.first + window) * block.pooled() + i;
            // Without a sign, numbers are in the order of their bits, and NaN is above them.
            const Halves most = _mm256_max_epi16(halves(at), halves(at + after));
            store(to + row * channels + group * after + channel,
                  _mm256_max_epi16(most, halves(at + 2 * after)));
          }
    }
  });
}
}

#else  // the instructions are written for this compiler

extern "C" int has_blocks() { return 0; }

#endif
