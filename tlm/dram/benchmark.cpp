// Requests per wall second through all pseudo channels, 32 reads outstanding on each. Not a test: the figure depends on
// the machine. Usage: dram_benchmark [requests per pseudo channel [random]]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "tlm/dram/hbm2_controller.h"
#include "tlm/payload_pool.h"

namespace {

using namespace pade;

/// Answers each response with the next request, as cheaply as the protocol allows.
class hammer : public sc_core::sc_module, public tlm::tlm_bw_transport_if<> {
  public:
    PADE_HAS_PROCESS(hammer);
    tlm::tlm_initiator_socket<> socket{"socket"};

    hammer(sc_core::sc_module_name name, const address_map& map, unsigned channel, unsigned requests, bool random)
        : sc_module(name), map_(map), channel_(channel), left_(requests), random_(random), state_(channel + 1) {
        socket.bind(*this);
        SC_METHOD(begin);
    }

  private:
    void begin() {
        for (unsigned n = 0; n < 32; ++n)
            send();
    }
    void send() {
        if (open_ || left_ == 0)
            return;
        --left_;
        address_map::location at;
        if (random_) {
            state_ = state_ * 6364136223846793005u + 1442695040888963407u;
            at = map_.decode((state_ >> 16) % map_.bytes());
        } else {
            const unsigned n = next_++;
            at.bank_group = n % map_.bank_groups();
            at.column = n / map_.bank_groups() % map_.atoms_per_page();
            at.bank = n / map_.bank_groups() / map_.atoms_per_page() % map_.banks_per_group();
            at.row = n / map_.banks() / map_.atoms_per_page() % map_.rows();
        }
        at.pseudo_channel = channel_;
        at.offset = 0;
        auto& payload = pool_.acquire(tlm::TLM_READ_COMMAND, map_.encode(at), map_.atom_bytes());
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        open_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time&) override {
        if (phase == tlm::END_REQ) {
            open_ = false;
            return tlm::TLM_ACCEPTED;
        }
        payload.release();
        send();
        return tlm::TLM_COMPLETED;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

    const address_map& map_;
    const unsigned channel_;
    unsigned left_;
    const bool random_;
    std::uint64_t state_;
    unsigned next_ = 0;
    bool open_ = false;
    payload_pool pool_;
};

}  // namespace

int sc_main(int argc, char** argv) {
    const auto requests = static_cast<unsigned>(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20000);
    const bool random = argc > 2 && std::string(argv[2]) == "random";
    hbm2_controller dram("dram", dram_params{}, clock_params{});
    std::vector<std::unique_ptr<hammer>> hammers;
    for (unsigned n = 0; n < dram.channel.size(); ++n) {
        hammers.push_back(
            std::make_unique<hammer>(("hammer_" + std::to_string(n)).c_str(), dram.map(), n, requests, random));
        hammers.back()->socket.bind(dram.channel[n]);
    }
    const auto begin = std::chrono::steady_clock::now();
    sc_core::sc_start();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    const auto c = dram.total();
    const double ns = sc_core::sc_time_stamp().to_seconds() * 1e9;
    std::printf("%s: %llu reads in %.2f s: %.0f thousand a second; %.3f of the peak; latency mean %.0f ns\n",
                random ? "random" : "sequential", static_cast<unsigned long long>(c.reads), wall.count(),
                static_cast<double>(c.reads) / wall.count() / 1e3,
                static_cast<double>(c.bytes_read) / ns / (dram.peak_bytes_per_ns() * dram.map().pseudo_channels()),
                c.read_latency.mean_ns());
    return c.reads == std::uint64_t{requests} * dram.map().pseudo_channels() ? 0 : 1;
}
