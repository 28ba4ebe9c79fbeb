// What the waveform and the transaction log show of the dispatcher (docs/waveforms.md): what is asked for, what of it
// was on its way already, what is picked, and which tiles are open.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/dispatch/column.h"
#include "tlm/trace/item_fields.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

class dispatcher_trace {
  public:
    dispatcher_trace(const trace_scope& scope, unsigned columns)
        : requests_(scope.signal("requests", 10)),
          merges_(scope.signal("merges", 10)),
          arrivals_(scope.signal("arrivals", 10)),
          admissions_(scope.signal("admissions", 6)),
          open_tiles_(scope.signal("open_tiles", 10)),
          blocks_(scope.signal("blocks", 4)) {
        for (unsigned c = 0; c < columns; ++c) {
            const trace_scope below = scope.below("column_" + std::to_string(c));
            columns_.push_back({below.log(), below.signal("state", 3), below.signal("keys", 10),
                                below.signal("pick_valid", 1), below.signal("pick_token", 20),
                                below.signal("pick_plane", 3), below.signal("pick_rows", 16)});
            columns_.back().state.set(static_cast<unsigned>(column::state::empty));
        }
    }

    /// A plane is wanted of the KV buffer; `merged`: all of it is there or on its way.
    void wanted(unsigned c, const live_key& k, unsigned plane, bool merged) {
        ++now_requests_;
        now_merges_ += merged ? 1 : 0;
        note(c, "REQUEST", k, plane, merged ? "merged," : "fetch,", k.address[plane]);
    }
    void arrived(unsigned c, const live_key& k, unsigned plane) {
        ++now_arrivals_;
        note(c, "ARRIVED", k, plane, "", k.address[plane]);
    }
    void picked(unsigned c, const live_key& k, const column::delivery& what) {
        columns_[c].pick_valid.pulse(1);
        columns_[c].pick_token.set(k.key);
        columns_[c].pick_plane.set(what.plane);
        columns_[c].pick_rows.set(what.rows);
        note(c, "PICK", k, what.plane, "rows=", what.rows);
    }
    void admitted() { ++now_admissions_; }

    /// state: a column::state, of the cycles from this one on.
    void column_is(unsigned c, column::state state, unsigned keys) {
        columns_[c].state.set(static_cast<unsigned>(state));
        columns_[c].keys.set(keys);
    }
    void step_ends(unsigned open_tiles, std::size_t blocks) {
        say(requests_, now_requests_);
        say(merges_, now_merges_);
        say(arrivals_, now_arrivals_);
        say(admissions_, now_admissions_);
        open_tiles_.set(open_tiles);
        blocks_.set(blocks);
    }

  private:
    struct column_signals {
        event_log log;
        wave_signal state, keys, pick_valid, pick_token, pick_plane, pick_rows;
    };
    static void say(wave_signal& signal, unsigned& number) {
        if (number != 0)
            signal.pulse(number);
        number = 0;
    }
    void note(unsigned c, const char* phase, const live_key& k, unsigned plane, const char* what,
              std::uint64_t number) {
        if (columns_[c].log)
            columns_[c].log.add({phase, k.key, static_cast<int>(plane), -1, k.slot,
                                 "kv=" + std::to_string(k.kv) + "," + what + hex_text(number), 0});
    }

    wave_signal requests_, merges_, arrivals_, admissions_, open_tiles_, blocks_;
    std::vector<column_signals> columns_;
    unsigned now_requests_ = 0;
    unsigned now_merges_ = 0;
    unsigned now_arrivals_ = 0;
    unsigned now_admissions_ = 0;
};

}  // namespace pade
