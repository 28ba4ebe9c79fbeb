#include "testbench/dram/patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "model/dispatch/tile_order.h"
#include "model/errors.h"
#include "model/layout/k_layout.h"

namespace pade {

namespace {

/// A pseudo channel's bursts, numbered in the order of their addresses.
class bursts_of_channel {
  public:
    bursts_of_channel(const address_map& map, unsigned channel) {
        address_map::location at;
        at.pseudo_channel = channel;
        base_ = map.encode(at);
        for (unsigned bit = 0; (std::uint64_t{1} << bit) < map.bytes(); ++bit) {
            const auto where = map.decode(std::uint64_t{1} << bit);
            if (where.pseudo_channel == 0 && where.offset == 0)
                bits_.push_back(bit);
        }
    }
    std::uint64_t count() const { return std::uint64_t{1} << bits_.size(); }
    std::uint64_t address(std::uint64_t number) const {
        std::uint64_t result = base_;
        for (std::size_t n = 0; n < bits_.size(); ++n)
            result |= (number >> n & 1) << bits_[n];
        return result;
    }

  private:
    std::uint64_t base_ = 0;
    std::vector<unsigned> bits_;
};

class maker {
  public:
    maker(const pattern_options& options, const params& p, const address_map& map)
        : o_(options), p_(p), map_(map), random_(options.seed) {
        used_ = o_.channels == 0 ? map.pseudo_channels() : o_.channels;
        for (unsigned c = 0; c < used_; ++c)
            bursts_.emplace_back(map, c);
    }

    request_list make() {
        if (o_.name == "sequential")
            each([&](unsigned c, std::uint32_t n) { return bursts_[c].address(n % bursts_[c].count()); });
        else if (o_.name == "random" || o_.name == "chain")
            each([&](unsigned c, std::uint32_t) { return bursts_[c].address(random_() % bursts_[c].count()); });
        else if (o_.name == "one_bank")
            each([&](unsigned c, std::uint32_t n) { return map_.encode({n % map_.rows(), 0, 0, c, 0, 0}); });
        else if (o_.name == "idle")
            idle();
        else if (o_.name == "strided")
            strided();
        else
            planes();
        return std::move(list_);
    }

  private:
    /// address(channel, number) for each, the channels in turn.
    template <typename F>
    void each(F address) {
        const bool chained = o_.name == "chain";
        for (std::uint32_t n = 0; n < o_.count; ++n)
            for (unsigned c = 0; c < used_; ++c) {
                const std::uint64_t before = std::uint64_t{o_.chains} * used_;
                const bool first = !chained || list_.size() < before;
                add(address(c, n), std::uint64_t{n} * o_.interval,
                    first ? memory_request::no_line : static_cast<std::uint32_t>(list_.size() - before));
            }
    }

    void add(std::uint64_t address, std::uint64_t cycle, std::uint32_t after = memory_request::no_line) {
        const bool write = o_.writes > 0 && std::uniform_real_distribution<>(0, 1)(random_) < o_.writes;
        list_.push_back({address, cycle, after, write});
    }

    void idle() {
        const std::uint32_t rows = map_.rows(), banks = map_.banks();
        each([&](unsigned c, std::uint32_t n) {
            // In turn: a closed bank, its row again, another row of it. Refreshes close banks in between.
            const std::uint32_t bank = n / 3 % banks;
            return map_.encode({n % 3 == 2 ? (n + 1) % rows : n / 3 % rows, bank / map_.bank_groups(),
                                bank % map_.bank_groups(), c, 0, 0});
        });
        for (std::size_t n = 0; n < list_.size(); ++n)
            list_[n].cycle = n / used_ * 1000;
    }

    void strided() {
        const std::uint64_t total = std::uint64_t{o_.count} * used_;
        for (std::uint64_t n = 0; n < total; ++n)
            add(n * o_.stride % map_.bytes(), n / used_ * o_.interval);
    }

    /// Atoms of K in the order in which the dispatcher's keys want them.
    void planes() {
        // Share of the keys alive before each plane: decode, 2048 keys, alpha 1 (docs/pade.md, section 6).
        constexpr std::array<double, 8> alive = {1, .99, .85, .45, .21, .12, .09, .07};
        const auto layout = make_k_layout(p_.layout, map_, {o_.keys, o_.head_dim, p_.lane.key_bits});
        std::map<std::uint32_t, std::uint32_t> line_of;  // of an atom
        const std::uint32_t tiles = (o_.keys + p_.tile.keys - 1) / p_.tile.keys;
        for (const std::uint32_t tile : (*make_tile_order(p_.ista.order))(tiles))
            for (std::uint32_t key = tile * p_.tile.keys; key < std::min((tile + 1) * p_.tile.keys, o_.keys); ++key) {
                const double fate = std::uniform_real_distribution<>(0, 1)(random_);
                std::uint32_t before = memory_request::no_line;
                for (unsigned plane = 0; plane < p_.lane.key_bits && fate < alive[plane]; ++plane) {
                    const std::uint32_t first = layout->place(key, plane).atom;
                    std::uint32_t newest = before;
                    for (std::uint32_t atom = first; atom < first + layout->plane_atoms(); ++atom) {
                        const auto [found, fresh] = line_of.emplace(atom, static_cast<std::uint32_t>(list_.size()));
                        if (fresh)
                            add(layout->address(0, atom), 0,
                                plane < p_.dispatch.unconditional_planes ? memory_request::no_line : before);
                        newest = found->second;
                    }
                    before = newest;
                }
            }
    }

    const pattern_options& o_;
    const params& p_;
    const address_map& map_;
    std::mt19937_64 random_;
    unsigned used_ = 0;
    std::vector<bursts_of_channel> bursts_;
    request_list list_;
};

}  // namespace

const std::vector<pattern_text>& pattern_names() {
    static const std::vector<pattern_text> names = {
        {"sequential", "bursts in the order of their addresses"},
        {"random", "bursts anywhere"},
        {"strided", "a burst every --stride bytes"},
        {"one_bank", "another row of one bank each time"},
        {"idle", "hit, closed bank and conflict, far apart"},
        {"chain", "random reads, each after the one before of its chain (--chains)"},
        {"planes", "the bit planes of one head's K, as layout.k stores them (--keys, --head-dim)"}};
    return names;
}

request_list make_pattern(const pattern_options& options, const params& p, const address_map& map) {
    const auto refuse = [](const std::string& what, const std::string& allowed) {
        throw input_error(what + "; allowed: " + allowed);
    };
    std::string names;
    for (const pattern_text& each : pattern_names())
        names += (names.empty() ? "" : ", ") + std::string(each.name);
    const auto known = [&](const pattern_text& each) { return options.name == each.name; };
    if (std::none_of(pattern_names().begin(), pattern_names().end(), known))
        refuse(fmt::format("--pattern: '{}'", options.name), names);
    if (options.channels > map.pseudo_channels())
        refuse(fmt::format("--channels is {}", options.channels),
               fmt::format("0 (all) to dram.pseudo_channels, {}", map.pseudo_channels()));
    const std::uint64_t used = options.channels == 0 ? map.pseudo_channels() : options.channels;
    if (options.count == 0 || options.count * used > 1u << 28)
        refuse(fmt::format("--count is {}", options.count), fmt::format("1 to {}", (1u << 28) / used));
    if (std::uint64_t{options.interval} * options.count > memory_request::last_cycle)
        refuse(fmt::format("--interval is {}", options.interval),
               fmt::format("0 to {} for --count {}", memory_request::last_cycle / options.count, options.count));
    if (!(options.writes >= 0 && options.writes <= 1))
        refuse(fmt::format("--writes is {}", options.writes), "0 to 1");
    if (options.chains == 0)
        refuse("--chains is 0", "at least 1");
    if (options.stride == 0 || options.stride % map.atom_bytes() != 0)
        refuse(fmt::format("--stride is {}", options.stride), fmt::format("multiples of {} B", map.atom_bytes()));
    if (options.name == "planes" && map.atom_bytes() != 32)
        refuse(fmt::format("--pattern planes with bursts of {} B", map.atom_bytes()), "bursts of 32 B, an atom of K");
    return maker(options, p, map).make();
}

}  // namespace pade
