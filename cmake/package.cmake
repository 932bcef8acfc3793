# ./dev package: a Debian package by CPack. It has what every installation has (install.cmake) and what
# only a package needs: units of systemd, config files, a user, scripts of the package manager.
if(CMAKE_CROSSCOMPILING OR SILHOUETTE_SANITIZE)
  return()  # without manual pages
endif()

set(deploy ${CMAKE_SOURCE_DIR}/deploy)
function(install_for_debian destination)
  install(${ARGN} DESTINATION ${destination} COMPONENT debian EXCLUDE_FROM_ALL)
endfunction()

foreach(service capture classify feature gateway)
  list(APPEND units ${deploy}/systemd/silhouette-${service}.service)
  list(APPEND configs ${deploy}/debian/${service}.conf)
endforeach()
install_for_debian(lib/systemd/system FILES ${units} ${deploy}/systemd/silhouette.target)
install_for_debian(lib/systemd/system DIRECTORY ${deploy}/systemd/silhouette-.service.d)
install_for_debian(lib/sysusers.d FILES ${deploy}/systemd/silhouette.sysusers
                   RENAME silhouette.conf)
install_for_debian(/etc/silhouette FILES ${configs})
install_for_debian(share/doc/silhouette FILES ${deploy}/debian/changelog ${deploy}/debian/copyright
                   ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/SECURITY.md)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME silhouette)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Silhouette maintainers <maintainers@silhouette.example>")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_SET_DESTDIR ON)  # as /etc is not below the prefix
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};silhouette;ALL;/"
                                 "${CMAKE_BINARY_DIR};silhouette;debian;/")
set(CPACK_STRIP_FILES ON)
set(CPACK_SILHOUETTE_BUILD ${CMAKE_BINARY_DIR})
set(CPACK_SILHOUETTE_SOURCE ${CMAKE_SOURCE_DIR})
set(CPACK_SILHOUETTE_PROGRAMS ${services} silhouette)
set(CPACK_PROJECT_CONFIG_FILE ${deploy}/debian/dependencies.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${deploy}/debian/stage.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "reads from encrypted traffic whether somebody is before a webcam
Encryption hides what a camera says, not how much, how often and to whom.
Silhouette reads packet headers (sizes, times, directions; never content) and
says what they give away: when somebody sat in front of the webcam.
.
It is four gRPC services (capture, features, XGBoost, gateway with a web page
and REST) with units for systemd, and one command that runs them all in one
process. None is started until you say so.")
foreach(file conffiles postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${deploy}/debian/${file})
endforeach()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
include(CPack)
