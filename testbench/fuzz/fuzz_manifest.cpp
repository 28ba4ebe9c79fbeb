// Bytes -> manifest.json of a folder that holds a small valid set's tensors, a link out of it, a FIFO and a folder.
#include <sys/stat.h>

#include <fstream>

#include "testbench/fuzz/fuzz.h"
#include "testbench/run/run.h"
#include "testbench/trace/set_builder.h"
#include "testbench/trace/trace_set.h"

namespace {

using namespace pade;

class set_folder {
  public:
    set_folder() {
        const std::filesystem::path folder = set_.folder();
        std::filesystem::create_symlink("/dev/zero", folder / "z");
        std::filesystem::create_symlink("l0h0", folder / "l");
        std::filesystem::create_symlink("s", folder / "s");
        fuzz::require(::mkfifo((folder / "f").c_str(), 0600) == 0, "mkfifo");
    }
    std::filesystem::path path() const { return set_.folder(); }

  private:
    test::set_builder set_;
};

void check_loaded(const trace_set& set) {
    fuzz::require(!set.heads.empty() && !set.kv_heads.empty() && set.heads.size() % set.kv_heads.size() == 0,
                  "groups of different sizes are accepted");
    const std::size_t q = std::size_t{set.queries} * set.head_dim;
    const std::size_t kv = std::size_t{set.keys} * set.head_dim;
    for (const trace_head& head : set.heads) {
        fuzz::require(head.kv < set.kv_heads.size() && head.q.size() == q, "a head without its tensors is accepted");
        fuzz::require(head.q_real.empty() || head.q_real.size() == q, "q is not as large as q_i8");
        fuzz::require(head.logit_scale > 0, "a logit scale that is not positive is accepted");
    }
    for (const trace_kv_head& head : set.kv_heads) {
        fuzz::require(head.k.size() == kv && head.v.size() == kv, "a KV head without its tensors is accepted");
        fuzz::require(head.k_real.empty() || head.k_real.size() == kv, "k is not as large as k_i8");
        fuzz::require(head.v_real.empty() || head.v_real.size() == kv, "v is not as large as v_i8");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const set_folder folder;
    std::ofstream(folder.path() / "manifest.json", std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    trace_set set;
    if (!fuzz::accepts([&] { set = load_trace_set(folder.path()); }))
        return 0;
    check_loaded(set);
    if (fuzz::accepts([&] { set = select(set, {}); }))
        fuzz::require(set.visible_keys(0) > 0, "a query that sees no key is accepted");
    fuzz::accepts([&] { check_supported({}, set); });
    return 0;
}
