// The waveform of a run as its modules see it: signals that change, and signals that say something for one cycle only.
// It takes no simulated time and changes nothing: a module that was not asked to trace holds null signals.
//
//     wave_signal token = scope.signal("token", 20);      // register_trace(), before the simulation begins
//     token.set(item.key);                                // from step(), at the edge that it is about
//     valid.pulse(1, 0);                                  // 1 in this cycle, 0 from the next one on
//
// Values are written once a time: what a signal is set to last at an edge is what that edge shows, in whatever order
// the processes run.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tlm/sc_module.h"

namespace pade {

class wave;

namespace wave_detail {

using tick = sc_core::sc_time::value_type;  ///< units of SystemC's time resolution, 1 ps

struct signal;

/// What falls back at the next edge of one clock, oldest first.
struct fallbacks {
    struct entry {
        tick due;
        signal* who;
        std::uint64_t value;
        std::uint64_t call;
    };
    tick period = 0;
    std::deque<entry> waiting;
};

struct signal {
    wave* owner = nullptr;
    fallbacks* clock = nullptr;
    std::uint64_t value = 0;
    std::uint64_t written = 0;
    std::uint64_t mask = 1;
    std::uint64_t calls = 0;   ///< a fallback holds only while no later call has set the signal
    std::uint32_t number = 0;  ///< in the order of declaration
    unsigned width = 1;
    bool dirty = false;
    std::string path;  ///< pade.pe_lane_0_3.gsat.token
};

}  // namespace wave_detail

/// A handle; null (the default) when nobody looks at the signal, and then every call is a test and no more.
class wave_signal {
  public:
    wave_signal() = default;
    explicit wave_signal(wave_detail::signal* signal) : signal_(signal) {}

    /// From this edge on. Values are cut to the signal's width; negative ones are two's complement.
    void set(std::uint64_t value) {
        if (signal_ != nullptr)
            change(value);
    }
    /// `value` at this edge, `after` from the next edge of the signal's clock on, unless it is set again until then.
    void pulse(std::uint64_t value, std::uint64_t after = 0) {
        if (signal_ != nullptr)
            change_for_a_cycle(value, after);
    }
    explicit operator bool() const { return signal_ != nullptr; }

  private:
    void change(std::uint64_t value);
    void change_for_a_cycle(std::uint64_t value, std::uint64_t after);
    wave_detail::signal* signal_ = nullptr;
};

/// Where the waveform goes. Times ascend; each is followed by its changes, by signal number.
class wave_writer {
  public:
    virtual ~wave_writer() = default;
    virtual void begin(const std::vector<const wave_detail::signal*>& signals) = 0;
    virtual void time(wave_detail::tick at) = 0;
    virtual void change(const wave_detail::signal& signal) = 0;
    /// All values at once, at the beginning of the window.
    virtual void all(const std::vector<const wave_detail::signal*>& signals) = 0;
    /// Nothing follows.
    virtual void end() = 0;
    /// False once it takes nothing more.
    virtual bool open() const = 0;
};

class wave {
  public:
    /// scopes: shell patterns (* matches dots, too); a signal is there when one of them matches its path or one of its
    /// scopes. Empty: all signals.
    explicit wave(std::vector<std::string> scopes = {});
    ~wave();
    wave(const wave&) = delete;
    wave& operator=(const wave&) = delete;

    /// A signal, or a null one where no pattern selects it. period: of the clock at whose next edge a pulse ends.
    /// Throws internal_error for a path that is there already, or for a width that is not 1 to 64.
    wave_signal declare(const std::string& path, unsigned width, wave_detail::tick period);
    /// All signals are declared. Throws input_error for a pattern that selected none.
    void start(wave_writer& writer, wave_detail::tick from, wave_detail::tick to);
    /// Writes what is left up to the present time (or the end of the window).
    void finish();

    std::size_t signals() const { return signals_.size(); }
    /// Of the selected signals, in the order of declaration.
    std::vector<std::pair<std::string, unsigned>> paths_and_widths() const;
    /// True when a pattern selects something below this scope.
    bool selects_below(const std::string& scope) const;

  private:
    friend class wave_signal;
    void advance() {
        const auto now = sc_core::sc_time_stamp().value();
        if (now != now_)
            advance_to(now);
    }
    void advance_to(wave_detail::tick now);
    void flush();
    bool selected(const std::string& path, std::vector<bool>* used) const;

    std::vector<std::string> scopes_;
    std::vector<bool> scope_used_;
    std::deque<wave_detail::signal> signals_;  // stable addresses
    std::deque<wave_detail::fallbacks> clocks_;
    std::vector<wave_detail::signal*> dirty_;
    std::vector<std::string> paths_;  // of all declared ones, selected or not
    wave_detail::tick now_ = 0;
    wave_detail::tick from_ = 0;
    wave_detail::tick to_ = 0;
    wave_writer* writer_ = nullptr;
    bool begun_ = false;
    bool ended_ = false;
};

}  // namespace pade
