// The lane's scoreboard: one entry a key from admission to decision, with its token, next plane and partial score
// (20 + 3 + 22 bits and one for the block; pade.md section 3).
#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace pade {

class scoreboard {
  public:
    struct alignas(16) entry {
        std::uint32_t key = 0;
        std::int32_t partial = 0;  ///< S^r, r = next_plane planes known
        std::uint8_t slot = 0;
        std::uint8_t next_plane = 0;
        bool live = false;
    };

    explicit scoreboard(unsigned entries);

    bool full() const { return used_ == capacity_; }
    unsigned used() const { return used_; }
    unsigned capacity() const { return capacity_; }

    /// Takes an entry for `key`. tag: the number under which it is found again. Throws internal_error when full.
    void admit(std::uint16_t tag, std::uint32_t key, std::uint8_t slot);
    /// The entry of a live key. Throws internal_error when `tag` has no entry, or another key's.
    entry& find(std::uint16_t tag, std::uint32_t key, std::uint8_t slot);
    void retire(std::uint16_t tag);

  private:
    [[noreturn]] void lost(const char* what, std::uint32_t key) const;

    void grow(std::uint32_t tags);

    // By the dispatcher's tag. Hardware has `capacity_` places and compares the token with all of them at once. Not a
    // vector: 16 B, beside the lane's FIFO in one line of cache.
    std::unique_ptr<entry[]> entries_;
    std::uint32_t tags_ = 0;
    std::uint16_t capacity_;
    std::uint16_t used_ = 0;
};

inline scoreboard::entry& scoreboard::find(std::uint16_t tag, std::uint32_t key, std::uint8_t slot) {
    if (tag >= tags_ || !entries_[tag].live)
        lost("a plane came for a key without an entry", key);
    entry& e = entries_[tag];
    if (e.key != key || e.slot != slot)
        lost("the entry belongs to another key", key);
    return e;
}

}  // namespace pade
