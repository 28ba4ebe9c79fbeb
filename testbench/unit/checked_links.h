// Walks the objects that SystemC knows and finds the base-protocol sockets that are not bound to a protocol checker of
// their own: for tests of whatever binds links, which need not be asked who is bound to whom.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tlm/link_monitor.h"
#include "tlm/protocol_checker.h"

namespace pade::test {

using base_fw_if = tlm::tlm_fw_transport_if<>;
/// What every initiator socket of the base protocol is, whatever its width and policy.
using base_initiator = sc_core::sc_port_b<base_fw_if>;

struct links_found {
    std::map<const base_fw_if*, unsigned> checkers;  // by the interface of `in`: initiators bound to it
    std::set<const sc_core::sc_object*> between;     // checkers and monitors
    std::vector<base_initiator*> initiators;         // theirs are not here
};

/// sc_object: all of them, from the top.
inline void walk(const std::vector<sc_core::sc_object*>& objects,
                 const std::function<void(sc_core::sc_object&)>& visit) {
    for (sc_core::sc_object* object : objects) {
        visit(*object);
        walk(object->get_child_objects(), visit);
    }
}

inline const base_fw_if* interface_of(const sc_core::sc_interface* bound) {
    return dynamic_cast<const base_fw_if*>(bound);
}

inline links_found find_links() {
    links_found found;
    walk(sc_core::sc_get_top_level_objects(), [&](sc_core::sc_object& object) {
        if (auto* checker = dynamic_cast<protocol_checker*>(&object)) {
            found.checkers.emplace(interface_of(checker->in.get_base_export().get_interface()), 0);
            found.between.insert(checker);
        } else if (dynamic_cast<memory_monitor*>(&object) != nullptr) {
            found.between.insert(&object);
        }
    });
    walk(sc_core::sc_get_top_level_objects(), [&](sc_core::sc_object& object) {
        if (found.between.count(object.get_parent_object()) != 0)
            return;
        if (auto* socket = dynamic_cast<base_initiator*>(&object))
            found.initiators.push_back(socket);
    });
    return found;
}

/// Sockets that are not bound to a checker of their own.
inline std::vector<std::string> unchecked(links_found& found) {
    std::vector<std::string> names;
    for (base_initiator* socket : found.initiators) {
        const auto checker = found.checkers.find(interface_of(socket->get_interface()));
        if (checker == found.checkers.end() || socket->size() != 1 || ++checker->second != 1)
            names.emplace_back(socket->name());
    }
    return names;
}

}  // namespace pade::test
