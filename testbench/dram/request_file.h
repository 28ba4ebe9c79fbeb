// Request files: a line is `ADDRESS READ|WRITE CYCLE [after=LINE]`, `#` begins a comment.
#pragma once

#include <iosfwd>
#include <string>

#include "testbench/dram/memory_request.h"
#include "tlm/dram/address_map.h"

namespace pade {

/// ADDRESS is hexadecimal, with or without 0x; CYCLE and LINE are decimal. Throws input_error with file, line and what
/// is allowed: for anything else, an address beyond the memory or inside a burst, an `after` that names no line, and
/// lines that wait for each other in a circle.
request_list load_requests(const std::string& path, const address_map& map);

/// The same for text; `where` names it in messages.
request_list parse_requests(const std::string& text, const std::string& where, const address_map& map);

/// What load_requests reads. Throws input_error when the file cannot be written.
void save_requests(const request_list& requests, const std::string& path, const std::string& comment);

}  // namespace pade
