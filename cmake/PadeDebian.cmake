# Run by CPack on what it is about to pack, a folder a component: what Debian wants otherwise than an install into a prefix.
set(names program=pade-tlm development=libpade-dev python=python3-pade)
find_program(GZIP gzip REQUIRED)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, where it is set
foreach(pair IN LISTS names)
    string(REPLACE "=" ";" pair ${pair})
    list(GET pair 0 component)
    list(GET pair 1 package)
    set(root ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr)
    if(NOT IS_DIRECTORY ${root})
        continue()
    endif()
    file(MAKE_DIRECTORY ${root}/share/doc/${package})
    file(WRITE ${root}/share/doc/${package}/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: pade-tlm

Files: *
Copyright: 2025-2026 The PADE-TLM developers
License: Apache-2.0

Files: usr/share/pade-tlm/traces/use-lite/*
Copyright: Google LLC (Universal Sentence Encoder Lite, whose activations these are)
License: Apache-2.0
Comment: The texts are the King James Version (public domain) and the GNU General
 Public License 3 (verbatim copying permitted); README.md there says more.

License: Apache-2.0
 On Debian systems the text of this licence is in
 /usr/share/common-licenses/Apache-2.0.
")
    file(WRITE ${root}/share/doc/${package}/changelog.Debian
"pade-tlm (${CPACK_PACKAGE_VERSION}-1) unstable; urgency=medium

  * Built by CPack; what changed is in the project's history.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
    file(REMOVE ${root}/share/doc/pade-tlm/LICENSE)  # in copyright
    if(IS_DIRECTORY ${root}/share/zsh/site-functions)
        file(RENAME ${root}/share/zsh/site-functions ${root}/share/zsh/vendor-completions)
    endif()
    file(GLOB pages ${root}/share/man/man*/*.[0-9])
    execute_process(COMMAND ${GZIP} -9n ${root}/share/doc/${package}/changelog.Debian ${pages} COMMAND_ERROR_IS_FATAL ANY)
    file(GLOB_RECURSE texts LIST_DIRECTORIES false ${root}/share/doc/${package}/*)
    file(CHMOD_RECURSE ${CPACK_TEMPORARY_DIRECTORY}/${component} DIRECTORY_PERMISSIONS  # whatever the umask is
        OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    file(CHMOD ${texts} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    file(GLOB_RECURSE archives ${root}/lib/*.a)
    if(archives)
        execute_process(COMMAND strip --strip-debug --remove-section=.comment --remove-section=.note
            --enable-deterministic-archives ${archives})
    endif()
endforeach()
