// What a correct dispatcher may do, followed item by item by the stub peers of its tests: each pair from admission to
// its end, each atom from its fetch to its release, tiles, blocks. Knows no SystemC; what breaks a rule is noted as a
// line.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/dispatch/column.h"
#include "model/job.h"
#include "model/layout/k_layout.h"
#include "model/params.h"
#include "tlm/payloads.h"

namespace pade::dispatch_test {

/// One read at a K port, with the rows that the delivery must go to.
struct expected_delivery {
    std::uint32_t key = 0;
    unsigned plane = 0;
    std::vector<std::pair<std::uint64_t, row_mask>> asking;  ///< block, rows: two blocks may want one plane
    cycle_t read_at = 0;
    cycle_t answered_at = 0;  ///< 0: not yet
    unsigned parts_read = 1;  ///< a plane that is spread over several atoms comes by as many reads
    unsigned parts_answered = 0;
};

/// One delivery as the lanes of a column got it.
struct delivery {
    cycle_t at = 0;  ///< edge at which it was sent
    unsigned column = 0;
    std::uint32_t key = 0;
    unsigned plane = 0;
    row_mask rows = 0;
};

struct admission {
    cycle_t at = 0;
    unsigned column = 0;
    std::uint64_t block = 0;
    std::uint32_t key = 0;
    std::uint32_t kv = 0;
    row_mask rows = 0;
    bool more = false;  ///< of a row: it was told that more keys follow
};

class ledger {
  public:
    ledger(const params& p, std::shared_ptr<const job> work);

    // Items of the dispatcher; `now` is the edge at which they are sent.
    void fetch_queries(const block_ptr& block, cycle_t now);
    void load_queries(const block_ptr& block, cycle_t now);
    void fetch(const fetch_item& item, cycle_t now);
    void admit(unsigned lane, const plane_item& item, cycle_t now);
    /// The read whose answer goes to the rows that ask now, or a further part of the plane. `bit`: as in plane_select,
    /// or no_bit.
    void read(unsigned column, std::uint64_t address, unsigned bytes, unsigned bit, cycle_t now);
    static constexpr unsigned no_bit = 15;
    void deliver(unsigned lane, const plane_item& item, cycle_t now);
    void tile(const tile_item& item, cycle_t now);
    void finished(const job_item& item, cycle_t now);

    // Items of the peers; from `visible` on the dispatcher knows.
    void loaded(std::uint64_t block, cycle_t visible) { loaded_.push_back({block, visible}); }
    void arrived(std::uint64_t address, cycle_t visible) { atoms_[address].arrived_at = visible; }
    void answered(unsigned column, cycle_t now);
    void decided(unsigned lane, const verdict_item& item, cycle_t visible);
    void left(cycle_t visible) { left_.push_back(visible); }
    void written(cycle_t visible) { written_.push_back(visible); }
    void level(bool above, bool closed_waits, cycle_t visible) { levels_.push_back({above, closed_waits, visible}); }
    /// A place of the lane's FIFO is free.
    void taken(unsigned lane) { --lanes_[lane].fifo; }

    /// The same job is started once more.
    void restart();
    /// After the run: everything that had to happen has happened.
    void check_end();

    /// The byte that the test's DRAM holds.
    static std::uint8_t byte_at(std::uint64_t address) {
        return static_cast<std::uint8_t>((address * 0x9e3779b97f4a7c15u) >> 37);
    }

    const std::vector<std::string>& problems() const { return problems_; }
    void problem(cycle_t now, const std::string& text);

    // What happened.
    std::vector<admission> admissions;      ///< of each key, with the edge of the first row and all its rows
    std::vector<admission> row_admissions;  ///< of each row
    std::vector<delivery> deliveries;
    std::vector<fetch_item> fetches;  ///< without releases
    std::vector<cycle_t> fetched_at;
    std::vector<std::pair<cycle_t, query_command>> commands;
    std::vector<std::pair<cycle_t, tile_item>> tiles;
    std::uint64_t releases = 0;
    std::uint64_t flushes = 0;
    std::uint64_t reads = 0;
    std::uint64_t pairs_ended = 0;
    cycle_t finished_at = 0;
    unsigned most_entries = 0;  ///< in one lane
    unsigned most_open = 0;     ///< tiles
    const k_layout& layout() const { return *layout_; }

  private:
    struct pair_state {
        bool admitted = false;
        bool ended = false;
        bool asks = false;
        std::uint8_t plane = 0;  ///< that it waits for, or that the lane has
        std::uint8_t most_asked = 0;
        std::uint16_t tag = 0;
    };
    struct block_state {
        block_ptr info;
        bool begun = false;
        std::size_t closed = 0;
        std::uint64_t first_tile = 0;
        std::vector<pair_state> pairs;  // [row][key]
    };
    struct tile_state {
        std::uint32_t left = 0;
        std::uint32_t retained = 0;
    };
    struct atom_state {
        bool wanted = false;
        cycle_t arrived_at = ~cycle_t{0};
    };
    struct lane_state {
        unsigned entries = 0;
        unsigned fifo = 0;
    };
    struct live_key {
        std::uint64_t block = 0;
        std::uint32_t key = 0;
        std::uint32_t kv = 0;
        row_mask rows = 0;
    };
    struct decision {
        cycle_t visible = 0;
        unsigned lane = 0;
        verdict_item item;
    };
    struct place {
        std::uint32_t kv = 0;
        std::uint32_t key = 0;
        unsigned plane = 0;
        unsigned part = 0;  ///< atom of the plane
    };

    static std::uint64_t read_key(std::uint64_t address, unsigned bit) { return address * 16 + bit; }
    void settle(cycle_t now);
    void begin_block(std::uint64_t id);
    pair_state& pair(std::uint64_t block, unsigned row, std::uint32_t key) {
        return blocks_.at(block).pairs[std::size_t{row} * job_->keys + key];
    }
    std::uint64_t tile_of(std::uint64_t block, std::uint32_t key) const;
    std::uint64_t seen(const std::deque<cycle_t>& edges, cycle_t now) const;

    const params params_;
    std::shared_ptr<const job> job_;
    const unsigned rows_;
    const unsigned blocks_in_flight_;
    const address_map map_;
    std::unique_ptr<k_layout> layout_;
    std::unordered_map<std::uint64_t, place> places_;  // read_key of a plane of a key
    std::unordered_map<std::uint64_t, std::vector<place>> in_atom_;

    std::map<std::uint64_t, block_state> blocks_;
    std::vector<tile_state> tiles_;  // by sequence number
    std::uint64_t highest_tile_ = 0;
    bool any_tile_ = false;
    std::vector<lane_state> lanes_;
    std::vector<std::map<std::uint16_t, live_key>> live_;  // [column][tag]
    std::vector<std::deque<expected_delivery>> expected_;  // [column]
    std::vector<delivery> current_;                        // [column] rows still to come at this edge
    std::unordered_map<std::uint64_t, atom_state> atoms_;
    std::deque<decision> decisions_;

    struct loaded_item {
        std::uint64_t block;
        cycle_t visible;
    };
    struct level_state {
        bool above = false;
        bool closed_waits = false;
        cycle_t visible = 0;
    };
    std::deque<loaded_item> loaded_;
    std::deque<cycle_t> left_;
    std::deque<cycle_t> written_;
    std::deque<level_state> levels_;
    level_state level_;
    std::uint64_t blocks_fetched_ = 0;
    std::uint64_t blocks_loaded_ = 0;
    std::uint64_t jobs_ = 1;
    std::uint32_t step_ = 0;
    bool flush_due_ = false;
    cycle_t fetch_edge_ = 0;
    unsigned fetches_of_edge_ = 0;
    std::vector<std::vector<bool>> covered_;  // [head][query]
    std::vector<std::string> problems_;
};

}  // namespace pade::dispatch_test
