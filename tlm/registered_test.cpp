// What a registered link promises: not at N-1, at N.
#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <random>
#include <utility>

#include "tlm/registered.h"

using namespace pade;

TEST_CASE("an item sent at edge n with latency l is visible at n + l and not before") {
    for (const cycle_t latency : {1U, 2U, 7U}) {
        registered_fifo<int> fifo;
        const cycle_t sent = 100;
        fifo.push(42, sent + latency);
        CHECK_FALSE(fifo.empty());
        CHECK_FALSE(fifo.ready(sent));
        CHECK_FALSE(fifo.ready(sent + latency - 1));
        CHECK(fifo.ready(sent + latency));
        CHECK(fifo.ready(sent + latency + 1000));
        CHECK(fifo.visible_at() == sent + latency);
        CHECK(fifo.front() == 42);
        fifo.pop();
        CHECK(fifo.empty());
        CHECK_FALSE(fifo.ready(sent + latency));
    }
}

TEST_CASE("the oldest item holds back those behind it") {
    registered_fifo<int> fifo;
    fifo.push(1, 10);
    fifo.push(2, 5);
    CHECK_FALSE(fifo.ready(9));
    CHECK(fifo.ready(10));
    fifo.pop();
    CHECK(fifo.ready(5));
    CHECK(fifo.front() == 2);
}

TEST_CASE("a FIFO keeps order over wrap and growth") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U);
    INFO("seed " << seed);
    std::minstd_rand engine(seed);
    const auto random = [&engine] { return static_cast<unsigned>(engine()); };
    registered_fifo<std::unique_ptr<unsigned>> fifo(3);
    std::deque<std::pair<unsigned, cycle_t>> reference;
    unsigned next = 0;
    std::size_t largest = 0;
    for (cycle_t now = 0; now < 5000; ++now) {
        const unsigned pushes = random() % (now < 2500 ? 3 : 2);
        for (unsigned i = 0; i < pushes; ++i) {
            const cycle_t visible = now + 1 + random() % 4;
            fifo.push(std::make_unique<unsigned>(next), visible);
            reference.emplace_back(next++, visible);
        }
        largest = std::max(largest, reference.size());
        REQUIRE(fifo.size() == reference.size());
        REQUIRE(fifo.ready(now) == (!reference.empty() && reference.front().second <= now));
        if (fifo.ready(now)) {
            REQUIRE(*fifo.front() == reference.front().first);
            fifo.pop();
            reference.pop_front();
        }
    }
    CHECK(largest > 8);  // it did grow
}

TEST_CASE("a popped place keeps nothing alive once it is used again") {
    registered_fifo<std::shared_ptr<int>> fifo(2);
    auto value = std::make_shared<int>(1);
    fifo.push(value, 1);
    fifo.pop();
    fifo.push(nullptr, 2);
    fifo.push(nullptr, 2);
    CHECK(value.use_count() == 1);
}

TEST_CASE("a credit given at edge n can be used at n + 1 and not at n") {
    credit_counter credits(1);
    CHECK(credits.available(10) == 1);
    credits.take(10);
    CHECK(credits.available(10) == 0);
    credits.give(12);
    CHECK(credits.available(12) == 0);
    CHECK(credits.available(13) == 1);
    credits.take(13);
    CHECK(credits.available(13) == 0);
}

TEST_CASE("credits of one edge add up, those of an earlier edge are not held back by later ones") {
    credit_counter credits(0);
    credits.give(5);
    credits.give(5);
    CHECK(credits.available(5) == 0);
    credits.give(6);
    CHECK(credits.available(6) == 2);
    CHECK(credits.available(7) == 3);
}

TEST_CASE("credits are conserved") {
    const auto seed = GENERATE(11U, 12U, 13U);
    INFO("seed " << seed);
    std::minstd_rand engine(seed);
    const auto random = [&engine] { return static_cast<unsigned>(engine()); };
    const unsigned places = 5;
    credit_counter credits(places);
    unsigned taken = 0;
    unsigned returned_now = 0;
    for (cycle_t now = 1; now < 5000; ++now) {
        returned_now = 0;
        while (taken != 0 && random() % 2 == 0) {
            credits.give(now);
            --taken;
            ++returned_now;
        }
        REQUIRE(credits.available(now) + taken + returned_now == places);
        while (credits.available(now) != 0 && random() % 3 != 0) {
            credits.take(now);
            ++taken;
        }
    }
    CHECK(credits.available(5001) + taken == places);
}
