// On a stream at the one or the other of its ends: what passes becomes records of the block there.
#pragma once

#include <string>

#include "tlm/passage.h"
#include "tlm/record/vpu_record_writer.h"

namespace pade {

template <typename Payload>
class stream_record : public stream_passage<Payload> {
    using passage = stream_passage<Payload>;

  public:
    using passage::in;
    using passage::out;

    stream_record(sc_core::sc_module_name name, rtl_record& record, record_block& block, record_end end,
                  const std::string& socket)
        : passage(name), errors_(record.errors()), writer_(record, block, end, socket) {}

  private:
    tlm::tlm_sync_enum nb_transport_fw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        errors_.guard([&] { writer_.item(item); });
        return out->nb_transport_fw(item, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(Payload& item, stream_phase& phase, sc_core::sc_time& delay) override {
        errors_.guard([&] { writer_.credit(item.visible); });
        return in->nb_transport_bw(item, phase, delay);
    }

    kept_error& errors_;
    record_writer<Payload> writer_;
};

}  // namespace pade
