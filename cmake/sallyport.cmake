# SPDX-License-Identifier: GPL-2.0-or-later
# The functions that every folder's CMakeLists.txt uses.
find_package(PkgConfig REQUIRED)

# Warnings, sanitizers and hardening, as an INTERFACE target so that found packages are not compiled with them.
add_library(sallyport_options INTERFACE)
target_include_directories(sallyport_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(sallyport_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wformat=2 -fstack-protector-strong)
if(SALLYPORT_WARNINGS_ARE_ERRORS)
  target_compile_options(sallyport_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ 12 sees uninitialized members in every std::variant that it inlines (GCC bug 80635). clang-tidy's
  # analyzer and the sanitizers look for the real ones.
  target_compile_options(sallyport_options INTERFACE -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # A precompiled header that says when it was made is another one for ccache each time.
  target_compile_options(sallyport_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
endif()
if(SALLYPORT_SANITIZE)
  target_compile_options(sallyport_options INTERFACE
    -fsanitize=${SALLYPORT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(sallyport_options INTERFACE -fsanitize=${SALLYPORT_SANITIZE})
endif()
if(SALLYPORT_FUZZ)
  target_compile_options(sallyport_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# The standard headers that most sources include are parsed once for all: a third of the time of a build. The preset
# "clang", which tidy uses, does without, so that a source which lacks an #include is found.
set(sallyport_common_headers
  <algorithm> <array> <chrono> <cstdint> <deque> <functional> <map> <memory> <optional> <set> <span> <string>
  <string_view> <system_error> <unordered_map> <utility> <variant> <vector>)
file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cc "// Carries the precompiled headers.\n")

# sallyport_precompiled(NAME HEADERS... DEPENDS...): precompiled headers that other targets reuse by NAME.
function(sallyport_precompiled name)
  cmake_parse_arguments(arg "" "" "HEADERS;DEPENDS" ${ARGN})
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/precompiled.cc)
  target_link_libraries(${name} PRIVATE sallyport_options ${arg_DEPENDS})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

sallyport_precompiled(precompiled HEADERS ${sallyport_common_headers})

# sallyport_library(NAME SOURCES... DEPENDS...): the library of one folder.
function(sallyport_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC sallyport_options ${arg_DEPENDS})
  target_precompile_headers(${name} REUSE_FROM precompiled)
endfunction()

# sallyport_test(NAME [THREADS] SOURCES... DEPENDS...): one GoogleTest program. ctest runs each half of its cases in one
# process: a process for each case costs minutes with sanitizers. THREADS: what it tests has threads, for ThreadSanitizer.
function(sallyport_test name)
  cmake_parse_arguments(arg "THREADS" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM precompiled_for_tests)
  set(labels gtest)
  if(arg_THREADS)
    list(APPEND labels threads)
  endif()
  foreach(half 0 1)
    set(test ${name}.${half})
    add_test(NAME ${test}
      COMMAND ${name} --gtest_brief=1 --gtest_output=xml:${PROJECT_BINARY_DIR}/gtest/${test}.xml)
    set_tests_properties(${test} PROPERTIES
      ENVIRONMENT "GTEST_TOTAL_SHARDS=2;GTEST_SHARD_INDEX=${half}"
      LABELS "${labels}"
      TIMEOUT 900)
  endforeach()
endfunction()

# sallyport_fuzzer(NAME SOURCES... DEPENDS...): one libFuzzer program; NAME ends in _fuzzer.
function(sallyport_fuzzer name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
