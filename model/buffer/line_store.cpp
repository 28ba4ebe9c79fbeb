#include "model/buffer/line_store.h"

#include <cstring>

namespace pade {

namespace {
unsigned ones(std::uint32_t mask) {
    return static_cast<unsigned>(__builtin_popcount(mask));
}
}  // namespace

line_store::line_store(const buffer_params& params, kv_buffer_counters& counters)
    : banks_(params.banks),
      lines_per_bank_(params.kv_bytes / line_bytes / params.banks),
      lines_(std::size_t{banks_} * lines_per_bank_),
      data_(lines_.size()),
      table_(lines_.size()),
      idle_(banks_, lines_.size()),
      free_(banks_, no_line),
      free_count_(banks_, 0),
      needed_(banks_, 0),
      policy_(make_replacement_policy(params.replacement)),
      counters_(counters) {
    free_all();
}

void line_store::free_all() {
    for (unsigned b = 0; b < banks_; ++b) {
        free_[b] = no_line;
        free_count_[b] = lines_per_bank_;
        for (unsigned i = lines_per_bank_; i-- > 0;) {
            const line_id id = b * lines_per_bank_ + i;
            lines_[id] = line_info{};
            lines_[id].bank = static_cast<std::uint8_t>(b);
            lines_[id].next_free = free_[b];
            free_[b] = id;
        }
    }
}

bool line_store::can_reserve(const request* requests, unsigned count) {
    if (count == 1) {
        const request& r = requests[0];
        return r.line != no_line || free_count_[r.bank] + idle_.count(r.bank) > 0;
    }
    bool enough = true;
    for (unsigned i = 0; i < count; ++i) {
        const request& r = requests[i];
        if (r.line == no_line)
            ++needed_[r.bank];
        else if (present(r.line) && lines_[r.line].pins == 0)
            ++needed_[lines_[r.line].bank];  // it will be pinned, so it is no victim for the others
    }
    for (unsigned i = 0; i < count; ++i) {
        const request& r = requests[i];
        const unsigned b = r.line == no_line ? r.bank : lines_[r.line].bank;
        if (needed_[b] > free_count_[b] + idle_.count(b))
            enough = false;
    }
    for (unsigned i = 0; i < count; ++i) {
        const request& r = requests[i];
        needed_[r.line == no_line ? r.bank : lines_[r.line].bank] = 0;
    }
    return enough;
}

void line_store::pin(line_id id, std::uint32_t useful) {
    line_info& line = lines_[id];
    if (line.pins++ == 0) {
        ++pinned_;
        if (line.where == state::present)
            idle_.remove(line.bank, id);
    }
    line.useful |= useful;
    atom_counters& count = counters_of(line.kv, line.tensor);
    ++(line.where == state::present ? count.hits : count.merges);
}

line_id line_store::reserve(std::uint64_t atom, unsigned bank, unsigned tensor, std::uint32_t kv,
                            std::uint32_t useful) {
    line_id id = free_[bank];
    if (id != no_line) {
        free_[bank] = lines_[id].next_free;
        --free_count_[bank];
    } else {
        id = policy_->victim(idle_, bank);
        line_info& gone = lines_[id];
        idle_.remove(bank, id);
        table_.erase(gone.atom, id, [this](line_id line) { return lines_[line].atom; });
        account(gone);
        ++counters_of(gone.kv, gone.tensor).evictions;
    }
    line_info& line = lines_[id];
    line.atom = atom;
    line.pins = 1;
    line.used = 0;
    line.useful = useful;
    line.kv = kv;
    line.tensor = static_cast<std::uint8_t>(tensor);
    line.where = state::in_flight;
    table_.insert(atom, id);
    ++in_flight_;
    ++pinned_;
    ++counters_of(kv, tensor).misses;
    return id;
}

bool line_store::unpin(line_id id) {
    line_info& line = lines_[id];
    if (line.pins == 0)
        return false;
    if (--line.pins == 0) {
        --pinned_;
        if (line.where == state::present)
            idle_.add_newest(line.bank, id);
    }
    return true;
}

void line_store::fill(line_id id, const unsigned char* data) {
    line_info& line = lines_[id];
    std::memcpy(data_[id].data(), data, line_bytes);
    line.where = state::present;
    --in_flight_;
    counters_of(line.kv, line.tensor).bytes_read += line_bytes;
    if (line.pins == 0)
        idle_.add_newest(line.bank, id);
}

const unsigned char* line_store::read(line_id id, unsigned offset, unsigned bytes) {
    const std::uint32_t mask = bytes >= 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << bytes) - 1;
    lines_[id].used |= mask << offset;
    return data_[id].data() + offset;
}

void line_store::account(const line_info& line) {
    atom_counters& count = counters_of(line.kv, line.tensor);
    count.bytes_used += ones(line.useful & line.used);
    count.bytes_unused += ones(line.useful & ~line.used);
    count.bytes_padding += ones(~line.useful);
}

void line_store::flush() {
    account_all();
    for (unsigned b = 0; b < banks_; ++b) {
        while (idle_.count(b) != 0)
            idle_.remove(b, idle_.oldest(b));
    }
    table_.clear();
    free_all();
}

void line_store::account_all() {
    for (const line_info& line : lines_) {
        if (line.where == state::present)
            account(line);
    }
}

}  // namespace pade
