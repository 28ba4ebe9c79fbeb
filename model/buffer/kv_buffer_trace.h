// What the waveform shows of the KV buffer (docs/waveforms.md): what each bank does, and who had to wait for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/buffer/buffer_counters.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

class kv_buffer_trace {
  public:
    enum class access : std::uint8_t { none, fill, k_read, v_read };

    kv_buffer_trace(const trace_scope& scope, unsigned banks)
        : k_class_(scope.signal("k_feed_class", 3)),
          k_planes_(scope.signal("k_planes", 7)),
          k_blocked_(scope.signal("k_fetch_blocked", 1)),
          v_blocked_(scope.signal("v_fetch_blocked", 1)),
          stalls_(banks) {
        for (unsigned b = 0; b < banks; ++b) {
            const trace_scope below = scope.below("bank_" + std::to_string(b));
            banks_.push_back({below.signal("access", 2), below.signal("stalled", 6)});
        }
        k_class_.set(static_cast<unsigned>(feed_state::idle));
    }

    void accessed(unsigned b, access what) { banks_[b].access.pulse(static_cast<unsigned>(what)); }
    /// Another reader, or a channel with data, that this bank could not serve.
    void stalled(unsigned b) { ++stalls_[b]; }
    void feed(feed_state now, feed_state asleep, unsigned planes) {
        k_class_.pulse(static_cast<unsigned>(now), static_cast<unsigned>(asleep));
        k_planes_.pulse(planes);
    }
    void step_ends(bool k_blocked, bool v_blocked) {
        k_blocked_.set(k_blocked ? 1 : 0);
        v_blocked_.set(v_blocked ? 1 : 0);
        for (std::size_t b = 0; b < stalls_.size(); ++b) {
            if (stalls_[b] != 0)
                banks_[b].stalled.pulse(stalls_[b]);
            stalls_[b] = 0;
        }
    }

  private:
    struct bank {
        wave_signal access, stalled;
    };
    wave_signal k_class_, k_planes_, k_blocked_, v_blocked_;
    std::vector<bank> banks_;
    std::vector<unsigned> stalls_;
};

}  // namespace pade
