// Dropout masks by a Mersenne Twister, in the order of the numbers that torch draws from it.
//
// Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8, 1998. Its 624 words are made anew at a
// time, in loops that compilers turn into vectors.

#include <cstdint>

namespace {

constexpr int WORDS = 624, BESIDE = 397;

// The same in masks.py: words, and how many of them are used.
struct Twister {
  std::uint32_t words[WORDS], used;
};

inline std::uint32_t twisted(std::uint32_t word, std::uint32_t next, std::uint32_t beside) {
  const std::uint32_t joined = (word & 0x80000000u) | (next & 0x7fffffffu);
  return beside ^ (joined >> 1) ^ (-(next & 1u) & 0x9908b0dfu);
}

void renew(Twister &twister) {
  std::uint32_t *words = twister.words;
  for (int i = 0; i < WORDS - BESIDE; i++)
    words[i] = twisted(words[i], words[i + 1], words[i + BESIDE]);
  for (int i = WORDS - BESIDE; i < WORDS - 1; i++)
    words[i] = twisted(words[i], words[i + 1], words[i + BESIDE - WORDS]);
  words[WORDS - 1] = twisted(words[WORDS - 1], words[0], words[BESIDE - 1]);
  twister.used = 0;
}

inline std::uint32_t tempered(std::uint32_t word) {
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680u;
  word ^= (word << 15) & 0xefc60000u;
  return word ^ (word >> 18);
}

// A number of 24 bits is kept as a one from `least` on; a zero stands for the others.
template <class Value>
void draw(Twister &twister, std::int64_t count, std::uint32_t least, Value one, Value *to) {
  while (count > 0) {
    if (twister.used == WORDS) renew(twister);
    const std::int64_t left = WORDS - twister.used, now = count < left ? count : left;
    const std::uint32_t *words = twister.words + twister.used;
    for (int i = 0; i < now; i++) to[i] = (tempered(words[i]) & 0xffffffu) >= least ? one : 0;
    twister.used += now, to += now, count -= now;
  }
}

}  // namespace

extern "C" {

void seed_twister(Twister *twister, std::uint32_t seed) {
  std::uint32_t *words = twister->words;
  words[0] = seed;
  for (int i = 1; i < WORDS; i++)
    words[i] = 1812433253u * (words[i - 1] ^ (words[i - 1] >> 30)) + i;
  twister->used = WORDS;
}

// In bfloat16, whose one has these bits, and in float32.
void draw_halves(Twister *twister, std::int64_t count, std::uint32_t least, std::uint16_t *to) {
  draw<std::uint16_t>(*twister, count, least, 0x3f80, to);
}
void draw_floats(Twister *twister, std::int64_t count, std::uint32_t least, float *to) {
  draw<float>(*twister, count, least, 1, to);
}
}
