#include "model/vpu/score_spill.h"

#include <cstring>

namespace pade {

namespace {
// A pair in DRAM: 24 bits of key with the row above them, then the score.
std::uint64_t encode(const score_entry& pair) {
    return pair.key | std::uint64_t{pair.row} << 24 | std::uint64_t{static_cast<std::uint32_t>(pair.score)} << 32;
}

score_entry decode(std::uint64_t word) {
    score_entry pair;
    pair.key = static_cast<std::uint32_t>(word & 0xffffffU);
    pair.row = static_cast<std::uint8_t>(word >> 24);
    pair.score = static_cast<std::int32_t>(static_cast<std::uint32_t>(word >> 32));
    return pair;
}
}  // namespace

void score_spill::begin_block(std::size_t tiles) {
    if (!writes_.empty() || unanswered_ != 0)
        throw internal_error("score queue: a block begins while pairs of the one before are on their way to DRAM");
    logs_.assign(tiles, tile_log{});
    next_ = 0;
    next_tile_ = 0;
}

void score_spill::add(std::size_t tile, const score_entry& pair) {
    tile_log& log = logs_.at(tile);
    log.partial[log.partial_pairs++] = pair;
    ++log.spilled;
    ++pairs_;
    ++pairs_waiting_;
    if (log.partial_pairs == pairs_per_atom)
        write_partial(log);
}

void score_spill::close(std::size_t tile) {
    if (logs_.at(tile).partial_pairs != 0)
        write_partial(logs_[tile]);
}

void score_spill::write_partial(tile_log& log) {
    write w;
    w.address = region_ + next_;
    w.pairs = log.partial_pairs;
    std::array<std::uint64_t, pairs_per_atom> words{};
    for (unsigned i = 0; i < log.partial_pairs; ++i)
        words[i] = encode(log.partial[i]);
    std::memcpy(w.bytes.data(), words.data(), atom_bytes);
    writes_.push_back(w);
    log.atoms.push_back({w.address, log.partial_pairs});
    log.partial_pairs = 0;
    next_ += atom_bytes;
}

std::uint32_t score_spill::free_request() const {
    std::uint32_t tag = 0;
    while (requests_[tag].open)
        ++tag;
    return tag;
}

bool score_spill::step(cycle_t now, bool read_back, std::size_t oldest, std::size_t room) {
    if (unanswered_ == in_flight_ || !port_.can_request(now))
        return false;
    if (!writes_.empty()) {
        const write w = writes_.front();
        writes_.pop_front();
        const std::uint32_t tag = free_request();
        requests_[tag] = {true, true, 0, 0};
        ++unanswered_;
        ++unanswered_writes_;
        bytes_written_ += atom_bytes;
        pairs_waiting_ -= w.pairs;
        ++sent_;
        port_.write(w.address, w.bytes.data(), atom_bytes, tag);
        return true;
    }
    // Atoms are read when all of them are written: DRAM may reorder a read before a write to another bank.
    if (!read_back || unanswered_writes_ != 0)
        return false;
    while (next_tile_ < logs_.size() && logs_[next_tile_].asked == logs_[next_tile_].atoms.size())
        ++next_tile_;
    if (next_tile_ == logs_.size())
        return false;
    tile_log& log = logs_[next_tile_];
    const atom& a = log.atoms[log.asked];
    if (next_tile_ != oldest && pairs_asked_ + a.pairs > room)
        return false;
    const std::uint32_t tag = free_request();
    requests_[tag] = {true, false, next_tile_, a.pairs};
    ++unanswered_;
    ++log.asked;
    pairs_asked_ += a.pairs;
    bytes_read_ += atom_bytes;
    bytes_padding_ += atom_bytes - a.pairs * pair_bytes;
    ++sent_;
    port_.read(a.address, atom_bytes, tag);
    return true;
}

void score_spill::on_answer(std::uint32_t tag, const tlm::tlm_generic_payload& payload, cycle_t now) {
    answer a;
    a.tile = requests_[tag].tile;
    a.pairs = requests_[tag].pairs;
    a.was_write = requests_[tag].write;
    std::array<std::uint64_t, pairs_per_atom> words{};
    std::memcpy(words.data(), payload.get_data_ptr(), atom_bytes);
    for (unsigned i = 0; i < a.pairs; ++i)
        a.entries[i] = decode(words[i]);
    // unanswered_ falls when the answer is seen, at the next edge, so nothing depends on who ran first within this one.
    requests_[tag].open = false;
    answers_.push(a, now + 1);
}

bool score_spill::take(cycle_t now, returned& pair) {
    while (current_next_ == current_.pairs) {
        if (!answers_.ready(now))
            return false;
        current_ = answers_.front();
        current_next_ = 0;
        answers_.pop();
        --unanswered_;
        if (current_.was_write)
            --unanswered_writes_;
        pairs_asked_ -= current_.pairs;
    }
    pair.tile = current_.tile;
    pair.pair = current_.entries[current_next_++];
    ++logs_[pair.tile].back;
    ++pairs_back_;
    return true;
}

}  // namespace pade
