#include "model/dispatch/atom_table.h"

#include <algorithm>

#include "model/errors.h"

namespace pade {

void atom_table::reset(std::uint32_t kv_heads, std::uint32_t atoms) {
    if (records_in_use() != 0)
        throw internal_error("atom_table: atoms are still in use at the start of a job");
    atoms_ = atoms;
    index_.assign(std::size_t{kv_heads} * atoms, none);
}

atom_table::state atom_table::pin(std::uint32_t kv, std::uint32_t atom, key_ref user, std::uint32_t& handle) {
    std::uint32_t& place = index(kv, atom);
    if (place != none) {
        handle = place;
        record& r = records_[place];
        r.users.push_back(user);
        return r.in_flight ? state::in_flight : state::present;
    }
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(records_.size()));
        records_.emplace_back();
    }
    handle = place = free_.back();
    free_.pop_back();
    record& r = records_[place];
    r.kv = kv;
    r.atom = atom;
    r.in_flight = true;
    r.users.push_back(user);
    return state::absent;
}

bool atom_table::unpin(std::uint32_t kv, std::uint32_t atom, key_ref user) {
    const std::uint32_t handle = index(kv, atom);
    if (handle == none)
        throw internal_error("atom_table: an atom was unpinned that nobody had pinned");
    record& r = records_[handle];
    const auto it = std::find_if(r.users.begin(), r.users.end(), [&](const key_ref& u) {
        return u.column == user.column && u.tag == user.tag && u.plane == user.plane;
    });
    if (it == r.users.end())
        throw internal_error("atom_table: an atom was unpinned by a key that had not pinned it");
    *it = r.users.back();
    r.users.pop_back();
    if (!r.users.empty() || r.in_flight)
        return false;
    forget(handle);
    return true;
}

bool atom_table::arrived(std::uint32_t handle) {
    record& r = records_[handle];
    if (!r.in_flight)
        throw internal_error("atom_table: an atom arrived that was not in flight");
    r.in_flight = false;
    if (!r.users.empty())
        return false;
    forget(handle);
    return true;
}

void atom_table::forget(std::uint32_t handle) {
    record& r = records_[handle];
    index(r.kv, r.atom) = none;
    free_.push_back(handle);
}

}  // namespace pade
