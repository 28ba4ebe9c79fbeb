#include "model/dispatch/test_peers.h"

#include <algorithm>

#include "tlm/plane_select.h"

namespace pade::dispatch_test {

peers::peers(sc_core::sc_module_name name, const params& p, std::shared_ptr<const job> work,
             const peer_options& options)
    : clocked_module(name),
      k_port("k_port", p.lane.count),
      planes("planes", std::size_t{p.lane.count} * p.rows.count),
      verdicts("verdicts", std::size_t{p.lane.count} * p.rows.count),
      book(p, work),
      reads(p.lane.count),
      answers(p.lane.count),
      params_(p),
      job_(std::move(work)),
      options_(options),
      rows_(p.rows.count),
      random_(options.seed),
      lanes_(std::size_t{p.lane.count} * p.rows.count),
      ports_(p.lane.count) {
    finished.on_item<peers, &peers::on_finished>(this);
    queries.on_item<peers, &peers::on_query>(this);
    k_fetch.on_item<peers, &peers::on_fetch>(this);
    tiles.on_item<peers, &peers::on_tile>(this);
    for (unsigned i = 0; i < planes.size(); ++i)
        planes[i].on_item<peers, &peers::on_plane>(this, i);
    for (unsigned c = 0; c < k_port.size(); ++c)
        k_port[c].register_nb_transport_fw(this, &peers::on_read, static_cast<int>(c));
    for (std::uint32_t kv = 0; kv < job_->kv_heads.size(); ++kv)
        for (std::uint32_t key = job_->keys; key-- > 0;)
            for (unsigned plane = p.lane.key_bits; plane-- > 0;)
                for (unsigned part = 0; part < book.layout().plane_atoms(); ++part)
                    first_of_atom_[book.layout().address(job_->kv_heads[kv].k_row,
                                                         book.layout().place(key, plane).atom + part)] = {key, plane};
}

// ---- what the dispatcher sends --------------------------------------------------------------------------------------

void peers::check_visible(cycle_t visible, cycle_t latency, const char* what) {
    if (visible != now() + latency)
        book.problem(now(), std::string(what) + " was sent to be visible at edge " + std::to_string(visible));
}

void peers::on_finished(unsigned, job_item& item) {
    check_visible(item.visible, params_.link.latency, "finished");
    book.finished(item, now());
    if (started_ < options_.jobs) {
        book.restart();
        start_at_ = now() + 10;
        return;
    }
    stop_at_ = now() + 100;
}

void peers::on_query(unsigned, query_command& item) {
    check_visible(item.visible, params_.link.latency, "a query command");
    if (item.what == query_command::kind::fetch) {
        book.fetch_queries(item.block, now());
        return;
    }
    book.load_queries(item.block, now());
    blocks_[item.block->id] = item.block;
    loading_.push_back({now() + options_.load_cycles, item.block->id});
}

void peers::on_fetch(unsigned, fetch_item& item) {
    check_visible(item.visible, params_.link.latency, "a fetch item");
    book.fetch(item, now());
    (item.what == fetch_item::kind::release ? releases_ : fetches_).push(item, item.visible);
    if (fetches_.size() + releases_.size() > dispatcher::fetch_depth)
        book.problem(now(), "more fetch items than places at the KV buffer");
}

void peers::on_plane(unsigned lane, plane_item& item) {
    check_visible(item.visible, params_.dispatch.deliver_latency, "a plane");
    ++plane_items;
    if (item.what == plane_item::kind::admit) {
        book.admit(lane, item, now());
        return;
    }
    book.deliver(lane, item, now());
    lanes_[lane].fifo.push(item, item.visible);
}

void peers::on_tile(unsigned, tile_item& item) {
    check_visible(item.visible, params_.link.latency, "a tile item");
    book.tile(item, now());
    if (item.last_of_block)
        leaving_.push_back({item.visible + options_.leave_cycles, item.block->id});
}

tlm::tlm_sync_enum peers::on_read(int c, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
    const auto column = static_cast<unsigned>(c);
    port_state& port = ports_[column];
    if (phase == tlm::END_RESP) {
        if (port.responding != &payload)
            book.problem(now(), "END_RESP that is not due");
        port.responding = nullptr;
        payload.release();
        return tlm::TLM_COMPLETED;
    }
    if (phase != tlm::BEGIN_REQ || port.held != nullptr)
        book.problem(now(), "BEGIN_REQ while the request before is open, or another phase that is not due");
    if (!payload.is_read() || payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE ||
        payload.get_byte_enable_ptr() != nullptr || payload.get_streaming_width() < payload.get_data_length())
        book.problem(now(), "a read with wrong attributes");
    const plane_select* select = payload.get_extension<plane_select>();
    if (select != nullptr && select->selected)
        book.problem(now(), "a read with an extension that was answered before");
    book.read(column, payload.get_address(), payload.get_data_length(),
              select != nullptr ? select->bit : ledger::no_bit, now());
    reads[column].push_back(now());
    using mode = peer_options::port;
    if (options_.port_answers == mode::completed || options_.port_answers == mode::begin_resp) {
        serve(column, payload, now());
        if (options_.port_answers == mode::completed)
            return tlm::TLM_COMPLETED;
        payload.acquire();
        port.responding = &payload;
        phase = tlm::BEGIN_RESP;
        return tlm::TLM_UPDATED;
    }
    payload.acquire();
    port.queue.push_back({&payload, now()});
    if (options_.port_answers == mode::no_end_req || port.queue.size() > options_.port_places ||
        chance(options_.port_stalls)) {
        port.held = &payload;
        return tlm::TLM_ACCEPTED;
    }
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
}

void peers::serve(unsigned column, tlm::tlm_generic_payload& payload, cycle_t now) {
    plane_select* select = options_.knows_plane_select ? payload.get_extension<plane_select>() : nullptr;
    for (unsigned byte = 0; byte < payload.get_data_length(); ++byte) {
        unsigned data = select != nullptr ? 0 : ledger::byte_at(payload.get_address() + byte);
        for (unsigned j = 0; j < 8 && select != nullptr; ++j)
            data |= (ledger::byte_at(payload.get_address() + std::uint64_t{8} * byte + j) >> select->bit & 1u) << j;
        payload.get_data_ptr()[byte] = static_cast<unsigned char>(data);
    }
    if (select != nullptr)
        select->selected = true;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    book.answered(column, now);
    answers[column].push_back(now);
}

// ---- what the peers do at an edge -----------------------------------------------------------------------------------

void peers::step(cycle_t now) {
    if (options_.first && now < stop_at_)
        wake();  // before anything that wakes the dispatcher
    if (now == start_at_) {
        ++started_;
        job_item item;
        item.work = job_;
        start_visible = now + options_.link;
        start.send(item, start_visible);
    }
    step_lanes(now);
    step_buffer(now);
    for (unsigned c = 0; c < ports_.size(); ++c)
        step_port(c, now);
    step_blocks(now);
    if (now < stop_at_)
        wake();
}

void peers::step_lanes(cycle_t now) {
    for (unsigned i = 0; i < lanes_.size(); ++i) {
        lane_state& lane = lanes_[i];
        if (!lane.fifo.ready(now) || now < lane.free_at || now < options_.lanes_from || chance(options_.lane_stalls))
            continue;
        const plane_item plane = lane.fifo.front();
        lane.fifo.pop();
        lane.free_at = now + options_.plane_cycles(i % rows_);
        book.taken(i);
        planes[i].give_credit(now);
        credits.emplace_back(now, i);
        verdict_item verdict_out;
        verdict_out.slot = plane.slot;
        verdict_out.plane = plane.plane;
        verdict_out.tag = plane.tag;
        verdict_out.key = plane.key;
        if (options_.dies_at(blocks_.at(plane.block)->rows[i % rows_], plane.key) <= plane.plane)
            verdict_out.decision = verdict::pruned;
        else if (plane.plane + 1u == params_.lane.key_bits)
            verdict_out.decision = verdict::retained;
        const cycle_t visible = now + params_.lane.verdict_latency;
        book.decided(i, verdict_out, visible);
        verdicts_sent.emplace_back(visible, verdict_out);
        verdicts[i].send(verdict_out, visible);
    }
}

void peers::step_buffer(cycle_t now) {
    bool blocked = false;
    for (;;) {
        if (releases_.ready(now)) {
            releases_.pop();
            --pinned_;
            k_fetch.give_credit(now);
            continue;
        }
        if (!fetches_.ready(now) || blocked)
            break;
        const fetch_item item = fetches_.front();
        if (item.what == fetch_item::kind::fetch) {
            if (options_.atoms != 0 && pinned_ == options_.atoms) {
                blocked = true;
                continue;
            }
            ++pinned_;
            const auto [key, plane] = first_of_atom_.at(item.address);
            filling_.emplace(now + options_.fetch_cycles(item.kv, key, plane) - options_.link,
                             std::make_pair(item.address, item.tag));
        }
        fetches_.pop();
        k_fetch.give_credit(now);
    }
    for (auto it = filling_.begin(); it != filling_.end() && it->first <= now; it = filling_.erase(it)) {
        arrived_item item;
        item.tag = it->second.second;
        book.arrived(it->second.first, now + options_.link);
        arrivals.emplace_back(now + options_.link, it->second.first);
        k_arrived.send(item, now + options_.link);
    }
}

void peers::step_port(unsigned c, cycle_t now) {
    port_state& port = ports_[c];
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    if (port.held != nullptr && options_.port_answers == peer_options::port::queue && port.queue.back().at < now &&
        port.queue.size() <= options_.port_places && !chance(options_.port_stalls)) {
        tlm::tlm_phase phase = tlm::END_REQ;
        tlm::tlm_generic_payload& payload = *port.held;
        port.held = nullptr;
        k_port[c]->nb_transport_bw(payload, phase, delay);
    }
    if (port.queue.empty() || port.queue.front().at + options_.port_cycles > now || chance(options_.port_stalls))
        return;
    tlm::tlm_generic_payload& payload = *port.queue.front().payload;
    // A held request that is answered needs no END_REQ; one in a real queue would have got it on its way in.
    if (port.held == &payload && options_.port_answers == peer_options::port::queue)
        return;
    if (port.held == &payload)
        port.held = nullptr;
    port.queue.pop_front();
    serve(c, payload, now);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    if (k_port[c]->nb_transport_bw(payload, phase, delay) != tlm::TLM_COMPLETED)
        book.problem(now, "the dispatcher did not take an answer at once");
    payload.release();
}

void peers::step_blocks(cycle_t now) {
    if (!loading_.empty() && loading_.front().at <= now) {
        query_loaded item;
        item.block = loading_.front().block;
        loading_.pop_front();
        book.loaded(item.block, now + options_.link);
        loaded_visible.push_back(now + options_.link);
        loaded.send(item, now + options_.link);
    }
    done_item done;
    if (!leaving_.empty() && leaving_.front().at <= now) {
        done.block = leaving_.front().block;
        leaving_.pop_front();
        book.left(now + options_.link);
        left_visible.push_back(now + options_.link);
        left_vpu.send(done, now + options_.link);
        writing_.push_back({now + options_.write_cycles, done.block});
    }
    if (!writing_.empty() && writing_.front().at <= now) {
        done.what = done_item::kind::written;
        done.block = writing_.front().block;
        writing_.pop_front();
        book.written(now + options_.link);
        written_visible.push_back(now + options_.link);
        written.send(done, now + options_.link);
    }
    level_item item;
    bool change = false;
    if (next_level_ < options_.levels.size() && options_.levels[next_level_].sent <= now) {
        item.above = options_.levels[next_level_].above;
        item.closed_waits = options_.levels[next_level_++].closed_waits;
        change = true;
    } else if (options_.random_levels && chance(0.02)) {
        above_ = !above_;
        item.above = above_;
        item.closed_waits = above_ && chance(0.3);
        change = true;
    }
    if (change) {
        book.level(item.above, item.closed_waits, now + options_.link);
        level.send(item, now + options_.link);
    }
}

// ---- bench ----------------------------------------------------------------------------------------------------------

bench::bench(const params& p, const std::shared_ptr<const job>& work, const peer_options& options, bool peers_first)
    : lanes(p.lane.count) {
    if (peers_first)
        stubs = std::make_unique<peers>("stubs", p, work, options);
    unit = std::make_unique<dispatcher>("dispatcher", p);
    if (!peers_first)
        stubs = std::make_unique<peers>("stubs", p, work, options);
    unit->clk(dispatcher_gate);
    stubs->clk(peers_gate);
    stubs->start.bind(unit->start);
    unit->finished.bind(stubs->finished);
    unit->queries.bind(stubs->queries);
    stubs->loaded.bind(unit->loaded);
    unit->k_fetch.bind(stubs->k_fetch);
    stubs->k_arrived.bind(unit->k_arrived);
    unit->tiles.bind(stubs->tiles);
    stubs->level.bind(unit->level);
    stubs->left_vpu.bind(unit->left_vpu);
    stubs->written.bind(unit->written);
    for (unsigned c = 0; c < lanes; ++c) {
        checkers.push_back(std::make_unique<protocol_checker>(("check_" + std::to_string(c)).c_str()));
        unit->k_port[c].bind(checkers[c]->in);
        checkers[c]->out.bind(stubs->k_port[c]);
    }
    for (unsigned i = 0; i < unit->planes.size(); ++i) {
        unit->planes[i].bind(stubs->planes[i]);
        stubs->verdicts[i].bind(unit->verdicts[i]);
    }
}

std::string bench::run(cycle_t limit) {
    while (book().finished_at == 0 && core.cycle() < limit && book().problems().empty())
        sc_core::sc_start(500 * period);
    sc_core::sc_start(200 * period);
    book().check_end();
    const cycle_t end = core.cycle();
    unit->finish(end);
    std::string text;
    const auto say = [&text](const std::string& line) { text += line + "\n"; };
    for (const std::string& line : book().problems())
        say(line);
    for (auto& checker : checkers) {
        checker->finish();
        for (const protocol_violation& violation : checker->violations())
            say(violation.line());
    }
    const dispatch_counters& n = unit->counters();
    const auto same = [&](const char* what, std::uint64_t counted, std::uint64_t is) {
        if (counted != is)
            say(std::string(what) + ": counted " + std::to_string(counted) + ", is " + std::to_string(is));
    };
    same("cycle classes", n.delivering + n.no_room + n.port_busy + n.no_data + n.no_request + n.empty, lanes * end);
    same("admissions", n.admissions, book().admissions.size());
    same("fetches", n.fetches, book().fetches.size());
    same("releases", n.releases, book().releases);
    same("flushes", n.flushes, book().flushes);
    same("fetch_items_out", n.fetch_items_out, book().fetches.size() + book().releases + book().flushes);
    same("k_reads", n.k_reads, book().reads);
    same("pairs_ended", unit->pairs_ended(), book().pairs_ended);
    same("planes_out", n.planes_out, stubs->plane_items);
    same("verdicts_in", n.verdicts_in, stubs->verdicts_sent.size());
    same("arrived_in", n.arrived_in, stubs->arrivals.size());
    same("tile_items_out", n.tile_items_out, book().tiles.size());
    same("query_commands_out", n.query_commands_out, book().commands.size());
    std::uint64_t sent = 0;
    for (const auto& group : n.groups)
        sent += group.deliveries;
    same("deliveries", sent, book().deliveries.size());
    if (!unit->waits_for().empty())
        say("still waits for: " + unit->waits_for());
    return text;
}

std::vector<std::string> bench::order(unsigned column) {
    std::vector<std::string> names;
    for (const delivery& d : book().deliveries)
        if (d.column == column)
            names.push_back(std::to_string(d.key) + "." + std::to_string(d.plane));
    return names;
}

params small_chip() {
    params p;
    p.lane.count = 4;
    p.rows.count = 2;
    p.tile.keys = 16;
    return p;
}

std::shared_ptr<const job> make_job(const job_shape& shape, const params& p) {
    auto work = std::make_shared<job>();
    work->phase = shape.phase;
    work->queries = shape.queries;
    work->keys = shape.keys;
    work->head_dim = shape.head_dim;
    work->causal = shape.causal;
    work->causal_offset = shape.causal_offset;
    work->o_row_bytes = (shape.head_dim * 2 + 31) / 32 * 32;
    const auto layout = make_k_layout(p.layout, address_map(p.dram), {shape.keys, shape.head_dim, p.lane.key_bits});
    for (std::uint32_t kv = 0; kv < shape.kv_heads; ++kv)
        work->kv_heads.push_back({kv * layout->rows(), 0x10000000 + kv * 0x100000ull});
    for (std::uint32_t head = 0; head < shape.kv_heads * shape.group; ++head)
        work->heads.push_back(
            {head / shape.group, 0.01, 1.0, 0x8000000 + head * 0x10000ull, 0xc000000 + head * 0x10000ull});
    return work;
}

}  // namespace pade::dispatch_test
