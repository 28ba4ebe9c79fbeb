// Shows what passes one on-chip stream: items with their fields, and credits. Sits right behind the sender, as a
// checker would; takes no time and changes nothing.
#pragma once

#include <string>
#include <tlm>

#include "tlm/passage.h"
#include "tlm/trace/item_fields.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

template <typename Payload>
class stream_trace : public stream_passage<Payload> {
    using passage = stream_passage<Payload>;

  public:
    using passage::in;
    using passage::out;

    /// row: of the lanes at one of the ends, -1 if it is none's; for the log.
    stream_trace(sc_core::sc_module_name name, const trace_scope& scope, int row)
        : passage(name), id_of_(scope.ids().new_link()), log_(scope.log()), row_(row) {
        constexpr unsigned has = fields_in(static_cast<const Payload*>(nullptr));
        const auto field = [&scope](const char* label, unsigned width, bool there) {
            return there ? scope.signal(label, width) : wave_signal{};
        };
        items_ = scope.signal("items", 8);
        credits_ = scope.signal("credits", 8);
        id_ = scope.signal("id", 40);
        key_ = field("key", 20, (has & field::key) != 0);
        plane_ = field("plane", 3, (has & field::plane) != 0);
        row_signal_ = field("row", 4, (has & field::row) != 0);
        slot_ = field("slot", 1, (has & field::slot) != 0);
        value_ = field("value", 64, (has & field::value) != 0);
    }

  private:
    tlm::tlm_sync_enum nb_transport_fw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        item_fields f;
        f.wants_text = static_cast<bool>(log_);
        f.row = -1;
        describe(item, f);
        const std::int64_t id = id_of_.next();
        items_.pulse(count(items_at_, items_now_));
        id_.set(static_cast<std::uint64_t>(id));
        show(key_, f.key);
        show(plane_, f.plane);
        show(row_signal_, f.row);
        show(slot_, f.slot);
        value_.set(f.value);
        if (log_)
            log_.add({"ITEM", f.key, f.plane, f.row >= 0 ? f.row : row_, f.slot, std::move(f.text), id});
        return out->nb_transport_fw(item, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        credits_.pulse(count(credits_at_, credits_now_));
        if (log_)
            log_.add({"CREDIT", -1, -1, row_, -1, {}, 0});
        return in->nb_transport_bw(item, phase, delay);
    }

    /// How many there have been at this edge, this one included.
    static std::uint64_t count(wave_detail::tick& at, std::uint64_t& so_far) {
        const auto now = sc_core::sc_time_stamp().value();
        so_far = at == now ? so_far + 1 : 1;
        at = now;
        return so_far;
    }
    static void show(wave_signal& signal, std::int64_t value) {
        if (value >= 0)
            signal.set(static_cast<std::uint64_t>(value));
    }

    transaction_ids::link id_of_;
    event_log log_;
    int row_;
    wave_signal items_, credits_, id_, key_, plane_, row_signal_, slot_, value_;
    wave_detail::tick items_at_ = ~wave_detail::tick{0};
    wave_detail::tick credits_at_ = ~wave_detail::tick{0};
    std::uint64_t items_now_ = 0;
    std::uint64_t credits_now_ = 0;
};

}  // namespace pade
