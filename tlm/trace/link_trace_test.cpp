// The two modules that show a link: nothing that passes is changed, and all of it is seen.
#include <catch2/catch.hpp>
#include <map>

#include "tlm/trace/memory_trace.h"
#include "tlm/trace/stream_trace.h"

using namespace pade;

namespace {

struct string_sink final : text_sink {
    void append(const char* data, std::size_t bytes) override { text.append(data, bytes); }
    std::string text;
};
struct change_writer final : wave_writer {
    void begin(const std::vector<const wave_detail::signal*>&) override {}
    void time(wave_detail::tick at) override { now = at; }
    void change(const wave_detail::signal& s) override { of[s.path].emplace_back(now / 1000, s.value); }
    void all(const std::vector<const wave_detail::signal*>&) override {}
    void end() override {}
    bool open() const override { return true; }
    std::map<std::string, std::vector<std::pair<std::uint64_t, std::uint64_t>>> of;  // edge, value
    wave_detail::tick now = 0;
};
using values = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

struct traced_run {
    traced_run() {
        run.waveform = &waves;
        run.log = &log;
    }
    void start() { waves.start(out, 0, ~std::uint64_t{0}); }
    void to(std::uint64_t edge) {
        sc_core::sc_start(sc_core::sc_time::from_value(edge * 1000) - sc_core::sc_time_stamp(),
                          sc_core::SC_RUN_TO_TIME);
    }
    void end() {
        waves.finish();
        log.finish();
    }
    wave waves;
    change_writer out;
    string_sink sink;
    transaction_log log{sink, {}, 1000};
    tracing run;
    trace_scope scope{run, "l", 1000};
};

struct stream_ends : sc_core::sc_module {
    stream_initiator<verdict_item> out{"out"};
    stream_target<verdict_item> in{"in"};
    std::vector<verdict_item> items;
    std::vector<cycle_t> credits;
    explicit stream_ends(sc_core::sc_module_name name) : sc_module(name) {
        in.on_item<stream_ends, &stream_ends::on_item>(this);
        out.on_credit<stream_ends, &stream_ends::on_credit>(this);
    }
    void on_item(unsigned, verdict_item& item) { items.push_back(item); }
    void on_credit(unsigned, cycle_t at) { credits.push_back(at); }
};

/// Answers as it is told, and remembers the phases that came.
struct memory_ends : sc_core::sc_module, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<> {
    tlm::tlm_initiator_socket<> out{"out"};
    tlm::tlm_target_socket<> in{"in"};
    tlm::tlm_sync_enum answer = tlm::TLM_ACCEPTED, back = tlm::TLM_ACCEPTED;
    tlm::tlm_phase answer_phase;
    explicit memory_ends(sc_core::sc_module_name name) : sc_module(name) {
        out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
        in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
    }
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time&) override {
        if (answer != tlm::TLM_ACCEPTED)
            phase = answer_phase;
        return answer;
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time&) override {
        if (back == tlm::TLM_UPDATED)
            phase = tlm::END_RESP;
        return back;
    }
    void b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time&) override {
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
    unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

    tlm::tlm_sync_enum send(tlm::tlm_generic_payload& p, tlm::tlm_phase phase) {
        sc_core::sc_time none;
        return out->nb_transport_fw(p, phase, none);
    }
    tlm::tlm_sync_enum reply(tlm::tlm_generic_payload& p, tlm::tlm_phase phase) {
        sc_core::sc_time none;
        return in->nb_transport_bw(p, phase, none);
    }
};

std::string lines_of(const std::string& text) {
    return text.substr(text.find('\n') + 1);
}

}  // namespace

TEST_CASE("a stream: items with their fields, several at an edge counted, credits") {
    traced_run t;
    stream_ends ends("ends");
    stream_trace<verdict_item> trace("trace", t.scope, 6);
    ends.out.bind(trace.in);
    trace.out.bind(ends.in);
    t.start();
    t.to(2);
    verdict_item item;
    item.key = 9;
    item.plane = 3;
    item.slot = 1;
    item.decision = verdict::pruned;
    ends.out.send(item, 5);
    item.key = 10;
    ends.out.send(item, 5);
    ends.in.give_credit(2);
    t.to(3);
    item.key = 11;
    item.decision = verdict::retained;
    ends.out.send(item, 6);
    t.to(5);
    t.end();
    REQUIRE(ends.items.size() == 3);
    CHECK(ends.items[1].key == 10);
    CHECK(ends.items[2].visible == 6);
    CHECK(ends.credits == std::vector<cycle_t>{2});
    CHECK(t.out.of["l.items"] == values{{2, 2}, {3, 1}, {4, 0}});
    CHECK(t.out.of["l.credits"] == values{{2, 1}, {3, 0}});
    CHECK(t.out.of["l.key"] == values{{2, 10}, {3, 11}});
    CHECK(t.out.of["l.plane"] == values{{2, 3}});
    CHECK(t.out.of["l.value"] == values{{2, 1}, {3, 2}});
    CHECK(t.out.of["l.id"] == values{{2, 2 << 12}, {3, 3 << 12}});
    CHECK(lines_of(t.sink.text) ==
          "2 l CREDIT - - 6 - - -\n2 l ITEM 9 3 6 1 pruned 4096\n2 l ITEM 10 3 6 1 pruned 8192\n"
          "3 l ITEM 11 3 6 1 retained 12288\n");
}

TEST_CASE("a memory link: each phase as a call") {
    traced_run t;
    memory_ends ends("ends");
    memory_trace trace("trace", t.scope);
    ends.out.bind(trace.in);
    trace.out.bind(ends.in);
    t.start();
    tlm::tlm_generic_payload p;
    p.set_address(0x40);
    p.set_data_length(32);
    p.set_command(tlm::TLM_READ_COMMAND);
    t.to(1);
    CHECK(ends.send(p, tlm::BEGIN_REQ) == tlm::TLM_ACCEPTED);
    t.to(3);
    ends.reply(p, tlm::END_REQ);
    t.to(6);
    p.set_response_status(tlm::TLM_OK_RESPONSE);
    ends.reply(p, tlm::BEGIN_RESP);
    t.to(8);
    ends.send(p, tlm::END_RESP);
    t.to(10);
    t.end();
    CHECK(t.out.of["l.req_valid"] == values{{1, 1}, {4, 0}});
    CHECK(t.out.of["l.req_ready"] == values{{3, 1}, {4, 0}});
    CHECK(t.out.of["l.resp_valid"] == values{{6, 1}, {9, 0}});
    CHECK(t.out.of["l.resp_ready"] == values{{8, 1}, {9, 0}});
    CHECK(t.out.of["l.req_address"] == values{{1, 0x40}});
    CHECK(t.out.of["l.req_id"] == values{{1, 4096}});
    CHECK(t.out.of["l.resp_id"] == values{{6, 4096}});
    CHECK(lines_of(t.sink.text) ==
          "1 l BEGIN_REQ - - - - read,0x40,bytes=32 4096\n"
          "3 l END_REQ - - - - read,0x40,bytes=32 4096\n"
          "6 l BEGIN_RESP - - - - read,0x40,bytes=32 4096\n"
          "8 l END_RESP - - - - read,0x40,bytes=32 4096\n");
}

TEST_CASE("a memory link: phases as return values, and those that a later one implies") {
    traced_run t;
    memory_ends ends("ends");
    memory_trace trace("trace", t.scope);
    ends.out.bind(trace.in);
    trace.out.bind(ends.in);
    t.start();
    tlm::tlm_generic_payload p[4];
    const auto at_once = [&](std::uint64_t edge, tlm::tlm_generic_payload& payload) {
        t.to(edge);
        payload.set_write();
        ends.send(payload, tlm::BEGIN_REQ);
    };
    ends.answer = tlm::TLM_COMPLETED;
    ends.answer_phase = tlm::BEGIN_REQ;
    at_once(2, p[0]);
    ends.answer = tlm::TLM_UPDATED;
    ends.answer_phase = tlm::END_REQ;
    at_once(4, p[1]);
    t.to(5);
    ends.back = tlm::TLM_COMPLETED;
    ends.reply(p[1], tlm::BEGIN_RESP);
    ends.answer_phase = tlm::BEGIN_RESP;
    at_once(8, p[2]);
    t.to(9);
    ends.answer = tlm::TLM_ACCEPTED;
    ends.send(p[2], tlm::END_RESP);
    at_once(12, p[3]);
    t.to(14);
    ends.back = tlm::TLM_UPDATED;
    ends.reply(p[3], tlm::BEGIN_RESP);  // END_REQ is implied
    t.to(20);
    sc_core::sc_time none;
    tlm::tlm_generic_payload blocking;
    ends.out->b_transport(blocking, none);
    t.to(22);
    t.end();
    CHECK(t.out.of["l.req_ready"] ==
          values{{2, 1}, {3, 0}, {4, 1}, {5, 0}, {8, 1}, {9, 0}, {14, 1}, {15, 0}, {20, 1}, {21, 0}});
    CHECK(t.out.of["l.req_valid"] ==
          values{{2, 1}, {3, 0}, {4, 1}, {5, 0}, {8, 1}, {9, 0}, {12, 1}, {15, 0}, {20, 1}, {21, 0}});
    CHECK(t.out.of["l.resp_valid"] ==
          values{{2, 1}, {3, 0}, {5, 1}, {6, 0}, {8, 1}, {10, 0}, {14, 1}, {15, 0}, {20, 1}, {21, 0}});
    CHECK(t.out.of["l.resp_ready"] ==
          values{{2, 1}, {3, 0}, {5, 1}, {6, 0}, {9, 1}, {10, 0}, {14, 1}, {15, 0}, {20, 1}, {21, 0}});
    CHECK(t.out.of["l.resp_id"] == values{{2, 1 << 12}, {5, 2 << 12}, {8, 3 << 12}, {14, 4 << 12}, {20, 5 << 12}});
}

TEST_CASE("a payload that is passed on keeps its number until it is back where it came from") {
    transaction_ids ids;
    auto first = ids.new_link();
    auto second = ids.new_link();
    int a = 0;
    int b = 0;
    const auto id = ids.begin(&a, first);
    CHECK(ids.begin(&a, second) == id);
    const auto other = ids.begin(&b, second);
    CHECK(other != id);
    CHECK((other & 4095) == 1);
    ids.end(&a);
    CHECK(ids.of(&a) == id);
    ids.end(&a);
    CHECK(ids.of(&a) == 0);
    CHECK(ids.begin(&a, first) != id);
}
