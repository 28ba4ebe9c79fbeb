// Which items of a link are held back, and for how long: drawn from a seed and the name of the link, so that neither
// the order in which modules are built nor what other links carry changes it.
#pragma once

#include <cstdint>
#include <string_view>

#include "tlm/cycle.h"

namespace pade {

class stall_draw {
  public:
    /// percent: of the calls that give a delay, of 1 to `cycles`; the others give 0.
    stall_draw(unsigned percent, unsigned cycles, std::uint64_t seed, std::string_view link)
        : percent_(percent), cycles_(cycles), state_(seed) {
        for (const char c : link)  // FNV-1a over the seed
            state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    cycle_t operator()() {
        const std::uint64_t r = next();
        return (r & 0xffffffffu) % 100 < percent_ ? 1 + (r >> 32) % cycles_ : 0;
    }

  private:
    /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
    }
    unsigned percent_;
    unsigned cycles_;
    std::uint64_t state_;
};

}  // namespace pade
