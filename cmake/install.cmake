# cmake --install build/release --prefix /usr/local: the programs, the models and the sample, and what
# helps people at a shell. The programs tell their manual pages and completions themselves, so they
# are run when they have been built; where they cannot be (another machine's, or a sanitizer's, which
# want more than their own start), these are left out.
include(GNUInstallDirs)

set(services capture-svc feature-svc classify-svc gateway)
install(TARGETS ${services} silhouette RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Opened by the tool, which looks there (learn/models/opencv_library.cc).
install(TARGETS silhouette_opencv LIBRARY DESTINATION lib/silhouette)
install(DIRECTORY models samples DESTINATION ${CMAKE_INSTALL_DATADIR}/silhouette)

if(CMAKE_CROSSCOMPILING OR SILHOUETTE_SANITIZE)
  return()
endif()

set(help ${CMAKE_BINARY_DIR}/help)
file(MAKE_DIRECTORY ${help}/man1 ${help}/bash ${help}/zsh ${help}/fish)
foreach(program ${services} silhouette)
  if(program STREQUAL "silhouette")
    set(completion completion)
    set(man_page COMMAND silhouette man --write ${help}/man1)
  else()
    set(completion --completion)
    set(man_page COMMAND ${program} --man > ${help}/man1/${program}.1)
  endif()
  add_custom_command(
      OUTPUT ${help}/man1/${program}.1 ${help}/bash/${program} ${help}/zsh/_${program}
             ${help}/fish/${program}.fish
      ${man_page}
      COMMAND ${program} ${completion} bash > ${help}/bash/${program}
      COMMAND ${program} ${completion} zsh > ${help}/zsh/_${program}
      COMMAND ${program} ${completion} fish > ${help}/fish/${program}.fish
      DEPENDS ${program}
      COMMENT "Manual pages and completions of ${program}"
      VERBATIM)
  list(APPEND help_files ${help}/man1/${program}.1)
endforeach()
add_custom_target(help_pages ALL DEPENDS ${help_files})

install(DIRECTORY ${help}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(DIRECTORY ${help}/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY ${help}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(DIRECTORY ${help}/fish/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
