// Loads, checks and prints the parameters of model/params.h. Keys are group.name, for example dispatch.order. Every
// refusal is an input_error of one sentence: where (file or --set), key, value, what is allowed.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/params.h"

namespace pade {

/// Lays a JSON file over `p`. It may name any part of the parameters, nested ({"dispatch": {"order": "in_order"}}) or
/// flat
/// ({"dispatch.order": "in_order"}), each at most once. Refused: what is not JSON, unknown keys (with the nearest known
/// one), a key given twice, a wrong type (integers have no fraction and no exponent), a value out of range, an unknown
/// choice. `p` is unchanged when it throws. Rules across parameters are check_params' business, once everything is laid
/// over.
void load_params(params& p, const std::string& path);

/// The same for JSON text; `where` names it in messages.
void merge_params(params& p, std::string_view json, const std::string& where);

/// One "group.name=value" of the command line, laid over `p`.
void set_param(params& p, const std::string& assignment);

/// All bounds, and the rules that tie several parameters together. The fields and widths of dram.mapping and the powers
/// of two behind them are address_map's to check. `where` begins the message.
void check_params(const params& p, const std::string& where = "parameters");

/// What concerns a memory without the chip: as check_params, but the chip's groups may not fit together and a burst may
/// have other than the chip's 32 B.
void check_dram_params(const params& p, const std::string& where = "parameters");

/// All parameters, nested, in the order of the declarations; load_params gives back exactly the same values, doubles to
/// the last bit.
std::string params_to_json(const params& p);

/// (key, value) of all parameters in the order of the declarations, values as on the command line.
std::vector<std::pair<std::string, std::string>> param_values(const params& p);

/// Table for people: key, value, unit, range or choices, source, text; a value that is not the default is marked with
/// `*`.
std::string params_table(const params& p = {});

/// JSON Schema, draft 2020-12, of what load_params takes.
std::string params_schema();

/// docs/parameters.md.
std::string params_markdown();

}  // namespace pade
