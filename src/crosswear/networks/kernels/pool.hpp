// The end of a block: norms of both paths, their sum, max-pool of 3 with stride 2, ReLU.
#pragma once

#include "block.hpp"

namespace crosswear {

// The sum of both paths, in float32, for 16 channels of a window.
class PathSum {
 public:
  PathSum(const Block &block, const half *outputs, float *norms, int window, int channel)
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
    return multiply_add(of_y_, y(sample), multiply_add(of_s_, s(sample), constant_));
  }

 private:
  const int stride_;
  const std::size_t next_;
  const half *y_, *s_;
  Vector of_y_, of_s_, constant_;
};

inline void pool(const Block &block, const half *outputs, float *norms, half *to) {
  const int channels = block.channels(), pooled = block.pooled();
  for (int window = 0; window < block.windows; window++)
    for (int channel = 0; channel < channels; channel += LANES) {
      const PathSum sum(block, outputs, norms, window, channel);
      half *at = to + std::size_t(window) * pooled * channels + channel;
      Vector left = sum.at(0);
      for (int i = 0; i < pooled; i++, at += channels) {
        const Vector right = sum.at(2 * i + 2);
        store(at, narrow(relu(larger(larger(left, sum.at(2 * i + 1)), right))));
        left = right;
      }
    }
}

// The gradient of the sum: a maximum's goes to the first sample that has it.
inline void pool_gradient(const Block &block, const half *outputs, float *norms,
                          const half *gradient, half *to, Sums &third, Sums &beside) {
  const int channels = block.channels(), pooled = block.pooled();
  for (int window = 0; window < block.windows; window++) {
    for (int channel = 0; channel < channels; channel += LANES) {
      const PathSum sum(block, outputs, norms, window, channel);
      const half *from = gradient + std::size_t(window) * pooled * channels + channel;
      half *at = to + std::size_t(window) * block.length * channels + channel;
      Vector values = zero(), by_y = zero(), by_s = zero();
      const auto put = [&](int sample, Vector value) {
        const Halves rounded = narrow(value);
        store(at + std::size_t(sample) * channels, rounded);
        value = widen(rounded);
        values += value, by_y += value * sum.y(sample), by_s += value * sum.s(sample);
      };
      Vector left = sum.at(0), carried = zero();
      for (int i = 0; i < pooled; i++, from += channels) {
        const Vector middle = sum.at(2 * i + 1), right = sum.at(2 * i + 2), each = load(from);
        const Vector most = larger(larger(left, middle), right);
        const __mmask16 live = _mm512_cmp_ps_mask(most, zero(), _CMP_GT_OQ);
        const __mmask16 first = _mm512_mask_cmp_ps_mask(live, left, most, _CMP_EQ_OQ);
        const __mmask16 second = _mm512_mask_cmp_ps_mask(live & ~first, middle, most, _CMP_EQ_OQ);
        put(2 * i, carried + _mm512_maskz_mov_ps(first, each));
        put(2 * i + 1, _mm512_maskz_mov_ps(second, each));
        carried = _mm512_maskz_mov_ps(live & ~first & ~second, each);
        left = right;
      }
      put(2 * pooled, carried);
      for (int sample = 2 * pooled + 1; sample < block.length; sample++) put(sample, zero());
      third.add(channel, values, by_y), beside.add(channel, values, by_s);
    }
    third.end_strip(), beside.end_strip();
  }
}

}  // namespace crosswear
