// The blocks of the chip that are recorded for RTL, and their ports (docs/rtl.md). Takes no simulated time and changes
// nothing; a link none of whose ends is chosen has nothing bound to it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tlm/kept_error.h"
#include "tlm/record/record_port.h"

namespace pade {

/// What the widths of the records depend on.
struct record_shape {
    unsigned words = 1;             ///< of 64 dims, of a plane and of a query
    unsigned key_bits = 8;          ///< planes of a key
    unsigned rows = 8;              ///< of a block
    unsigned exps_per_cycle = 8;    ///< exponentials that reach RARS at one edge
    unsigned v_rows_per_round = 2;  ///< V rows of a round
};

class record_block {
  public:
    record_block(std::string path, std::string kind) : path_(std::move(path)), kind_(std::move(kind)) {}

    record_port& add(std::unique_ptr<record_port> port) {
        ports_.push_back(std::move(port));
        return *ports_.back();
    }
    const std::string& path() const { return path_; }                        ///< pade.pe_lane_0_3
    std::string name() const { return path_.substr(path_.rfind('.') + 1); }  ///< pe_lane_0_3
    const std::string& kind() const { return kind_; }                        ///< pe_lane
    const std::vector<std::unique_ptr<record_port>>& ports() const { return ports_; }

  private:
    std::string path_;
    std::string kind_;
    std::vector<std::unique_ptr<record_port>> ports_;
};

class rtl_record {
  public:
    /// Makes the file of a port of a block.
    using make_file = std::function<std::unique_ptr<text_sink>(const std::string& block, const std::string& port)>;

    /// scopes: shell patterns, of which one must match the block's path or one of its scopes; none: every block.
    rtl_record(record_shape shape, std::vector<std::string> scopes, make_file file);

    /// The block `path` when it is chosen, else null.
    record_block* block(const std::string& path);
    record_port& port(record_block& block, const std::string& name, bool input, std::vector<record_field> fields);

    const record_shape& shape() const { return shape_; }
    const std::deque<record_block>& blocks() const { return blocks_; }
    /// Patterns that chose no block.
    std::vector<std::string> unused_scopes() const;
    /// Errors arise inside the chip's processes: they are kept.
    kept_error& errors() { return errors_; }
    /// The run is over.
    void finish();

  private:
    record_shape shape_;
    std::vector<std::string> scopes_;
    std::vector<bool> scope_used_;
    make_file file_;
    std::deque<record_block> blocks_;  // stable addresses
    kept_error errors_;
};

}  // namespace pade
