# Run by CPack on what it has installed, before it packages that: Debian's ways where they differ from
# those of /usr/local.
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)

file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)

file(GLOB pages ${share}/man/man1/*.1)
execute_process(
    COMMAND gzip -9n ${pages} ${share}/doc/silhouette/changelog COMMAND_ERROR_IS_FATAL ANY)
