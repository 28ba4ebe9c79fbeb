// With ISTA off the retained pairs of a block wait for its last decision. What the score memory cannot hold goes to
// DRAM, 8 B a pair, four pairs an atom, and comes back tile by tile when the block's last tile has closed (pade.md
// section 4, item 7). A part of the score queue, no module.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "model/vpu/memory_port.h"
#include "model/vpu/tile_parts.h"
#include "tlm/registered.h"

namespace pade {

class score_spill {
  public:
    static constexpr unsigned pairs_per_atom = 4;
    static constexpr unsigned atom_bytes = 32;
    static constexpr unsigned pair_bytes = 8;

    /// A pair that came back, and the tile it belongs to, counted in the order of the block's tiles.
    struct returned {
        std::size_t tile = 0;
        score_entry pair;
    };

    /// At most `in_flight` requests are unanswered at a time.
    score_spill(memory_port& port, unsigned in_flight)
        : port_(port), in_flight_(in_flight), requests_(in_flight), answers_(in_flight) {}

    /// Where the spilled pairs of a block lie; the region is used from its start for each block.
    void set_region(std::uint64_t address) { region_ = address; }
    void begin_block(std::size_t tiles);
    void add(std::size_t tile, const score_entry& pair);
    /// No further pair of this tile will come.
    void close(std::size_t tile);

    /// One request at most. `read_back`: the block is complete, pairs may return; `room`: pairs that fit into the score
    /// memory; the tile `oldest` may always be read. Returns true when a request was sent.
    bool step(cycle_t now, bool read_back, std::size_t oldest, std::size_t room);
    /// Answers of the port; `now` is the edge at which they come.
    void on_answer(std::uint32_t tag, const tlm::tlm_generic_payload& payload, cycle_t now);
    /// The next pair that came back, if it may be seen at `now`.
    bool take(cycle_t now, returned& pair);

    /// All pairs of this tile are back.
    bool is_back(std::size_t tile) const { return logs_[tile].back == logs_[tile].spilled; }
    /// Atoms that wait to be written.
    std::size_t atoms_waiting() const { return writes_.size(); }
    /// Pairs on chip that have still to be written.
    std::uint64_t pairs_waiting() const { return pairs_waiting_; }
    /// Pairs that are in DRAM or under way, and not back.
    std::uint64_t pairs_away() const { return pairs_ - pairs_waiting_ - pairs_back_; }
    std::uint64_t pairs() const { return pairs_; }
    std::uint64_t pairs_back() const { return pairs_back_; }
    std::uint64_t requests() const { return sent_; }
    std::uint64_t bytes_written() const { return bytes_written_; }
    std::uint64_t bytes_read() const { return bytes_read_; }
    std::uint64_t bytes_padding() const { return bytes_padding_; }

  private:
    struct atom {
        std::uint64_t address = 0;
        unsigned pairs = 0;
    };
    struct tile_log {
        std::array<score_entry, pairs_per_atom> partial{};
        unsigned partial_pairs = 0;
        std::vector<atom> atoms;
        std::size_t asked = 0;  ///< atoms read or being read
        std::uint64_t spilled = 0;
        std::uint64_t back = 0;
    };
    struct write {
        std::uint64_t address = 0;
        unsigned pairs = 0;
        std::array<unsigned char, atom_bytes> bytes{};
    };
    struct answer {
        std::size_t tile = 0;
        unsigned pairs = 0;
        bool was_write = false;
        std::array<score_entry, pairs_per_atom> entries{};
    };
    struct request {
        bool open = false;
        bool write = false;
        std::size_t tile = 0;
        unsigned pairs = 0;
    };
    void write_partial(tile_log& log);
    std::uint32_t free_request() const;

    memory_port& port_;
    const unsigned in_flight_;
    std::uint64_t region_ = 0;
    std::uint64_t next_ = 0;  ///< bytes of the region in use
    std::vector<tile_log> logs_;
    std::deque<write> writes_;
    std::vector<request> requests_;
    registered_fifo<answer> answers_;
    answer current_;  ///< being handed out
    unsigned current_next_ = 0;
    unsigned unanswered_ = 0;
    unsigned unanswered_writes_ = 0;
    std::size_t pairs_asked_ = 0;  ///< in reads that are under way
    std::size_t next_tile_ = 0;    ///< tiles before it have been asked for
    std::uint64_t pairs_ = 0;
    std::uint64_t pairs_waiting_ = 0;
    std::uint64_t pairs_back_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t bytes_written_ = 0;
    std::uint64_t bytes_read_ = 0;
    std::uint64_t bytes_padding_ = 0;
};

}  // namespace pade
