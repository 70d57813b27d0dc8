// What a block is made of, as its caller describes it, and its norms.
#pragma once

#include "products.hpp"

namespace crosswear {

constexpr int LAYERS = 4, SHORTCUT = 3;  // three convolutions of 3 taps, the shortcut of 1

// The same in residual.py.
struct Layer {
  const float *weight;         // [groups, outputs, taps, inputs]
  const float *scale, *shift;  // of the norm, [channels]
  float *mean, *variance;      // its running statistics
  float *of_weight, *of_scale, *of_shift;  // gradients
};

struct Block {
  int windows, length, groups, before, after;  // before and after: channels of a group
  float epsilon, momentum;                     // of the norms
  Layer layers[LAYERS];

  int channels() const { return groups * after; }
  int taps(int layer) const { return layer == SHORTCUT ? 1 : 3; }
  int inputs(int layer) const { return layer == 1 || layer == 2 ? after : before; }
  int pooled() const { return (length - 1) / 2; }
  std::size_t samples() const { return std::size_t(windows) * length; }
  std::size_t values() const { return samples() * channels(); }
};

// What a norm does, `scale y + shift`, and the statistics of the batch behind it; [channels] each.
struct Norm {
  float *scale, *shift, *mean, *inverse;

  template <class Stored>
  Vector at(const Stored *y, int channel) const {
    return load(scale + channel) * load(y) + load(shift + channel);
  }
};

// Where it is in the norms [4, 4, channels] of a block.
inline Norm norm_of(const Block &block, float *norms, int layer) {
  const int c = block.channels();
  float *at = norms + std::size_t(4) * c * layer;
  return {at, at + c, at + 2 * c, at + 3 * c};
}

// By sums of y and of its square; the running statistics follow.
inline void normalise(const Block &block, int number, const Sums &sums, const Norm &norm) {
  const double count = block.samples();
  const Layer &layer = block.layers[number];
  for (int c = 0; c < block.channels(); c++) {
    const double mean = sums.of_values(c) / count;
    const double variance = std::max(sums.of_products(c) / count - mean * mean, 0.0);
    norm.mean[c] = mean;
    norm.inverse[c] = 1 / std::sqrt(variance + block.epsilon);
    norm.scale[c] = layer.scale[c] * norm.inverse[c];
    norm.shift[c] = layer.shift[c] - mean * norm.scale[c];
    layer.mean[c] += block.momentum * (mean - layer.mean[c]);
    layer.variance[c] += block.momentum * (variance * count / (count - 1) - layer.variance[c]);
  }
}

// The gradient of a norm's input y: of_output * gradient + of_input * y + constant.
struct Linear {
  const float *of_output, *of_input, *constant;

  template <class Stored>
  Vector at(const Stored *gradient, const Stored *y, int channel) const {
    return load(of_output + channel) * load(gradient) +
           (load(of_input + channel) * load(y) + load(constant + channel));
  }
};

// By sums of the gradient of the norm's output, and of that times y. Gives those of scale and shift.
class NormGradient {
 public:
  NormGradient(const Block &block, int number, const Norm &norm, const Sums &sums)
      : of_output_(norm.scale), of_input_(block.channels()), constant_(block.channels()) {
    const double count = block.samples();
    for (int c = 0; c < block.channels(); c++) {
      const double sum = sums.of_values(c);
      const double of_scale = norm.inverse[c] * (sums.of_products(c) - norm.mean[c] * sum);
      block.layers[number].of_scale[c] = of_scale;
      block.layers[number].of_shift[c] = sum;
      of_input_[c] = -norm.scale[c] * norm.inverse[c] * of_scale / count;
      constant_[c] = -norm.scale[c] * sum / count - of_input_[c] * norm.mean[c];
    }
  }
  operator Linear() const { return {of_output_, of_input_, constant_}; }

 private:
  const float *of_output_;
  Buffer<float> of_input_, constant_;
};

// The input of a convolution: x, or ReLU and norm of the output of the one before.
template <class Row, class Stored>
void fill_input(const Block &block, int layer, int group, const Strip &strip, const Stored *from,
                const Norm &before, Row *rows, int width) {
  const int inputs = block.inputs(layer), stride = block.groups * inputs, first = group * inputs;
  const std::size_t next = std::size_t(strip.samples()) * stride;
  from += first;
  fill<Row>(rows, width, strip, [=](std::size_t sample, int channel) {
    const Stored *at = from + sample * stride + channel;
    fetch(at + next);
    return layer ? relu(before.at(at, first + channel)) : load_first(at, inputs - channel);
  });
}

}  // namespace crosswear
