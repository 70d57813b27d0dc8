// Sixteen values at a time, in float32 and in bfloat16.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")
#define UNROLLED _Pragma("GCC unroll 24")

namespace crosswear {

using half = std::uint16_t;  // the bits of a bfloat16
using Vector = __m512;       // 16 values in float32
using Halves = __m256i;      // 16 values in bfloat16

constexpr int LANES = 16;

inline int whole(int value, int of) { return (value + of - 1) / of * of; }

inline Vector zero() { return _mm512_setzero_ps(); }
// NaN stays NaN: of two, this instruction gives the second.
inline Vector relu(Vector v) { return _mm512_max_ps(zero(), v); }
inline Vector larger(Vector one, Vector other) { return _mm512_max_ps(one, other); }
inline Vector multiply_add(Vector x, Vector y, Vector sum) { return _mm512_fmadd_ps(x, y, sum); }

inline Halves halves(const half *from) { return _mm256_loadu_si256((const __m256i *)from); }
inline Vector widen(Halves v) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16));
}
inline Halves narrow(Vector v) { return (__m256i)_mm512_cvtneps_pbh(v); }
inline Halves unsigned_of(Halves v) { return _mm256_and_si256(v, _mm256_set1_epi16(0x7fff)); }

inline Vector load(const float *from) { return _mm512_loadu_ps(from); }
inline Vector load(const half *from) { return widen(halves(from)); }
inline void store(float *to, Vector v) { _mm512_storeu_ps(to, v); }
inline void store(half *to, Halves v) { _mm256_storeu_si256((__m256i *)to, v); }

// The first `count` of 16.
inline __mmask16 lanes(int count) {
  return count >= LANES ? 0xffff : count > 0 ? (1u << count) - 1 : 0;
}

// Pairs of bfloat16, the first of each from `low`.
inline __m512i interleave(Halves low, Halves high) {
  return _mm512_or_si512(_mm512_cvtepu16_epi32(low),
                         _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));
}
inline __m512bh pairs_at(const void *from) { return (__m512bh)_mm512_loadu_si512(from); }
inline __m512bh pair_in_all(std::uint32_t pair) { return (__m512bh)_mm512_set1_epi32(pair); }

// Exchanges the bit `BIT` of the numbers of rows and of columns.
template <int BIT>
inline void exchange(__m512i (&rows)[LANES]) {
  const __m512i column =
      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __mmask16 with = _mm512_test_epi32_mask(column, _mm512_set1_epi32(BIT));
  const auto plus = [&](__mmask16 where, int number) {
    return _mm512_mask_add_epi32(column, where, column, _mm512_set1_epi32(number));
  };
  const __m512i low = plus(with, LANES - BIT);
  const __m512i high = _mm512_mask_blend_epi32(with, plus(~with, BIT), plus(with, LANES));
  UNROLLED for (int row = 0; row < LANES; row++)
    if (!(row & BIT)) {
      const __m512i one = rows[row], other = rows[row | BIT];
      rows[row] = _mm512_permutex2var_epi32(one, low, other);
      rows[row | BIT] = _mm512_permutex2var_epi32(one, high, other);
    }
}
inline void transpose(__m512i (&rows)[LANES]) {
  exchange<1>(rows), exchange<2>(rows), exchange<4>(rows), exchange<8>(rows);
}

// Have it in the second cache when it is needed; it may lie behind the end.
inline void fetch(const void *from) { _mm_prefetch((const char *)from, _MM_HINT_T1); }

// Memory for `size` values, aligned for vectors.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t size)
      : data_(static_cast<T *>(std::aligned_alloc(64, (size * sizeof(T) + 127) / 64 * 64))) {}
  Buffer(std::size_t size, T value) : Buffer(size) { std::fill(data_, data_ + size, value); }
  Buffer(Buffer &&other) : data_(std::exchange(other.data_, nullptr)) {}
  ~Buffer() { std::free(data_); }
  operator T *() const { return data_; }

 private:
  T *data_;
};

}  // namespace crosswear
