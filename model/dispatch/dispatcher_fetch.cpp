// What the keys of the dispatcher want from the KV buffer: atoms pinned, fetched and released.
#include "model/dispatch/dispatcher.h"

namespace pade {

void dispatcher::want_plane(unsigned c, std::uint16_t tag, unsigned plane) {
    live_key& k = columns_[c].key(tag);
    const k_place place = layout_->place(k.key, plane);
    k.atom[plane] = place.atom;
    const std::uint64_t address = address_of(k.kv, place.atom);
    k.address[plane] = address + place.offset;
    k.missing[plane] = 0;
    k.pinned = static_cast<std::uint8_t>(k.pinned | 1u << plane);
    const key_ref user{static_cast<std::uint16_t>(c), tag, static_cast<std::uint8_t>(plane)};
    bool all_known = true;
    for (unsigned part = 0; part < plane_atoms_; ++part) {
        std::uint32_t handle = 0;
        const atom_table::state state = atoms_.pin(k.kv, place.atom + part, user, handle);
        k.missing[plane] = static_cast<std::uint8_t>(k.missing[plane] + (state == atom_table::state::present ? 0 : 1));
        if (state != atom_table::state::absent)
            continue;
        all_known = false;
        const std::uint32_t atom = place.atom + part;
        fetch_item item = make_item(fetch_item::kind::fetch, k.kv, atom, part == 0 ? address : address_of(k.kv, atom));
        item.tag = handle;
        ++counters_.fetches;
        fetches_out_.push_back(item);
    }
    counters_.merged += all_known ? 1 : 0;
    if (trace_)
        trace_->wanted(c, k, plane, all_known);
    if (k.missing[plane] != 0)
        return;
    if (trace_)
        trace_->arrived(c, k, plane);
    columns_[c].arrived(tag, plane);
}

/// Unpins each plane of the key that no living row has still to be sent.
void dispatcher::drop_unneeded(unsigned c, std::uint16_t tag) {
    live_key& k = columns_[c].key(tag);
    for (unsigned pinned = k.pinned; pinned != 0; pinned &= pinned - 1) {
        const auto plane = static_cast<unsigned>(__builtin_ctz(pinned));
        if (k.to_come[plane] != 0)
            continue;
        k.pinned = static_cast<std::uint8_t>(k.pinned & ~(1u << plane));
        k.present = static_cast<std::uint8_t>(k.present & ~(1u << plane));  // a row that comes later fetches it anew
        const key_ref user{static_cast<std::uint16_t>(c), tag, static_cast<std::uint8_t>(plane)};
        for (unsigned part = 0; part < plane_atoms_; ++part) {
            const std::uint32_t atom = k.atom[plane] + part;
            if (atoms_.unpin(k.kv, atom, user))
                release(k.kv, atom,
                        part == 0 ? k.address[plane] & ~std::uint64_t{map_.atom_bytes() - 1} : address_of(k.kv, atom));
        }
    }
}

void dispatcher::release(std::uint32_t kv, std::uint32_t atom, std::uint64_t address) {
    ++counters_.releases;
    releases_out_.push_back(make_item(fetch_item::kind::release, kv, atom, address));
}

fetch_item dispatcher::make_item(fetch_item::kind kind, std::uint32_t kv, std::uint32_t atom,
                                 std::uint64_t address) const {
    fetch_item item;
    item.what = kind;
    item.of = fetch_item::tensor::k;
    item.kv = kv;
    item.address = address;
    item.bank = layout_->buffer_bank(atom);
    item.useful[0] = layout_->useful(atom);
    return item;
}

void dispatcher::send_fetches(cycle_t now) {
    unsigned left = params_.dispatch.fetches_per_cycle;
    const auto send_from = [&](std::deque<fetch_item>& queue, unsigned keep) {
        for (; left != 0 && !queue.empty() && fetch_credits_.available(now) > keep; --left) {
            fetch_credits_.take(now);
            ++counters_.fetch_items_out;
            k_fetch.send(queue.front(), now + params_.link.latency);
            queue.pop_front();
        }
    };
    // A release never waits behind fetches, and the last place is kept for it: the line that it gives up may be the one
    // that the fetches wait for. It cannot overtake a fetch of its own atom, which has come before there is a release.
    send_from(releases_out_, 0);
    send_from(fetches_out_, 1);
    if (left == 0 && (!fetches_out_.empty() || !releases_out_.empty()))
        wake();
}

}  // namespace pade
