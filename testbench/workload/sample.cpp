#include "testbench/workload/sample.h"

#include <algorithm>
#include <random>

namespace pade {

namespace {

/// Below `n`, without bias. The standard's distributions differ from library to library.
std::size_t below(std::mt19937_64& random, std::size_t n) {
    const std::uint64_t fair = std::mt19937_64::max() - std::mt19937_64::max() % n;
    std::uint64_t value = random();
    while (value >= fair)
        value = random();
    return static_cast<std::size_t>(value % n);
}

template <typename T>
void shuffle(std::mt19937_64& random, std::vector<T>& list) {
    for (std::size_t n = list.size(); n > 1; --n)
        std::swap(list[n - 1], list[below(random, n)]);
}

/// The KV heads of a model that a set can stand for: its groups in random order, cut into as many parts of `size` heads
/// as they have, no head in two.
std::vector<std::vector<unsigned>> deck_of(std::mt19937_64& random, const set_header& set, std::size_t size) {
    std::vector<std::vector<unsigned>> deck;
    for (std::vector<unsigned> group : set.groups) {
        shuffle(random, group);
        const std::size_t width = std::min(size, group.size());
        for (std::size_t first = 0; first + width <= group.size(); first += width) {
            deck.emplace_back(group.begin() + static_cast<std::ptrdiff_t>(first),
                              group.begin() + static_cast<std::ptrdiff_t>(first + width));
            std::sort(deck.back().begin(), deck.back().end());
        }
    }
    shuffle(random, deck);
    return deck;
}

}  // namespace

std::vector<sampled_run> sample_runs(const workload_part& part, const chosen_sets& sets, unsigned heads, unsigned rows,
                                     std::uint64_t seed) {
    const model_block& block = *part.block;
    const std::size_t group = block.heads / block.kv_heads;
    const std::size_t parts =
        part.phase == trace_phase::prefill ? 1 : std::clamp<std::size_t>(rows / group, 1, block.kv_heads);
    // Phases and kinds of layers draw for themselves: what one draws does not move the other.
    std::seed_seq seeds{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                        static_cast<std::uint32_t>(part.phase == trace_phase::decode),
                        static_cast<std::uint32_t>(part.number)};
    std::mt19937_64 random(seeds);
    const std::size_t a_run = parts * std::min(group, sets.sets[0].groups[0].size());
    const std::size_t runs = std::max<std::size_t>(1, (heads + a_run - 1) / a_run);
    const std::size_t count = sets.sets.size();
    std::vector<std::vector<std::vector<unsigned>>> decks;
    for (const set_header& set : sets.sets)
        decks.push_back(deck_of(random, set, group));
    std::vector<sampled_run> list;
    const auto draw_from = [&](std::size_t number) {
        auto& deck = decks[number];
        if (deck.empty())
            return;
        sampled_run run;
        run.set = sets.sets[number];
        bool repeats = false;
        while (run.what.groups.size() < parts) {
            if (deck.empty()) {  // a step needs all its rows: some heads come again
                deck = deck_of(random, run.set, group);
                repeats = true;
            }
            run.what.groups.push_back(deck.back());
            run.heads += static_cast<unsigned>(deck.back().size());
            deck.pop_back();
        }
        if (repeats)
            deck.clear();
        list.push_back(std::move(run));
    };
    if (runs < count)  // the middle of the n-th of `runs` equal stretches
        for (std::size_t n = 0; n < runs; ++n)
            draw_from((2 * n + 1) * count / (2 * runs));
    else
        for (std::size_t before = 1; list.size() < runs && before != list.size();) {
            before = list.size();
            for (std::size_t n = 0; n < count && list.size() < runs; ++n)
                draw_from(n);
        }
    return list;
}

}  // namespace pade
