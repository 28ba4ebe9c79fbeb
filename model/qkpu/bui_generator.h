// BUI generator: makes a query's interval table, once a query and row (pade.md section 2, "BUI"; paper, Eq. 2-3). How
// the intervals are made is the guard rule's business.
#pragma once

#include <memory>

#include "model/numeric/guard_rule.h"
#include "model/params.h"
#include "tlm/payloads.h"

namespace pade {

class bui_generator {
  public:
    bui_generator(guard_rule_kind rule, unsigned key_bits);
    /// The row's operand, interval table and threshold offset for one query.
    std::shared_ptr<const row_query> operator()(const query_item& item) const;

  private:
    std::unique_ptr<numeric::guard_rule> rule_;
    unsigned key_bits_;
};

}  // namespace pade
