// What passes the links, and what modules decide, a line each: `cycle link phase key plane row slot value id`, columns
// that an event does not have as `-`. For grep, awk and scripts/explain.py.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tlm/cycle.h"
#include "tlm/trace/text_sink.h"

namespace pade {

struct log_event {
    const char* phase = "";
    std::int64_t key = -1;  ///< -1, in all of these: it has none
    int plane = -1;
    int row = -1;
    int slot = -1;
    std::string value;    ///< empty: it has none; without blanks
    std::int64_t id = 0;  ///< of the transaction, as in the waveform; 0: it has none
};

struct log_options {
    std::vector<std::string> links;   ///< shell patterns of links and scopes; empty: all
    std::vector<std::uint32_t> keys;  ///< events of other keys are left out, and credits; empty: none is
    cycle_t from = 0;
    cycle_t to = ~cycle_t{0};
    std::uint64_t most_bytes = ~std::uint64_t{0};
};

class transaction_log {
  public:
    /// period: of the core clock, in units of SystemC's time resolution: cycles are counted in it.
    transaction_log(text_sink& sink, log_options options, std::uint64_t period);

    /// Whether the events of this link or scope are wanted.
    bool wants(const std::string& link);
    /// To be made in an order that is always the same: events of one time are written by link, number and phase,
    /// whatever the order in which processes run.
    std::size_t new_link(const std::string& link);
    void add(std::size_t link, const log_event& event);
    /// Writes the events of the last time.
    void finish();
    /// All links are bound. Throws input_error for a pattern that none of them matches.
    void check_links() const;

    bool cut() const { return cut_; }
    std::uint64_t lines() const { return lines_; }

  private:
    void end_moment();
    bool of_a_wanted_key(const log_event& event) const;

    text_sink& sink_;
    const log_options options_;
    const std::uint64_t period_;
    std::vector<bool> used_;
    std::vector<std::string> links_;
    struct waiting_line {
        std::size_t link;
        std::int64_t id;
        int phase;  // of a transaction, in the order of the protocol
        std::string text;
    };
    std::vector<waiting_line> moment_;  // events of one time
    std::uint64_t moment_time_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t lines_ = 0;
    bool cut_ = false;
};

}  // namespace pade
