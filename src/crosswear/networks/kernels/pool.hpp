// The end of a block: norms of both paths, their sum, max-pool of 3 with stride 2, ReLU.
#pragma once

#include "block.hpp"

namespace crosswear {

// The sum of both paths, in float32, for a vector of channels of a window.
template <class Stored>
class PathSum {
 public:
  PathSum(const Block &block, const Stored *outputs, float *norms, int window, int channel)
      : stride_(block.channels()), next_(std::size_t(block.length) * stride_) {
    const Norm third = norm_of(block, norms, 2), beside = norm_of(block, norms, SHORTCUT);
    const std::size_t at = window * next_ + channel;
    y_ = outputs + 2 * block.values() + at, s_ = outputs + SHORTCUT * block.values() + at;
    of_y_ = load(third.scale + channel), of_s_ = load(beside.scale + channel);
    constant_ = load(third.shift + channel) + load(beside.shift + channel);
  }
  Vector y(int sample) const { return load(y_ + std::size_t(sample) * stride_); }
  Vector s(int sample) const { return load(s_ + std::size_t(sample) * stride_); }
  Vector at(int sample) const {
    const std::size_t next = std::size_t(sample) * stride_ + next_;
    fetch(y_ + next), fetch(s_ + next);
    return of_y_ * y(sample) + (of_s_ * s(sample) + constant_);
  }

 private:
  const int stride_;
  const std::size_t next_;
  const Stored *y_, *s_;
  Vector of_y_, of_s_, constant_;
};

template <class Stored>
void pool(const Block &block, const Stored *outputs, float *norms, Stored *to) {
  const int channels = block.channels(), pooled = block.pooled();
  for (int window = 0; window < block.windows; window++)
    for (int channel = 0; channel < channels; channel += LANES) {
      const PathSum<Stored> sum(block, outputs, norms, window, channel);
      Stored *at = to + std::size_t(window) * pooled * channels + channel;
      Vector left = sum.at(0);
      for (int i = 0; i < pooled; i++, at += channels) {
        const Vector right = sum.at(2 * i + 2);
        store_as(at, relu(larger(larger(left, sum.at(2 * i + 1)), right)));
        left = right;
      }
    }
}

// The gradient of the sum: a maximum's goes to the first sample that has it.
template <class Stored>
void pool_gradient(const Block &block, const Stored *outputs, float *norms,
                   const Stored *gradient, Stored *to, Sums &third, Sums &beside) {
  const int channels = block.channels(), pooled = block.pooled();
  for (int window = 0; window < block.windows; window++) {
    for (int channel = 0; channel < channels; channel += LANES) {
      const PathSum<Stored> sum(block, outputs, norms, window, channel);
      const Stored *from = gradient + std::size_t(window) * pooled * channels + channel;
      Stored *at = to + std::size_t(window) * block.length * channels + channel;
      Vector values = {}, by_y = {}, by_s = {};
      const auto put = [&](int sample, Vector value) {
        Stored *here = at + std::size_t(sample) * channels;
        store_as(here, value);
        value = load(here);
        values += value, by_y += value * sum.y(sample), by_s += value * sum.s(sample);
      };
      Vector left = sum.at(0), carried = {};
      for (int i = 0; i < pooled; i++, from += channels) {
        const Vector middle = sum.at(2 * i + 1), right = sum.at(2 * i + 2), each = load(from);
        const Vector most = larger(larger(left, middle), right);
        const Vector live = most > 0 ? each : Vector{};
        const auto first = left == most, second = middle == most;
        put(2 * i, carried + (first ? live : Vector{}));
        put(2 * i + 1, second & ~first ? live : Vector{});
        carried = first | second ? Vector{} : live;
        left = right;
      }
      put(2 * pooled, carried);
      for (int sample = 2 * pooled + 1; sample < block.length; sample++) put(sample, Vector{});
      third.add(channel, values, by_y), beside.add(channel, values, by_s);
    }
    third.end_strip(), beside.end_strip();
  }
}

}  // namespace crosswear
