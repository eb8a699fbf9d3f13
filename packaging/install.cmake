# SPDX-License-Identifier: GPL-2.0-or-later
# What is installed besides the two programs.
set(source ${PROJECT_SOURCE_DIR}/packaging)
set(lib /usr/lib)
if(NOT CMAKE_INSTALL_PREFIX STREQUAL /usr)
  set(lib ${CMAKE_INSTALL_PREFIX}/lib)
endif()
# Where units, udev's rules and networkd's files go, for distributions that keep /lib apart.
set(SALLYPORT_UNITS ${lib} CACHE PATH "The folder of systemd/ and udev/")
set(SALLYPORT_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions CACHE STRING "The folder of zsh's completions")
set(data ${CMAKE_INSTALL_DATADIR}/sallyport)

install(FILES ${source}/systemd/sallyportd.service DESTINATION ${SALLYPORT_UNITS}/systemd/system)
install(FILES ${source}/systemd/strongswan-sallyport.conf
        DESTINATION ${SALLYPORT_UNITS}/systemd/system/strongswan.service.d RENAME sallyport.conf)
install(FILES ${source}/strongswan/sallyport.conf DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/strongswan.d)
install(FILES ${source}/sysusers.d/sallyport.conf DESTINATION ${lib}/sysusers.d)
install(FILES ${source}/tmpfiles.d/sallyport.conf DESTINATION ${lib}/tmpfiles.d)
install(FILES ${source}/modules-load.d/sallyport.conf DESTINATION ${lib}/modules-load.d)
install(FILES ${source}/udev/60-sallyport.rules ${source}/udev/99-zz-sallyport.rules DESTINATION ${SALLYPORT_UNITS}/udev/rules.d)
install(FILES ${source}/network/10-sallyport.network DESTINATION ${SALLYPORT_UNITS}/systemd/network)
install(FILES ${source}/NetworkManager/10-sallyport.conf DESTINATION ${lib}/NetworkManager/conf.d)
install(FILES ${source}/firewalld/sallyport.xml DESTINATION ${lib}/firewalld/services)
install(FILES ${source}/ufw/sallyport DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/ufw/applications.d)
install(FILES ${source}/apparmor/usr.sbin.sallyportd DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/apparmor.d)
install(FILES ${source}/completions/sallyport DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${source}/completions/_sallyport DESTINATION ${SALLYPORT_ZSH_COMPLETIONS})
install(FILES ${source}/sallyport.toml ${source}/users.example DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES ${source}/grafana/sallyport.json DESTINATION ${data}/grafana)
install(FILES ${source}/prometheus/alerts.yml ${source}/prometheus/scrape.yml DESTINATION ${data}/prometheus)
install(FILES ${source}/telegraf/sallyport.conf DESTINATION ${data}/telegraf)
install(FILES ${source}/zabbix/sallyport.conf DESTINATION ${data}/zabbix)
install(FILES ${PROJECT_SOURCE_DIR}/docs/openapi.json DESTINATION ${data})

# Man pages where scdoc is; the one of the configuration is made from the daemon's own table.
find_program(SCDOC scdoc)
find_program(PYTHON3 python3)
if(SCDOC AND PYTHON3)
  set(pages ${PROJECT_BINARY_DIR}/man)
  file(MAKE_DIRECTORY ${pages})
  set(made)
  foreach(page sallyport.1 sallyportd.8)
    add_custom_command(OUTPUT ${pages}/${page}
      COMMAND ${SCDOC} < ${PROJECT_SOURCE_DIR}/docs/man/${page}.scd > ${pages}/${page}
      DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/${page}.scd VERBATIM)
    list(APPEND made ${pages}/${page})
  endforeach()
  add_custom_command(OUTPUT ${pages}/sallyport.toml.5
    COMMAND ${PYTHON3} ${source}/config-man.py $<TARGET_FILE:sallyportd> > ${pages}/sallyport.toml.5.scd
    COMMAND ${SCDOC} < ${pages}/sallyport.toml.5.scd > ${pages}/sallyport.toml.5
    DEPENDS sallyportd ${source}/config-man.py VERBATIM)
  add_custom_target(man DEPENDS ${made} ${pages}/sallyport.toml.5)
  foreach(page sallyport.1 sallyportd.8 sallyport.toml.5)
    string(REGEX MATCH "[0-9]$" section ${page})
    install(FILES ${pages}/${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} OPTIONAL)
  endforeach()
endif()
