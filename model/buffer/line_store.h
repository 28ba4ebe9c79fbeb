// The storage of the KV buffer: 32 B lines in banks, fully associative inside a bank, each with its pins and with a
// record of which bytes were read. Knows no clock: when something happens lives in kv_buffer.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/buffer/buffer_counters.h"
#include "model/buffer/line_table.h"
#include "model/buffer/replacement.h"
#include "model/params.h"

namespace pade {

class line_store {
  public:
    static constexpr unsigned line_bytes = 32;

    /// Lines that do not fill all banks alike are left away. Counts hits, misses, evictions and bytes into `counters`.
    line_store(const buffer_params& params, kv_buffer_counters& counters);

    unsigned banks() const { return banks_; }
    unsigned lines_per_bank() const { return lines_per_bank_; }
    unsigned bank(line_id line) const { return lines_[line].bank; }
    std::uint64_t atom(line_id line) const { return lines_[line].atom; }
    unsigned pins(line_id line) const { return lines_[line].pins; }
    bool present(line_id line) const { return lines_[line].where == state::present; }
    /// False when the line was evicted or given to another atom since `atom` was looked up.
    bool holds(line_id line, std::uint64_t atom) const {
        return lines_[line].atom == atom && lines_[line].where != state::free;
    }
    /// The line of an atom, present or in flight, or no_line.
    line_id find(std::uint64_t atom) const {
        return table_.find(atom, [this](line_id line) { return lines_[line].atom; });
    }
    /// find() of this atom is to come.
    void prefetch(std::uint64_t atom) const { table_.prefetch(atom); }

    /// One atom of a fetch, to be reserved.
    struct request {
        std::uint64_t atom = 0;
        line_id line = no_line;  ///< as find() says
        unsigned bank = 0;       ///< where it goes if it is not there
    };
    /// True when all of them can be pinned at once: each bank has as many free or idle lines as it needs.
    bool can_reserve(const request* requests, unsigned count);

    /// Pins a line that is there or in flight. `useful`: see fetch_item.
    void pin(line_id line, std::uint32_t useful);
    /// Gives a line to an atom that has none, in flight and pinned once. The bank must have a free or idle line.
    line_id reserve(std::uint64_t atom, unsigned bank, unsigned tensor, std::uint32_t kv, std::uint32_t useful);
    /// Takes one pin off; false if there is none.
    bool unpin(line_id line);
    /// The data has come.
    void fill(line_id line, const unsigned char* data);
    /// Bytes of a present line, marked as used.
    const unsigned char* read(line_id line, unsigned offset, unsigned bytes);

    unsigned in_flight() const { return in_flight_; }
    unsigned pinned() const { return pinned_; }
    /// Forgets all lines; none may be pinned or in flight.
    void flush();
    /// Accounts for the bytes of every line that is still there; the lines stay. Once, at the end of a run.
    void account_all();
    /// The counters of a tensor (0: K, 1: V) of a KV head.
    atom_counters& counters_of(std::uint32_t kv, unsigned tensor) {
        if (kv >= counters_.per_head.size())
            counters_.per_head.resize(kv + 1);
        return counters_.per_head[kv][tensor];
    }

  private:
    enum class state : std::uint8_t { free, in_flight, present };
    struct line_info {
        std::uint64_t atom = 0;
        std::uint32_t pins = 0;
        std::uint32_t used = 0;    // bit b: byte b was read
        std::uint32_t useful = 0;  // bit b: byte b is data
        std::uint32_t kv = 0;
        line_id next_free = no_line;
        std::uint8_t bank = 0;
        std::uint8_t tensor = 0;
        state where = state::free;
    };
    void account(const line_info& line);
    void free_all();

    unsigned banks_;
    unsigned lines_per_bank_;
    std::vector<line_info> lines_;
    std::vector<std::array<unsigned char, line_bytes>> data_;
    line_table table_;
    idle_lines idle_;
    std::vector<line_id> free_;         // [bank], chained by next_free
    std::vector<unsigned> free_count_;  // [bank]
    std::vector<unsigned> needed_;      // [bank], scratch of can_reserve
    std::unique_ptr<const replacement_policy> policy_;
    kv_buffer_counters& counters_;
    unsigned in_flight_ = 0;
    unsigned pinned_ = 0;
};

}  // namespace pade
