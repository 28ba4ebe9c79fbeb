#include "model/qkpu/bui_generator.h"

namespace pade {

bui_generator::bui_generator(guard_rule_kind rule, unsigned key_bits)
    : rule_(numeric::make_guard_rule(rule)), key_bits_(key_bits) {}

std::shared_ptr<const row_query> bui_generator::operator()(const query_item& item) const {
    const block_info& block = *item.block;
    const block_row& row = block.rows[item.row];
    const numeric::query_operand operand(item.q.data(), block.head_dim);
    const auto intervals = rule_->intervals(operand, key_bits_);
    return std::make_shared<const row_query>(
        row_query{operand, intervals, numeric::guard_offset(block.alpha, block.radius, row.logit_scale),
                  static_cast<std::uint32_t>(block.id), row.head});
}

}  // namespace pade
