// KV buffer under random traffic with random stalls on every socket: data, bytes, pins and protocol hold, and nothing
// depends on the order in which modules are built or run.
#include "model/buffer/kv_test_bench.h"

using namespace pade;
using namespace pade::test;

namespace {

/// Asks for atoms at random, reads each once or more when it has arrived, then releases it.
class k_driver : public peer {
  public:
    stream_initiator<fetch_item> out{"out"};
    stream_target<arrived_item> arrived{"arrived"};
    std::uint64_t left;
    std::uint64_t read = 0;
    std::uint64_t wrong = 0;
    std::vector<std::pair<std::uint32_t, cycle_t>> log;  // (tag, visible) of each arrival

    /// `planes`: half of the reads ask for a bit plane of the values there.
    k_driver(sc_core::sc_module_name name, unsigned seed, unsigned fetches, std::vector<requester*> ports, bool planes)
        : peer(name), left(fetches), random_(seed), credits_(32), ports_(std::move(ports)), planes_(planes) {
        out.on_credit(this, &k_driver::credit);
        arrived.on_item<k_driver, &k_driver::arrives>(this);
        for (requester* port : ports_)
            port->on_result = [this](const requester::result& r) {
                ++read;
                wrong += r.data_ok() ? 0 : 1;
                const std::uint64_t atom = r.asked.address / 32;
                if (--reads_[atom] == 0) {
                    releases_.push(atom, now() + 1);
                    wake();
                }
            };
    }

  private:
    void start_of_simulation() override { wake(); }
    void credit(unsigned, cycle_t now) { credits_.give(now); }
    void arrives(unsigned, arrived_item& item) {
        log.emplace_back(item.tag, item.visible);
        arrivals_.push(item, item.visible);
        wake_at(item.visible);
    }
    static fetch_item item_of(std::uint64_t atom) {
        fetch_item item = k_fetch(atom * 32, static_cast<std::uint32_t>(atom), static_cast<std::uint32_t>(atom));
        item.useful[0] = atom % 3 == 0 ? 0x00ffffffu : ~0u;
        item.kv = static_cast<std::uint32_t>(atom % 2);
        return item;
    }
    void act(cycle_t now) override {
        while (arrivals_.ready(now)) {
            const std::uint64_t atom = arrivals_.front().tag;
            arrivals_.pop();
            const unsigned times = 1 + static_cast<unsigned>(random_() % 3);
            reads_[atom] += times;
            for (unsigned i = 0; i < times; ++i) {
                requester& port = *ports_[random_() % ports_.size()];
                const std::uint64_t address = atom * 32 + random_() % 2 * 16;
                const unsigned bytes = random_() % 2 != 0 ? 8 : 16;
                if (planes_ && random_() % 2 != 0)
                    port.read_plane(now + 1, address, static_cast<int>(random_() % 8), bytes / 8);
                else
                    port.read(now + 1, address, bytes);
            }
        }
        while (releases_.ready(now) && credits_.available(now) != 0) {
            fetch_item item = release_of(item_of(releases_.front()));
            releases_.pop();
            live_.erase(item.tag);
            credits_.take(now);
            out.send(item, now + 1);
        }
        for (unsigned n = static_cast<unsigned>(random_() % 4); n != 0 && left != 0; --n) {
            const std::uint64_t atom = random_() % 3000;
            if (credits_.available(now) == 0 || live_.size() > 100 || live_.count(atom) != 0)
                break;
            live_[atom] = true;
            fetch_item item = item_of(atom);
            credits_.take(now);
            out.send(item, now + 1);
            --left;
        }
        if (left != 0 || !releases_.empty())
            wake();
    }
    std::mt19937 random_;
    credit_counter credits_;
    std::vector<requester*> ports_;
    bool planes_;
    std::map<std::uint64_t, unsigned> reads_;
    std::map<std::uint64_t, bool> live_;
    registered_fifo<arrived_item> arrivals_;
    registered_fifo<std::uint64_t> releases_;
};

/// Fetches V rows of 3 atoms and reads them without waiting for anything, then releases them.
class v_driver : public peer {
  public:
    stream_initiator<fetch_item> out{"out"};
    stream_initiator<fetch_item> release{"release"};
    std::uint64_t left;
    std::uint64_t read = 0;
    std::uint64_t wrong = 0;

    v_driver(sc_core::sc_module_name name, unsigned seed, unsigned rows, std::vector<requester*> ports)
        : peer(name), left(rows), random_(seed), credits_(16), ports_(std::move(ports)) {
        out.on_credit(this, &v_driver::credit);
        for (requester* port : ports_)
            port->on_result = [this](const requester::result& r) {
                ++read;
                wrong += r.data_ok() ? 0 : 1;
                const std::uint64_t row = (r.asked.address / 32 - base) / 3;
                if (--reads_[row] == 0) {
                    reads_.erase(row);
                    done_.push(row, now() + 1);
                    wake();
                }
            };
    }

  private:
    static constexpr std::uint64_t base = 100000;
    void start_of_simulation() override { wake(); }
    void credit(unsigned, cycle_t now) { credits_.give(now); }
    static fetch_item row_of(std::uint64_t row) {
        fetch_item item = v_fetch((base + 3 * row) * 32, 3, static_cast<std::uint32_t>(base + 3 * row));
        item.useful[2] = 0xffff;
        return item;
    }
    void act(cycle_t now) override {
        while (done_.ready(now)) {
            fetch_item item = release_of(row_of(done_.front()));
            done_.pop();
            release.send(item, now + 1);
        }
        const std::uint64_t row = random_() % 400;
        if (left != 0 && credits_.available(now) != 0 && reads_.count(row) == 0) {
            fetch_item item = row_of(row);
            credits_.take(now);
            out.send(item, now + 1);
            --left;
            reads_[row] = 3;
            requester& port = *ports_[random_() % ports_.size()];
            for (unsigned a = 0; a < 3; ++a)
                port.read(now + 1, (base + 3 * row + a) * 32, 32);
        }
        if (left != 0 || !done_.empty())
            wake();
    }
    std::mt19937 random_;
    credit_counter credits_;
    std::vector<requester*> ports_;
    std::map<std::uint64_t, unsigned> reads_;
    registered_fifo<std::uint64_t> done_;
};

/// One whole system. `reversed`: built in the opposite order, and the buffer runs before all its peers at each edge.
struct random_system {
    static constexpr unsigned lanes = 8;
    static constexpr unsigned fetches = 6000;
    static constexpr unsigned rows = 1500;
    kv_params p;
    bench_clock& clock;
    checked_links links;
    std::unique_ptr<kv_buffer> kv;
    std::unique_ptr<k_driver> k;
    std::unique_ptr<v_driver> v;
    std::vector<std::unique_ptr<requester>> k_readers, v_readers;
    std::vector<std::unique_ptr<memory_stub>> memory;

    random_system(bench_clock& c, unsigned seed, bool reversed, bool planes, double at_once = 0) : clock(c) {
        std::mt19937 engine(seed);
        const auto random = [&engine] { return static_cast<unsigned>(engine()); };
        p.buffer.kv_bytes = 32768;  // 1024 lines for 4200 atoms
        p.buffer.fill_queue = 1 + random() % 3;
        p.buffer.port_queue = 1 + random() % 4;
        p.buffer.read_latency = 1 + random() % 4;
        p.buffer.k_planes_per_cycle = 1 + random() % 8;
        p.buffer.columns_per_read = 1 + random() % 4;
        p.buffer.replacement = random() % 2 != 0 ? replacement_kind::lru : replacement_kind::mru;
        p.link.latency = 1 + random() % 3;
        const auto hesitant = [&](unsigned n) { return hesitation{0.3, 0.3, 6, seed * 1000 + n, at_once}; };
        const auto name = [](const char* n) { return sc_core::sc_gen_unique_name(n); };
        std::vector<std::function<void()>> build = {
            [&] { kv = std::make_unique<kv_buffer>(name("kv"), p.buffer, p.lane, p.vpu, p.dram, p.link); },
            [&] {
                for (unsigned i = 0; i < p.dram.pseudo_channels; ++i)
                    memory.push_back(std::make_unique<memory_stub>(name("memory"), 20, 30, hesitant(i)));
            },
            [&] {
                for (unsigned i = 0; i < lanes; ++i)
                    k_readers.push_back(std::make_unique<requester>(name("k_reader"), hesitant(100 + i)));
                for (unsigned i = 0; i < p.vpu.v_rows_per_round; ++i)
                    v_readers.push_back(std::make_unique<requester>(name("v_reader"), hesitant(200 + i)));
            }};
        if (reversed)
            std::reverse(build.begin(), build.end());
        for (const auto& part : build)
            part();
        std::vector<requester*> k_ports, v_ports;
        for (const auto& r : k_readers)
            k_ports.push_back(r.get());
        for (const auto& r : v_readers)
            v_ports.push_back(r.get());
        k = std::make_unique<k_driver>(name("k_driver"), seed + 1, fetches, k_ports, planes);
        v = std::make_unique<v_driver>(name("v_driver"), seed + 2, rows, v_ports);
        std::vector<clocked_module*> all = {kv.get(), k.get(), v.get()};
        for (auto* list : {&k_ports, &v_ports})
            all.insert(all.end(), list->begin(), list->end());
        for (const auto& m : memory)
            all.push_back(m.get());
        if (reversed)
            std::reverse(all.begin(), all.end());
        for (clocked_module* module : all)
            clock.drive(*module);
        for (clocked_module* module : all)
            if (auto* stub = dynamic_cast<peer*>(module))
                stub->late = reversed;
        k->out.bind(kv->k_fetch);
        kv->k_arrived.bind(k->arrived);
        v->out.bind(kv->v_fetch);
        v->release.bind(kv->v_release);
        for (unsigned i = 0; i < lanes; ++i)
            links.bind(k_readers[i]->socket, kv->k_port[i]);
        for (unsigned i = 0; i < v_readers.size(); ++i)
            links.bind(v_readers[i]->socket, kv->v_port[i]);
        for (unsigned i = 0; i < memory.size(); ++i)
            links.bind(kv->memory[i], memory[i]->socket);
    }
};

void check_system(random_system& s, cycle_t end) {
    INFO(s.kv->waits_for());
    CHECK(s.k->left == 0);
    CHECK(s.v->left == 0);
    CHECK(s.kv->idle());
    CHECK(s.k->wrong == 0);
    CHECK(s.v->wrong == 0);
    CHECK(s.v->read == 3 * random_system::rows);
    CHECK(s.k->read >= random_system::fetches);
    s.kv->finish(end);
    s.links.expect_clean();
    const kv_buffer_counters& c = s.kv->counters();
    CHECK(c.port_errors == 0);
    CHECK(c.k_feed.total() == end);
    CHECK(c.v_ports.total() == end * s.v_readers.size());
    CHECK(c.k_deliveries == s.k->read);
    CHECK(c.v_reads == s.v->read);
    CHECK(c.k_fetch_items == 2 * random_system::fetches);
    CHECK(c.v_release_items == random_system::rows);
    CHECK(c.per_head.size() == 2);
    for (unsigned tensor = 0; tensor < 2; ++tensor) {
        const atom_counters t = c.of_tensor(tensor);
        CHECK(t.bytes_read == 32 * t.misses);
        CHECK(t.bytes_read == t.bytes_used + t.bytes_unused + t.bytes_padding);
        CHECK(t.hits + t.merges + t.misses == (tensor == 0 ? random_system::fetches : 3 * random_system::rows));
        CHECK(t.hits > 0);
        CHECK(t.evictions > 0);
    }
    CHECK(c.of_tensor(1).bytes_unused == 0);  // every row is read whole
    std::uint64_t dram = 0;
    for (std::size_t m = 0; m < s.memory.size(); ++m) {
        CHECK(c.memory[m].transactions == s.memory[m]->requests.size());
        dram += s.memory[m]->requests.size();
    }
    CHECK(dram == c.fills);
}

void random_traffic(unsigned seed, bool planes = false) {
    INFO("seed " << seed);
    bench_clock clock;
    random_system one(clock, seed, false, planes);
    random_system two(clock, seed, true, planes);
    const cycle_t end = 80000;
    clock.run_to(end);
    check_system(one, end);
    check_system(two, end);
    // The order in which modules are built and run shows nowhere.
    CHECK(one.k->log == two.k->log);
    CHECK(one.kv->counters().k_feed.in == two.kv->counters().k_feed.in);
    CHECK(one.kv->counters().v_ports.in == two.kv->counters().v_ports.in);
    CHECK(one.kv->counters().k_reads == two.kv->counters().k_reads);
    CHECK(one.kv->counters().k_fetch_blocked == two.kv->counters().k_fetch_blocked);
    CHECK(one.kv->counters().fill_conflicts == two.kv->counters().fill_conflicts);
}

}  // namespace

TEST_CASE("random traffic with random stalls, seed 1") {
    random_traffic(1);
}
TEST_CASE("random traffic with random stalls, seed 2") {
    random_traffic(2);
}
TEST_CASE("random traffic with random stalls, seed 3") {
    random_traffic(3);
}
TEST_CASE("random traffic with random stalls, seed 4") {
    random_traffic(4);
}
TEST_CASE("random traffic, half of it planes of values, seed 5") {
    random_traffic(5, true);
}
TEST_CASE("random traffic, half of it planes of values, seed 6") {
    random_traffic(6, true);
}
TEST_CASE("random traffic from memories that answer half of their requests at once, seed 7") {
    bench_clock clock;
    random_system one(clock, 7, false, false, 0.5);
    const cycle_t end = 80000;
    clock.run_to(end);
    check_system(one, end);
    unsigned at_once = 0;
    for (const auto& m : one.memory)
        at_once += m->answered_at_once;
    CHECK(at_once > one.kv->counters().fills / 4);
}
