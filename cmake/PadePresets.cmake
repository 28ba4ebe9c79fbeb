# pade_embed_presets(OUTPUT FILE...)  writes a C++ table of (name, JSON text): a preset is a --config file that travels
# inside the program and is chosen by its name, the file's name without .json
function(pade_embed_presets output)
    set(entries "")
    foreach(file ${ARGN})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
        get_filename_component(name ${file} NAME_WE)
        file(READ ${file} text)
        string(APPEND entries "    {\"${name}\", R\"json(${text})json\"},\n")
    endforeach()
    file(CONFIGURE OUTPUT ${output} @ONLY CONTENT "#include \"model/presets.h\"\n
namespace pade::detail {\n
const std::vector<preset>& embedded_presets() {
    static const std::vector<preset> all = {\n@entries@    };
    return all;
}\n
}  // namespace pade::detail
")
endfunction()
