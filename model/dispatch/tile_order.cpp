#include "model/dispatch/tile_order.h"

namespace pade {

std::vector<std::uint32_t> sequential_order::operator()(std::uint32_t tiles) const {
    std::vector<std::uint32_t> order(tiles);
    for (std::uint32_t i = 0; i < tiles; ++i)
        order[i] = i;
    return order;
}

std::vector<std::uint32_t> head_tail_order::operator()(std::uint32_t tiles) const {
    std::vector<std::uint32_t> order(tiles);
    for (std::uint32_t i = 0; i < tiles; ++i)
        order[i] = i % 2 == 0 ? i / 2 : tiles - 1 - i / 2;
    return order;
}

std::unique_ptr<tile_order> make_tile_order(ista_order kind) {
    if (kind == ista_order::sequential)
        return std::make_unique<sequential_order>();
    return std::make_unique<head_tail_order>();
}

}  // namespace pade
