#include "model/dispatch/dispatcher.h"

#include <algorithm>
#include <cstring>

#include "model/errors.h"
#include "tlm/plane_select.h"

namespace pade {

dispatcher::dispatcher(sc_core::sc_module_name name, const params& p)
    : clocked_module(name),
      k_port("k_port", p.lane.count),
      planes("planes", std::size_t{p.lane.count} * p.rows.count),
      verdicts("verdicts", std::size_t{p.lane.count} * p.rows.count),
      params_(p),
      map_(p.dram),
      rows_(p.rows.count),
      lanes_(p.lane.count),
      blocks_in_flight_(p.ista.enabled ? p.rows.blocks_in_flight : 1),
      by_lane_(p.dispatch.admission == dispatch_admission::per_lane),
      ports_(p.lane.count),
      gathered_(p.lane.count),
      tracker_(p.dispatch.open_tiles),
      verdicts_in_(p.lane.count, p.lane.verdict_latency + most_stall(p.stall)) {
    for (unsigned c = 0; c < lanes_; ++c) {
        columns_.emplace_back(p.dispatch, rows_, p.lane.scoreboard_entries, p.lane.fifo_planes);
        if (by_lane_) {
            for (unsigned row = 0; row < rows_; ++row)
                streams_.emplace_back(c, lanes_, static_cast<row_mask>(1u << row));
        } else {
            streams_.emplace_back(c, lanes_);
        }
        k_port[c].register_nb_transport_bw(this, &dispatcher::on_k_response, static_cast<int>(c));
    }
    for (unsigned i = 0; i < planes.size(); ++i) {
        const unsigned tag = lane_tag(i / rows_, i % rows_);
        planes[i].on_credit<dispatcher, &dispatcher::on_lane_credit>(this, tag);
        verdicts[i].on_item<dispatcher, &dispatcher::on_verdict>(this, tag);
    }
    start.on_item<dispatcher, &dispatcher::on_start>(this);
    loaded.on_item<dispatcher, &dispatcher::on_loaded>(this);
    k_arrived.on_item<dispatcher, &dispatcher::on_arrived>(this);
    k_fetch.on_credit<dispatcher, &dispatcher::on_fetch_credit>(this);
    level.on_item<dispatcher, &dispatcher::on_level>(this);
    left_vpu.on_item<dispatcher, &dispatcher::on_left>(this);
    written.on_item<dispatcher, &dispatcher::on_written>(this);
}

dispatcher::~dispatcher() = default;

// ---- inputs: only stored, and looked at from their edge on ----------------------------------------------------------

void dispatcher::on_start(unsigned, job_item& item) {
    start_in_.push(item, item.visible);
    wake_at(item.visible);
}

void dispatcher::on_loaded(unsigned, query_loaded& item) {
    loaded_in_.push(item, item.visible);
    wake_at(item.visible);
}

void dispatcher::on_arrived(unsigned, arrived_item& item) {
    ++counters_.arrived_in;
    arrived_in_.push(item, item.visible);
    wake_at(item.visible);
}

void dispatcher::on_verdict(unsigned lane, verdict_item& item) {
    ++counters_.verdicts_in;
    verdicts_in_.put(lane, item);
    wake_at(item.visible);
}

void dispatcher::on_lane_credit(unsigned lane, cycle_t now) {
    credits_in_[now & 1].push_back(static_cast<std::uint16_t>(lane));
    wake_at(now + 1);
}

void dispatcher::on_fetch_credit(unsigned, cycle_t now) {
    fetch_credits_.give(now);
    wake();  // whatever waits: what it is depends on which of the two modules ran first at this edge
}

void dispatcher::on_level(unsigned, level_item& item) {
    level_in_.push(item, item.visible);
    wake_at(item.visible);
}

void dispatcher::on_left(unsigned, done_item& item) {
    left_in_.push(item, item.visible);
    wake_at(item.visible);
}

void dispatcher::on_written(unsigned, done_item& item) {
    written_in_.push(item, item.visible);
    wake_at(item.visible);
}

tlm::tlm_sync_enum dispatcher::on_k_response(int c, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                             sc_core::sc_time&) {
    port& p = ports_[static_cast<unsigned>(c)];
    // The open request is that of the newest read; an answer to an older one does not end it.
    if (p.request_open && p.end_req_at == 0 && &payload == p.reads[(p.head + p.count - 1) % port_depth].payload)
        p.end_req_at = now() + 1;
    wake();
    if (phase == tlm::END_REQ)
        return tlm::TLM_ACCEPTED;
    take_answer(p, payload);
    return tlm::TLM_COMPLETED;
}

/// The data of the port's oldest unanswered read are here, to be used from the next edge on.
void dispatcher::take_answer(port& p, const tlm::tlm_generic_payload& payload) {
    const cycle_t at = now();
    if (payload.get_response_status() != tlm::TLM_OK_RESPONSE)
        throw internal_error(std::string(name()) + ": the KV buffer answered a read of a plane with " +
                             payload.get_response_string());
    if (p.answered_at != at) {
        p.answered += p.new_answers;
        p.new_answers = 0;
        p.answered_at = at;
    }
    const unsigned answered = p.answered + p.new_answers;
    if (answered == p.count || &payload != p.reads[(p.head + answered) % port_depth].payload)
        throw internal_error(std::string(name()) + ": the KV buffer answered reads of a port out of order");
    ++p.new_answers;
}

// ---- the pipeline ---------------------------------------------------------------------------------------------------

void dispatcher::step(cycle_t now) {
    account(now);
    if (start_in_.ready(now))
        begin_job();
    if (!job_)
        return;
    take_credits(now);
    take_verdicts(now);
    take_arrivals(now);
    deliver(now);
    run_blocks(now);
    admit(now);
    pick(now);
    send_fetches(now);
    send_tiles(now);
    finish_job(now);
    account(now + 1);
    if (trace_)
        trace_step();
}

void dispatcher::begin_job() {
    if (job_)
        throw internal_error(std::string(name()) + ": a job was started while another one runs");
    job_ = start_in_.front().work;
    start_in_.pop();
    layout_ = make_k_layout(params_.layout, map_, {job_->keys, job_->head_dim, params_.lane.key_bits});
    row_blocks_ = std::make_unique<row_blocks>(job_, params_, blocks_known_);
    passes_ = (job_->head_dim + lane_dims - 1) / lane_dims;
    read_bytes_ = layout_->plane_bytes();
    plane_atoms_ = layout_->plane_atoms();
    by_value_ = layout_->by_value();
    const bool single = params_.dispatch.order == dispatch_order::in_order_single;
    unconditional_ = by_value_ ? params_.lane.key_bits : single ? 1 : params_.dispatch.unconditional_planes;
    atoms_.reset(static_cast<std::uint32_t>(job_->kv_heads.size()), layout_->atoms());
    counters_.heads.resize(job_->heads.size());
    counters_.groups.resize(job_->kv_heads.size());
    next_block_ = row_blocks_->next();
    step_ = next_block_ ? next_block_->step : 0;
    if (blocks_known_ != 0)
        flush();  // the host may have stored another K and V since the last job
}

void dispatcher::flush() {
    fetch_item item;
    item.what = fetch_item::kind::flush;
    ++counters_.flushes;
    fetches_out_.push_back(item);
}

void dispatcher::take_credits(cycle_t now) {
    auto& due = credits_in_[(now & 1) ^ 1];
    for (const std::uint16_t lane : due)
        columns_[tag_column(lane)].fifo_place(tag_row(lane));
    due.clear();
}

void dispatcher::take_verdicts(cycle_t now) {
    verdicts_in_.take(now,
                      [this](unsigned c, unsigned row, const verdict_registers::entry& v) { take_verdict(c, row, v); });
}

void dispatcher::take_verdict(unsigned c, unsigned row, const verdict_registers::entry& v) {
    live_key& k = columns_[c].key(v.tag());
    if (v.decision() == verdict::next_plane) {
        const unsigned next = v.plane() + 1u;
        if ((k.pinned >> next & 1) == 0)
            want_plane(c, v.tag(), next);
        columns_[c].ask(v.tag(), next, static_cast<row_mask>(1u << row));
        return;
    }
    columns_[c].end_row(v.tag(), row);
    tracker_.end_pair(k.tile, v.decision() == verdict::retained);
    ++pairs_ended_;
    drop_unneeded(c, v.tag());
    if (k.alive == 0 && k.waiting == 0)
        columns_[c].remove(v.tag());
}

void dispatcher::take_arrivals(cycle_t now) {
    while (arrived_in_.ready(now)) {
        const std::uint32_t handle = arrived_in_.front().tag;
        arrived_in_.pop();
        const std::uint32_t kv = atoms_.at(handle).kv;
        const std::uint32_t atom = atoms_.at(handle).atom;
        if (atoms_.arrived(handle)) {
            release(kv, atom, address_of(kv, atom));
            continue;
        }
        atoms_.for_each_user(handle, [&](const key_ref& user) {
            column& c = columns_[user.column];
            if (--c.key(user.tag).missing[user.plane] != 0)
                return;
            if (trace_)
                trace_->arrived(user.column, c.key(user.tag), user.plane);
            c.arrived(user.tag, user.plane);
        });
    }
}

void dispatcher::deliver(cycle_t now) {
    // All planes first, then all items: what was just written piece by piece would hold up the receiver that copies it.
    unsigned count = 0;
    for (unsigned c = 0; c < lanes_; ++c) {
        port& p = ports_[c];
        if (p.new_answers != 0 && p.answered_at < now) {
            p.answered += p.new_answers;
            p.new_answers = 0;
        }
        if (p.request_open && p.end_req_at != 0 && p.end_req_at <= now)
            p.request_open = false;
        if (p.answered == 0)
            continue;
        wake();
        if (take_plane(c, planes_out_[count]))
            planes_out_[count++].item.visible = now + params_.dispatch.deliver_latency;
    }
    for (unsigned i = 0; i < count; ++i) {
        outgoing& out = planes_out_[i];
        for (row_mask rows = out.what.rows; rows != 0; rows = static_cast<row_mask>(rows & (rows - 1))) {
            const auto row = static_cast<unsigned>(__builtin_ctz(rows));
            ++counters_.planes_out;
            planes[out.at * rows_ + row].send(out.item, now + params_.dispatch.deliver_latency);
        }
        drop_unneeded(out.at, out.what.tag);
    }
}

/// The oldest answer of a port. False when it is only a part of a plane, and the rest is to come.
bool dispatcher::take_plane(unsigned c, outgoing& out) {
    port& p = ports_[c];
    const read_in_flight read = p.reads[p.head];
    p.head = (p.head + 1) % port_depth;
    --p.count;
    --p.answered;
    const unsigned char* data = read.payload->get_data_ptr();
    if (by_value_ && (data = gather(c, read)) == nullptr)
        return false;
    out.at = c;
    out.what = read.what;
    live_key& k = columns_[c].key(read.what.tag);
    plane_item& item = out.item;
    item.slot = k.slot;
    item.plane = read.what.plane;
    item.tag = read.what.tag;
    item.key = k.key;
    item.block = k.block;
    item.words = static_cast<std::uint8_t>(passes_);
    if (read_bytes_ == sizeof item.bits[0])  // the common width, known to the compiler
        std::memcpy(item.bits.data(), data, sizeof item.bits[0]);
    else
        std::memcpy(item.bits.data(), data, std::size_t{read_bytes_} * plane_atoms_);
    read.payload->release();

    auto& group = counters_.groups[k.kv];
    ++group.deliveries;
    if (!k.delivered_any[item.plane]) {
        k.delivered_any[item.plane] = true;
        ++group.planes_fetched;
    }
    k.to_come[item.plane] = static_cast<row_mask>(k.to_come[item.plane] & ~read.what.rows);
    return true;
}

/// A plane of values comes atom by atom. All of it when this was its last part, else null.
const unsigned char* dispatcher::gather(unsigned c, const read_in_flight& read) {
    if (!read.payload->get_extension<plane_select>()->selected)
        throw internal_error(std::string(name()) + ": the target of the K ports does not know plane_select");
    auto* plane = reinterpret_cast<unsigned char*>(gathered_[c].data());
    std::memcpy(plane + std::size_t{read.part} * read_bytes_, read.payload->get_data_ptr(), read_bytes_);
    if (read.part + 1u == plane_atoms_)
        return plane;
    read.payload->release();
    return nullptr;
}

void dispatcher::pick(cycle_t now) {
    for (unsigned c = 0; c < lanes_; ++c) {
        port& p = ports_[c];
        if (p.free_at > now) {  // a wide plane still holds the column
            p.why = column::state::ready;
            wake();
            continue;
        }
        if (p.count == port_depth || p.request_open) {
            p.why = column::state::port_busy;
            continue;
        }
        if (p.parts_left != 0) {  // a part each cycle, at least as many as the plane has passes
            p.why = column::state::ready;
            read_plane(c, p.reading, plane_atoms_ - p.parts_left--);
            wake();
            continue;
        }
        column::delivery what;
        p.why = columns_[c].pick(what);
        if (p.why != column::state::ready)
            continue;
        if (trace_)
            trace_->picked(c, columns_[c].key(what.tag), what);
        read_plane(c, what, 0);
        if (plane_atoms_ == 1) {
            p.free_at = now + passes_;
        } else {
            p.reading = what;
            p.parts_left = plane_atoms_ - 1;
        }
        wake();
    }
}

void dispatcher::read_plane(unsigned c, const column::delivery& what, unsigned part) {
    port& p = ports_[c];
    const live_key& k = columns_[c].key(what.tag);
    std::uint64_t address = k.address[what.plane];
    if (part != 0)
        address = address_of(k.kv, k.atom[what.plane] + part);
    tlm::tlm_generic_payload& payload = pool_.acquire(tlm::TLM_READ_COMMAND, address, read_bytes_);
    if (by_value_)
        plane_select::ask(payload, layout_->bit_of(k.key, 0, what.plane).bit);
    p.reads[(p.head + p.count) % port_depth] = {&payload, what, static_cast<std::uint8_t>(part)};
    ++p.count;
    ++counters_.k_reads;
    p.request_open = true;
    p.end_req_at = 0;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const tlm::tlm_sync_enum answer = k_port[c]->nb_transport_fw(payload, phase, delay);
    if (answer == tlm::TLM_ACCEPTED)
        return;
    p.request_open = false;  // the next request of this port is at a later edge in any case
    if (answer == tlm::TLM_UPDATED && phase == tlm::END_REQ)
        return;
    take_answer(p, payload);
    if (answer == tlm::TLM_COMPLETED)
        return;
    phase = tlm::END_RESP;
    k_port[c]->nb_transport_fw(payload, phase, delay);
}

}  // namespace pade
