// A tile order of your own, as docs/tutorial.md builds it: from the middle outwards. Linked into a program of its own,
// pade-sim-middle-out, where `--set ista.order=custom` chooses it.
#include "model/dispatch/tile_order.h"

namespace {

class middle_out : public pade::tile_order {
  public:
    /// Each of 0 .. tiles - 1 once: middle, one below, one above, ...
    std::vector<std::uint32_t> operator()(std::uint32_t tiles) const override {
        std::vector<std::uint32_t> order;
        for (std::uint32_t step = 0; step < tiles; ++step) {
            const std::uint32_t away = (step + 1) / 2;
            order.push_back(step % 2 == 1 ? (tiles / 2) - away : (tiles / 2) + away);
        }
        return order;
    }
};

[[maybe_unused]] const bool registered = pade::register_tile_order([] { return std::make_unique<middle_out>(); });

}  // namespace
