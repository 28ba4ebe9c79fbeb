// The atoms of K that live keys want: requests in flight merge here, and an atom stays pinned in the KV buffer as long
// as some live key has still to read from it (pade.md section 4, items 3, 4 and 9).
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <vector>

namespace pade {

/// A live key as the dispatcher knows it: its column, and its number there.
struct key_ref {
    std::uint16_t column = 0;
    std::uint16_t tag = 0;
    std::uint8_t plane = 0;
};

class atom_table {
  public:
    struct record {
        std::uint32_t kv = 0;
        std::uint32_t atom = 0;
        bool in_flight = false;
        boost::container::small_vector<key_ref, 8> users;
    };

    /// kv_heads heads of `atoms` atoms each.
    void reset(std::uint32_t kv_heads, std::uint32_t atoms);

    enum class state { absent, in_flight, present };
    /// `user` wants the atom. `absent`: the caller must fetch it; it is in flight from now on.
    state pin(std::uint32_t kv, std::uint32_t atom, key_ref user, std::uint32_t& handle);
    /// `user` has no more use for it. True when nobody has and it is present: the caller must release it; it is
    /// forgotten.
    bool unpin(std::uint32_t kv, std::uint32_t atom, key_ref user);
    /// The fetch `handle` is complete. True when nobody wants it any more: release it; it is forgotten.
    bool arrived(std::uint32_t handle);
    const record& at(std::uint32_t handle) const { return records_[handle]; }
    /// Calls f(user) for all users of a record.
    template <typename F>
    void for_each_user(std::uint32_t handle, F&& f) const {
        for (const key_ref& user : records_[handle].users)
            f(user);
    }
    std::uint32_t records_in_use() const { return static_cast<std::uint32_t>(records_.size() - free_.size()); }

  private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    std::uint32_t& index(std::uint32_t kv, std::uint32_t atom) { return index_[std::size_t{kv} * atoms_ + atom]; }
    void forget(std::uint32_t handle);

    std::uint32_t atoms_ = 0;
    std::vector<std::uint32_t> index_;  // [kv][atom] -> record, or none
    std::vector<record> records_;
    std::vector<std::uint32_t> free_;
};

}  // namespace pade
