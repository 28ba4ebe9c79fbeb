// ISTA: in which order a row block works off its tiles (pade.md section 4, item 7). A policy, one class an order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "model/params.h"

namespace pade {

class tile_order {
  public:
    virtual ~tile_order() = default;
    /// Tile numbers 0..tiles-1 in the order of admission.
    virtual std::vector<std::uint32_t> operator()(std::uint32_t tiles) const = 0;
};

/// 0, 1, 2, ...
class sequential_order : public tile_order {
  public:
    std::vector<std::uint32_t> operator()(std::uint32_t tiles) const override;
};

/// 0, n-1, 1, n-2, ...: the first and the newest tokens carry most weight, so T rises early.
class head_tail_order : public tile_order {
  public:
    std::vector<std::uint32_t> operator()(std::uint32_t tiles) const override;
};

/// Throws input_error for `custom` when no order was registered.
std::unique_ptr<tile_order> make_tile_order(ista_order kind);

/// ista.order custom: an order from outside of this library. A program that brings one registers it before it runs,
/// most simply from a static object's initialiser (docs/examples/middle_out.cpp); the last one counts. Returns true.
using tile_order_factory = std::function<std::unique_ptr<tile_order>()>;
bool register_tile_order(tile_order_factory factory);

}  // namespace pade
