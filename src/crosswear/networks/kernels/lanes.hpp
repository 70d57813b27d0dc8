// A vector of values at a time, written with the vector types of gcc and clang.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#if defined(__AVX512F__)
#define LANES 16
#define REGISTERS 32
#elif defined(__AVX2__) && defined(__FMA__)
#define LANES 8
#define REGISTERS 16
#elif defined(__ARM_NEON)
#define LANES 4
#define REGISTERS 32
#endif

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 24")
#endif

namespace crosswear {

using half = std::uint16_t;  // the bits of a bfloat16
using Vector = float __attribute__((vector_size(4 * LANES)));
using Words = std::int32_t __attribute__((vector_size(4 * LANES)));
using Bits = std::uint32_t __attribute__((vector_size(4 * LANES)));
using Halves = half __attribute__((vector_size(2 * LANES)));

inline int whole(int value, int of) { return (value + of - 1) / of * of; }

template <class Values, class Element>
inline Values read(const Element *from) {
  Values v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <class Element, class Values>
inline void store(Element *to, Values v) {
  std::memcpy(to, &v, sizeof v);
}

inline Vector widen(Halves v) { return (Vector)(__builtin_convertvector(v, Bits) << 16); }
inline Halves narrow(Vector v) {  // to the nearest, of two to the even one
#if defined(__AVX512BF16__)
  return (Halves)_mm512_cvtneps_pbh((__m512)v);
#else
  const Bits bits = (Bits)v, rounded = bits + 0x7fff + (bits >> 16 & 1);
  return __builtin_convertvector((v == v ? rounded : bits | 0x400000) >> 16, Halves);
#endif
}

inline Vector load(const float *from) { return read<Vector>(from); }
inline Vector load(const half *from) { return widen(read<Halves>(from)); }
inline void store_as(float *to, Vector v) { store(to, v); }
inline void store_as(half *to, Vector v) { store(to, narrow(v)); }

// The first `count`, if there are fewer; zeros for the rest.
template <class Element>
inline Vector load_first(const Element *from, int count) {
  if (count >= LANES) return load(from);
  Element some[LANES] = {};
  for (int i = 0; i < count; i++) some[i] = from[i];
  return load(some);
}
template <class Element>
inline void store_first(Element *to, int count, Vector v) {
  if (count >= LANES) return store_as(to, v);
  Element all[LANES];
  store_as(all, v);
  for (int i = 0; i < count; i++) to[i] = all[i];
}

inline Vector in_all(float value) { return value - Vector{}; }
// NaN stays NaN.
inline Vector relu(Vector v) { return v < 0 ? Vector{} : v; }
inline Vector larger(Vector one, Vector other) { return one > other ? one : other; }
// Without a sign, numbers are in the order of their bits, and NaN is above them.
inline Vector largest(Vector one, Vector other) {
  return (Vector)((Words)one > (Words)other ? (Words)one : (Words)other);
}
inline Vector unsigned_of(Vector v) { return (Vector)((Bits)v & 0x7fffffff); }

// Exchanges the bit `BIT` of the numbers of rows and of columns.
template <int BIT, int... COLUMNS>
inline void exchange(Vector (&rows)[LANES], std::integer_sequence<int, COLUMNS...>) {
  UNROLLED for (int row = 0; row < LANES; row++)
    if (!(row & BIT)) {
      const Vector one = rows[row], other = rows[row | BIT];
      rows[row] = __builtin_shufflevector(
          one, other, (COLUMNS & BIT ? LANES + COLUMNS - BIT : COLUMNS)...);
      rows[row | BIT] = __builtin_shufflevector(
          one, other, (COLUMNS & BIT ? LANES + COLUMNS : COLUMNS + BIT)...);
    }
}
template <int BIT = 1>
inline void transpose(Vector (&rows)[LANES]) {
  exchange<BIT>(rows, std::make_integer_sequence<int, LANES>());
  if constexpr (2 * BIT < LANES) transpose<2 * BIT>(rows);
}

// Have it in the second cache when it is needed; it may lie behind the end.
inline void fetch(const void *from) { __builtin_prefetch(from, 0, 2); }

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

// What is multiplied: float32 one by one or, where a processor has products of them, bfloat16 in
// pairs; others multiply in float32 what is kept in bfloat16. A unit is `STEP` values in 32 bits.
template <class Row>
struct Operand {
  static constexpr int STEP = 1;

  static Vector own(const float *from) { return load(from); }
  static Vector each(const float *from) { return in_all(*from); }
  static Vector add(Vector sum, Vector each, Vector own) { return each * own + sum; }
  // A vector of units, from the `n` first values.
  static Vector scaled(const float *from, int n, float by) { return load_first(from, n) * by; }
  // A unit of each channel, of `STEP` rows.
  static Vector joined(Vector row, Vector) { return row; }
};

#if defined(__AVX512BF16__)
template <>
struct Operand<half> {
  static constexpr int STEP = 2;

  static Vector own(const half *from) { return read<Vector>(from); }
  static Vector each(const half *from) {
    return (Vector)(Words{} + read<std::int32_t>(from));
  }
  static Vector add(Vector sum, Vector each, Vector own) {
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)each, (__m512bh)own);
  }
  static Vector scaled(const float *from, int count, float by) {
    const Vector low = load_first(from, count), high = load_first(from + LANES, count - LANES);
    return (Vector)_mm512_cvtne2ps_pbh((__m512)(high * by), (__m512)(low * by));
  }
  static Vector joined(Vector row, Vector next) {
    const Bits low = __builtin_convertvector(narrow(row), Bits);
    return (Vector)(low | __builtin_convertvector(narrow(next), Bits) << 16);
  }
};
template <class Stored> using RowOf = Stored;
#else
template <class Stored> using RowOf = float;
#endif

}  // namespace crosswear
