// A module of the user's own on a memory link of the chip: bound between the two sockets of the link, where whatever
// crosses the link goes through it. docs/examples/own_module is one.
//
//     accelerator_options options;
//     options.own_modules = [](const std::string& link, const char* name) -> std::unique_ptr<link_module> {
//         return link == "dram" ? std::make_unique<my_module>(name) : nullptr;
//     };
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tlm>

namespace pade {

/// To both sides it is a base-protocol peer: it keeps the exclusion rules of either socket, and passes each transaction
/// on once, or the chip's books do not balance.
class link_module : public sc_core::sc_module {
  public:
    tlm::tlm_target_socket<> in{"in"};       ///< towards the initiator of the link
    tlm::tlm_initiator_socket<> out{"out"};  ///< towards its target

  protected:
    explicit link_module(sc_core::sc_module_name name) : sc_module(name) {}
};

/// Called for each memory link as it is bound; link: its name in `links` of the statistics, which several links may
/// share ("dram" has one for each pseudo channel); name: what the module is to be called. Null: nothing goes in
/// between.
using make_link_module = std::function<std::unique_ptr<link_module>(const std::string& link, const char* name)>;

}  // namespace pade
