// The transposer of the KV buffer: each bit of its output is the bit of the value that it belongs to.
#include "model/buffer/transposer.h"

#include <array>
#include <catch2/catch.hpp>
#include <random>

TEST_CASE("a plane of values, for each bit number and width") {
    const unsigned seed = 7;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (unsigned round = 0; round < 200; ++round) {
        std::array<unsigned char, 32> values{};
        for (unsigned char& value : values)
            value = static_cast<unsigned char>(round == 0 ? 255 : round == 1 ? 0 : random());
        for (unsigned bit = 0; bit < 8; ++bit)
            for (unsigned bytes = 1; bytes <= 4; ++bytes) {
                std::array<unsigned char, 5> plane{};
                plane.fill(0xa5);
                pade::transpose(values.data(), bit, plane.data(), bytes);
                unsigned wrong = 0;
                for (unsigned dim = 0; dim < 8 * bytes; ++dim)
                    wrong += (plane.at(dim / 8) >> dim % 8 & 1) != (values.at(dim) >> bit & 1);
                REQUIRE(wrong == 0);
                REQUIRE(plane.at(bytes) == 0xa5);
            }
    }
}
