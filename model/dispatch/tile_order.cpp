#include "model/dispatch/tile_order.h"

#include <utility>

#include "model/errors.h"

namespace pade {

namespace {

/// Inside a function: static objects of other files register before main().
tile_order_factory& custom_order() {
    static tile_order_factory factory;
    return factory;
}

}  // namespace

bool register_tile_order(tile_order_factory factory) {
    custom_order() = std::move(factory);
    return true;
}

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
    switch (kind) {
        case ista_order::sequential:
            return std::make_unique<sequential_order>();
        case ista_order::head_tail:
            return std::make_unique<head_tail_order>();
        case ista_order::custom:
            break;
    }
    if (!custom_order())
        throw input_error(
            "ista.order: custom, but this program brings no order of its own; allowed: head_tail, sequential");
    return custom_order()();
}

}  // namespace pade
