// The banks of a pseudo channel: which row each has open, and the earliest cycle at which each command obeys every
// timing.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "tlm/dram/dram_timing.h"

namespace pade {

class dram_banks {
  public:
    struct bank {
        bool open = false;
        std::uint16_t group = 0;
        std::uint32_t row = 0;
        cycle_t next_act = 0;  // of the bank alone; groups and the channel have their own
        cycle_t next_pre = 0;
        cycle_t next_rd = 0;
        cycle_t next_wr = 0;
        cycle_t used = 0;  // last ACT or column command
    };

    /// Bank number n lies in group n mod groups.
    dram_banks(const dram_timing& timing, unsigned groups, unsigned banks_per_group) : t_(timing), groups_(groups) {
        banks_.resize(std::size_t{groups} * banks_per_group);
        for (std::size_t n = 0; n < banks_.size(); ++n)
            banks_[n].group = static_cast<std::uint16_t>(n % groups);
    }

    const bank& operator[](std::size_t n) const { return banks_[n]; }
    std::size_t size() const { return banks_.size(); }
    unsigned open() const { return open_; }

    cycle_t activate_at(const bank& b) const {
        return std::max({b.next_act, groups_[b.group].next_act, next_act_, four_acts_[oldest_act_]});
    }
    cycle_t read_at(const bank& b) const { return std::max({b.next_rd, groups_[b.group].next_rd, next_rd_}); }
    cycle_t write_at(const bank& b) const { return std::max({b.next_wr, groups_[b.group].next_wr, next_wr_}); }
    cycle_t precharge_at(const bank& b) const { return b.next_pre; }
    cycle_t precharge_all_at() const {
        cycle_t at = 0;
        for (const bank& b : banks_)
            if (b.open)
                at = std::max(at, b.next_pre);
        return at;
    }
    /// A refresh waits for what an ACT of each bank would wait for: RP after PRE, RC after ACT, RFC after REF.
    cycle_t refresh_at() const {
        cycle_t at = 0;
        for (const bank& b : banks_)
            at = std::max(at, b.next_act);
        return at;
    }
    /// A refresh of one bank is spaced like an ACT, and counts as one in the window of four.
    cycle_t refresh_at(const bank& b) const { return activate_at(b); }

    void activate(std::size_t n, std::uint32_t row, cycle_t now) {
        bank& b = banks_[n];
        b.open = true;
        b.row = row;
        b.used = now;
        ++open_;
        later(b.next_act, now + t_.rc);
        later(b.next_pre, now + t_.ras);
        later(b.next_rd, now + t_.rcdrd);
        later(b.next_wr, now + t_.rcdwr);
        later(groups_[b.group].next_act, now + t_.rrd_l);
        later(next_act_, now + t_.rrd_s);
        count_in_window(now);
    }
    void read(std::size_t n, cycle_t now) {
        bank& b = banks_[n];
        b.used = now;
        later(b.next_pre, now + t_.rtp);
        later(groups_[b.group].next_rd, now + t_.ccd_l);
        later(next_rd_, now + std::max(t_.ccd_s, t_.burst));
        const cycle_t data_end = now + t_.cl + t_.burst + t_.gap;
        later(next_wr_, std::max(now + t_.ccd_s, data_end > t_.cwl ? data_end - t_.cwl : 0));
        later(groups_[b.group].next_wr, now + t_.ccd_l);
    }
    void write(std::size_t n, cycle_t now) {
        bank& b = banks_[n];
        b.used = now;
        const cycle_t data_end = now + t_.cwl + t_.burst;
        later(b.next_pre, data_end + t_.wr);
        later(groups_[b.group].next_wr, now + t_.ccd_l);
        later(next_wr_, now + std::max(t_.ccd_s, t_.burst));
        later(groups_[b.group].next_rd, std::max(data_end + t_.wtr_l, now + t_.ccd_l));
        later(next_rd_, std::max(data_end + t_.wtr_s, now + t_.ccd_s));
    }
    void precharge(std::size_t n, cycle_t now) {
        bank& b = banks_[n];
        b.open = false;
        --open_;
        later(b.next_act, now + t_.rp);
    }
    void precharge_all(cycle_t now) {
        for (std::size_t n = 0; n < banks_.size(); ++n)
            if (banks_[n].open)
                precharge(n, now);
    }
    void refresh_all(cycle_t now) {
        for (bank& b : banks_)
            later(b.next_act, now + t_.rfc);
    }
    void refresh(std::size_t n, cycle_t now) {
        later(banks_[n].next_act, now + t_.rfc_bank);
        later(next_act_, now + t_.rrefd);
        count_in_window(now);
    }

  private:
    struct group {
        group() = default;
        cycle_t next_act = 0, next_rd = 0, next_wr = 0;
    };
    void count_in_window(cycle_t now) {
        four_acts_[oldest_act_] = now + t_.faw;
        oldest_act_ = (oldest_act_ + 1) % four_acts_.size();
    }
    static void later(cycle_t& at, cycle_t bound) { at = std::max(at, bound); }

    const dram_timing& t_;
    std::vector<bank> banks_;
    std::vector<group> groups_;
    unsigned open_ = 0;
    cycle_t next_act_ = 0, next_rd_ = 0, next_wr_ = 0;
    std::array<cycle_t, 4> four_acts_{};  // for each of the last four ACT and bank refreshes: when the fifth may come
    std::size_t oldest_act_ = 0;
};

}  // namespace pade
